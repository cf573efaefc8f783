//! Tells the shop how far the film has come, so that it goes on from there next time.

use std::cell::Cell;

use leptos::prelude::*;
use web_sys::UrlSearchParams;

use super::screen::Screen;
use crate::{player::now, watching::position::TELL};

/// How often it is told while the film plays, in milliseconds.
const EVERY: f64 = 10_000.0;

/// Tells what it has not told already.
#[derive(Default)]
pub(super) struct Teller {
    told: Cell<Option<u32>>,
    told_at: Cell<f64>,
}

impl Teller {
    /// Tells it, if it is time to.
    pub(super) fn tell_now_and_then(&self, screen: &Screen, seconds: f64) {
        if now() - self.told_at.get() > EVERY {
            self.tell(screen, seconds);
        }
    }

    /// Tells it, in a way that outlives the page.
    pub(super) fn tell(&self, screen: &Screen, seconds: f64) {
        let seconds = seconds as u32;
        let (Some(order), Ok(form)) = (screen.order.get(), UrlSearchParams::new()) else {
            return;
        };
        if self.told.get() == Some(seconds) {
            return;
        }
        form.set("order", &order.to_string());
        form.set("seconds", &seconds.to_string());
        self.told_at.set(now());
        // What the browser does not take is told the next time.
        let taken = window()
            .navigator()
            .send_beacon_with_opt_url_search_params(TELL, Some(&form));
        if taken == Ok(true) {
            self.told.set(Some(seconds));
        }
    }
}
