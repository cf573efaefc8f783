//! What lives in the browser. An island renders its first state on the server, with its buttons
//! asleep; they wake when the wasm has come.

#[cfg(feature = "hydrate")]
mod browser;
pub mod lab;
pub mod live_presenter;
pub mod live_workflow;
pub mod player;
pub mod register_device;

use leptos::prelude::*;

/// What the cookie of a panel or a drawer says while that is open.
pub const OPEN: &str = "open";
/// For how long such a cookie is kept, and where: a year, and on every page.
pub const REMEMBERED: &str = "path=/; max-age=31536000; samesite=lax";

/// False on the server and until the island lives in the browser.
fn awake() -> ReadSignal<bool> {
    let (awake, wake) = signal(false);
    Effect::new(move |_| wake.set(true));
    awake
}

/// Where the player's library is. The watch page fetches it at once; elsewhere it comes when a clip
/// is to be played, for it weighs as much as all the rest.
pub(crate) const PLAYER_LIBRARY: &str = "/player/shaka-player.js";
