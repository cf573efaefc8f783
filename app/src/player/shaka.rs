//! The few of Shaka Player's functions that we call. The library is the global `shaka`.

use js_sys::{Function, Promise, Reflect, Uint8Array};
use leptos::prelude::window;
use wasm_bindgen::prelude::*;
use web_sys::HtmlMediaElement;

use super::browser::pause;
use crate::islands::PLAYER_LIBRARY;

/// `shaka.net.NetworkingEngine.RequestType.LICENSE`.
pub(super) const LICENSE: u32 = 2;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = shaka)]
    pub(super) type Player;

    #[wasm_bindgen(constructor, js_namespace = shaka)]
    pub(super) fn new() -> Player;

    #[wasm_bindgen(static_method_of = Player, js_namespace = shaka, js_name = isBrowserSupported)]
    pub(super) fn is_browser_supported() -> bool;

    #[wasm_bindgen(method)]
    pub(super) fn attach(this: &Player, video: &HtmlMediaElement) -> Promise;

    #[wasm_bindgen(method)]
    pub(super) fn configure(this: &Player, settings: &JsValue) -> bool;

    #[wasm_bindgen(method)]
    pub(super) fn load(this: &Player, manifest: &str, from: f64) -> Promise;

    #[wasm_bindgen(method)]
    pub(super) fn destroy(this: &Player) -> Promise;

    #[wasm_bindgen(method, js_name = addEventListener)]
    pub(super) fn add_event_listener(this: &Player, event: &str, listener: &Function);

    #[wasm_bindgen(method, js_name = getNetworkingEngine)]
    pub(super) fn networking_engine(this: &Player) -> Option<NetworkingEngine>;

    pub(super) type NetworkingEngine;

    #[wasm_bindgen(method, js_name = registerRequestFilter)]
    pub(super) fn register_request_filter(this: &NetworkingEngine, filter: &Function);

    #[wasm_bindgen(method, js_name = registerResponseFilter)]
    pub(super) fn register_response_filter(this: &NetworkingEngine, filter: &Function);

    /// A request on its way through the filters.
    pub(super) type Request;

    #[wasm_bindgen(method, getter)]
    pub(super) fn body(this: &Request) -> JsValue;

    #[wasm_bindgen(method, setter)]
    pub(super) fn set_body(this: &Request, body: &JsValue);

    /// Our own mark on a request: the body that it came with.
    #[wasm_bindgen(method, getter, js_name = clearKeyRequest)]
    pub(super) fn original(this: &Request) -> Option<Uint8Array>;

    #[wasm_bindgen(method, setter, js_name = clearKeyRequest)]
    pub(super) fn set_original(this: &Request, body: &Uint8Array);

    #[wasm_bindgen(method, getter)]
    fn headers(this: &Request) -> JsValue;
}

impl Request {
    /// Sets a header.
    pub(super) fn set_header(&self, name: &str, value: &str) -> Result<(), JsValue> {
        Reflect::set(&self.headers(), &name.into(), &value.into()).map(|_| ())
    }
}

/// Whether the library comes within ten seconds. Where the page has not asked for it, this does.
pub(super) async fn arrives() -> bool {
    if fetch().is_none() {
        return false;
    }
    for _ in 0..200 {
        if Reflect::get(&js_sys::global(), &"shaka".into()).is_ok_and(|shaka| shaka.is_object()) {
            return true;
        }
        pause(50).await;
    }
    false
}

/// Has the page fetch the library, unless it does already. None where it cannot.
fn fetch() -> Option<()> {
    let document = window().document()?;
    let asked = format!("script[src='{PLAYER_LIBRARY}']");
    if document.query_selector(&asked).ok()?.is_none() {
        let script = document.create_element("script").ok()?;
        script.set_attribute("src", PLAYER_LIBRARY).ok()?;
        document.document_element()?.append_child(&script).ok()?;
    }
    Some(())
}
