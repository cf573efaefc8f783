//! What islands ask of the browser.

use leptos::prelude::*;
use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::HtmlDocument;

use super::{OPEN, REMEMBERED};

/// Keeps, for the next page, whether what a cookie is named after is open.
pub(super) fn keep_open(cookie: &str, open: bool) {
    keep(cookie, if open { OPEN } else { "" });
}

/// Keeps something for the next page, under a cookie's name.
pub(super) fn keep(cookie: &str, value: &str) {
    if let Ok(document) = document().dyn_into::<HtmlDocument>() {
        // A browser that keeps no cookies shows the next page as if there had been none.
        let _ = document.set_cookie(&format!("{cookie}={value}; {REMEMBERED}"));
    }
}

/// Calls a function at each event, for as long as the page lives.
pub(super) fn listen<E: wasm_bindgen::convert::FromWasmAbi + 'static>(
    target: &web_sys::EventTarget,
    event: &str,
    call: impl Fn(E) + 'static,
) {
    let closure = Closure::<dyn Fn(E)>::new(call);
    // An event that cannot be listened to does not come.
    let _ = target.add_event_listener_with_callback(event, closure.as_ref().unchecked_ref());
    closure.forget();
}
