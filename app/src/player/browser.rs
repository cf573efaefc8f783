//! Waiting for time to pass.

use js_sys::Promise;
use leptos::prelude::*;
use wasm_bindgen_futures::JsFuture;

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
