//! The presenter's drawer, awake: its countdowns run, and it is as open on the next page.

use leptos::{html::Div, prelude::*};

/// The cookie that keeps whether the drawer is open.
pub const DRAWER_COOKIE: &str = "presenter";

/// What is in the drawer.
#[island]
pub fn LivePresenter(
    /// What the server rendered, in an element whose `data-over` stands where a countdown has run
    /// out.
    children: Children,
) -> impl IntoView {
    let root = NodeRef::<Div>::new();
    Effect::new(move |_| wake(root));
    view! {
        <div class="presenter-body" node_ref=root>
            {children()}
        </div>
    }
}

/// Only a browser shows it.
#[cfg(not(feature = "hydrate"))]
fn wake(_: NodeRef<Div>) {}

#[cfg(feature = "hydrate")]
use awake::wake;

#[cfg(feature = "hydrate")]
mod awake {
    use std::{cell::Cell, rc::Rc, time::Duration};

    use leptos::{html::Div, prelude::*, task::spawn_local};
    use wasm_bindgen::JsCast;
    use web_sys::{Element, Event, HtmlDetailsElement};

    use super::DRAWER_COOKIE;
    use crate::{
        fetch,
        islands::browser::{LICENSED, all_in, attribute, first_in, keep_open, listen},
        presenter::COUNTDOWNS,
        words::clock_time,
    };

    pub(super) fn wake(root: NodeRef<Div>) {
        let Some(root) = root.get() else {
            return;
        };
        if let Ok(Some(drawer)) = root.closest("details")
            && let Ok(drawer) = drawer.dyn_into::<HtmlDetailsElement>()
        {
            remember(&drawer);
            let heard = drawer.clone();
            listen(&drawer, "toggle", move |_: Event| remember(&heard));
        }
        let over = attribute(&root, "data-over").unwrap_or_default();
        // When what is counted down was so far from its end as the server said.
        let began = Rc::new(Cell::new(now()));
        let renewed = (Element::from(root.clone()), Rc::clone(&began));
        listen(&document(), LICENSED, move |_: Event| {
            let (root, began) = renewed.clone();
            spawn_local(async move {
                // Without an answer it counts on as it did.
                if let Ok((200, html)) = fetch::get(COUNTDOWNS).await
                    && let Some(runs_out) = first_in::<Element>(&root, ".runs-out")
                {
                    runs_out.set_inner_html(&html);
                    began.set(now());
                }
            });
        });
        let tick = move || {
            let gone = Duration::try_from_secs_f64((now() - began.get()) / 1000.0);
            let gone = gone.unwrap_or_default().as_secs();
            for timer in all_in(&root, "[data-seconds]") {
                show(&timer, gone, &over);
            }
        };
        // For as long as the page is there.
        let _ = set_interval_with_handle(tick, Duration::from_secs(1));
    }

    fn remember(drawer: &HtmlDetailsElement) {
        keep_open(DRAWER_COOKIE, drawer.open());
    }

    fn show(timer: &Element, gone: u64, over: &str) {
        let whole = timer.get_attribute("data-seconds");
        let Some(whole) = whole.and_then(|text| text.parse::<u64>().ok()) else {
            return;
        };
        let text = match whole.checked_sub(gone).filter(|left| *left > 0) {
            Some(left) => clock_time(left),
            None => over.to_owned(),
        };
        timer.set_text_content(Some(&text));
    }

    fn now() -> f64 {
        window().performance().map_or(0.0, |clock| clock.now())
    }
}
