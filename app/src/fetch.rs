//! A question over HTTP, from the browser.

use js_sys::Promise;
use leptos::prelude::window;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Headers, RequestInit, Response};

/// The status and the text of what a URL answers to a GET.
///
/// # Errors
/// The browser's, where there is no answer.
pub(crate) async fn get(url: &str) -> Result<(u16, String), JsValue> {
    answered(window().fetch_with_str(url)).await
}

/// The status and the text of what a URL answers to a POST.
///
/// # Errors
/// The browser's, where there is no answer.
pub(crate) async fn post(
    url: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> Result<(u16, String), JsValue> {
    let sent = Headers::new()?;
    for (name, value) in headers {
        sent.set(name, value)?;
    }
    let request = RequestInit::new();
    request.set_method("POST");
    request.set_headers(&sent);
    request.set_body(&body.into());
    answered(window().fetch_with_str_and_init(url, &request)).await
}

async fn answered(promised: Promise) -> Result<(u16, String), JsValue> {
    let answer: Response = JsFuture::from(promised).await?.dyn_into()?;
    let text = JsFuture::from(answer.text()?).await?;
    Ok((answer.status(), text.as_string().unwrap_or_default()))
}
