//! What the browser loads of the storefront.
#![cfg(target_arch = "wasm32")]

// The islands, which the page calls by name.
use app as _;
use wasm_bindgen::prelude::wasm_bindgen;

/// Wakes the islands on the page; the hydration script calls it.
#[wasm_bindgen]
pub fn hydrate() {
    console_error_panic_hook::set_once();
    leptos::mount::hydrate_islands();
}
