//! Waiting for time to pass and for elements to be there.

use js_sys::Promise;
use leptos::{html::Video, prelude::*, task::tick};
use wasm_bindgen_futures::JsFuture;
use web_sys::HtmlVideoElement;

/// Milliseconds since 1970, by the browser's clock.
pub(crate) fn now() -> f64 {
    js_sys::Date::now()
}

/// Waits.
pub(crate) async fn pause(milliseconds: i32) {
    // A timer that cannot be set does not wait.
    let _ = JsFuture::from(timer(milliseconds)).await;
}

/// A promise that comes true after a while.
pub(super) fn timer(milliseconds: i32) -> Promise {
    Promise::new(&mut |resolve, reject| {
        let set =
            window().set_timeout_with_callback_and_timeout_and_arguments_0(&resolve, milliseconds);
        if let Err(error) = set {
            let _ = reject.call1(&error, &error);
        }
    })
}

/// The video element, as soon as the view has it.
pub(crate) async fn mounted(video: NodeRef<Video>) -> HtmlVideoElement {
    loop {
        match video.get_untracked() {
            Some(element) => return element,
            None => tick().await,
        }
    }
}
