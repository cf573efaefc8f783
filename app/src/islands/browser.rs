//! What islands ask of the browser.

use leptos::prelude::*;
use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::{Element, Event, HtmlDocument, ScrollIntoViewOptions, ScrollLogicalPosition};

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

/// An attribute of the nearest element around one that has it.
pub(super) fn attribute(element: &Element, name: &str) -> Option<String> {
    let around = element.closest(&format!("[{name}]")).ok()??;
    around.get_attribute(name)
}

/// The elements of a kind in another, in their order.
pub(super) fn all_in<T: JsCast>(element: &Element, selector: &str) -> Vec<T> {
    let found = element.query_selector_all(selector).ok();
    let length = found.as_ref().map_or(0, web_sys::NodeList::length);
    let get = |at| found.as_ref()?.get(at)?.dyn_into().ok();
    (0..length).filter_map(get).collect()
}

/// The first of them.
pub(super) fn first_in<T: JsCast>(element: &Element, selector: &str) -> Option<T> {
    element.query_selector(selector).ok()??.dyn_into().ok()
}

/// Scrolls as little as shows an element.
pub(super) fn see(element: &Element) {
    let options = ScrollIntoViewOptions::new();
    options.set_block(ScrollLogicalPosition::Nearest);
    element.scroll_into_view_with_scroll_into_view_options(&options);
}

/// Gives a class to an element, or takes it away.
pub(super) fn mark_class(element: &Element, class: &str, on: bool) {
    // A class that cannot be set is not seen; the words say the same.
    let _ = element.class_list().toggle_with_force(class, on);
}

/// Gives an attribute without a value to an element, or takes it away.
pub(super) fn mark_attribute(element: &Element, name: &str, on: bool) {
    // Such a name is never refused.
    let _ = element.toggle_attribute_with_force(name, on);
}

/// Says of a button that it does nothing for now, or does again. One that is disabled in earnest
/// loses the focus.
pub(super) fn mark_disabled(button: &Element, on: bool) {
    const NAME: &str = "aria-disabled";
    // Such a name is never refused.
    let _ = match on {
        true => button.set_attribute(NAME, "true"),
        false => button.remove_attribute(NAME),
    };
}

/// What the page tells itself when the shop has heard of a licence.
pub(super) const LICENSED: &str = "bindery:licensed";

/// Tells the page of something that has happened on it.
pub(super) fn tell(event: &str) {
    if let Ok(event) = Event::new(event) {
        // Whoever listens to it keeps nobody from anything.
        let _ = document().dispatch_event(&event);
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
