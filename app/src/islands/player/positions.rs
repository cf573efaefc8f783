//! Tells the shop how far the film has come, so that it goes on from there next time.

use std::cell::Cell;

use leptos::prelude::*;
use web_sys::UrlSearchParams;

use crate::{model::Slug, player::now, watching::position::TELL};

/// How often it is told while the film plays, in milliseconds.
const EVERY: f64 = 10_000.0;

/// Tells what it has not told already.
pub(super) struct Teller {
    slug: Slug,
    told: Cell<Option<u32>>,
    told_at: Cell<f64>,
}

impl Teller {
    /// For one film.
    pub(super) fn of(slug: Slug) -> Self {
        Self {
            slug,
            told: Cell::default(),
            told_at: Cell::new(now()),
        }
    }

    /// Tells it, if it is time to.
    pub(super) fn tell_now_and_then(&self, seconds: f64) {
        if now() - self.told_at.get() > EVERY {
            self.tell(seconds);
        }
    }

    /// Tells it, in a way that outlives the page.
    pub(super) fn tell(&self, seconds: f64) {
        let seconds = seconds as u32;
        if self.told.replace(Some(seconds)) == Some(seconds) {
            return;
        }
        self.told_at.set(now());
        if let Ok(form) = UrlSearchParams::new() {
            form.set("slug", self.slug.as_str());
            form.set("seconds", &seconds.to_string());
            // What does not arrive is told again, a little later.
            let _ = window()
                .navigator()
                .send_beacon_with_opt_url_search_params(TELL, Some(&form));
        }
    }
}
