//! What islands ask of the browser.

use leptos::prelude::*;
use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::HtmlDocument;

use super::{OPEN, REMEMBERED};

/// Keeps, for the next page, whether what a cookie is named after is open.
pub(super) fn keep_open(cookie: &str, open: bool) {
    let open = if open { OPEN } else { "" };
    if let Ok(document) = document().dyn_into::<HtmlDocument>() {
        // A browser that keeps no cookies shows it closed next time.
        let _ = document.set_cookie(&format!("{cookie}={open}; {REMEMBERED}"));
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
