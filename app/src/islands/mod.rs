//! What lives in the browser. An island renders its first state on the server, with its buttons
//! asleep; they wake when the wasm has come.

pub mod live_workflow;
pub mod player;
pub mod register_device;

use leptos::prelude::*;

/// False on the server and until the island lives in the browser.
fn awake() -> ReadSignal<bool> {
    let (awake, wake) = signal(false);
    Effect::new(move |_| wake.set(true));
    awake
}

/// Where the player's library is. The watch page fetches it at once; elsewhere it comes when a clip
/// is to be played, for it weighs as much as all the rest.
pub(crate) const PLAYER_LIBRARY: &str = "/player/shaka-player.js";
