//! What lives in the browser. The server renders all of an island, with its buttons asleep; they
//! wake when the wasm has come, and find in attributes what the page has to say to them.
//!
//! An island has no props but its children, and no view of its own: props would bring serde's reader
//! into the wasm, and views the code that hydrates them, which together weigh as much as the rest.

#[cfg(feature = "hydrate")]
mod browser;
pub mod lab;
pub mod live_presenter;
pub mod live_workflow;
pub mod player;
pub mod register_device;

/// What the cookie of a panel or a drawer says while that is open.
pub const OPEN: &str = "open";
/// For how long such a cookie is kept, and where: a year, and on every page.
pub const REMEMBERED: &str = "path=/; max-age=31536000; samesite=lax";

/// Where the player's library is. The watch page fetches it at once; elsewhere it comes when a clip
/// is to be played, for it weighs as much as all the rest.
pub(crate) const PLAYER_LIBRARY: &str = "/player/shaka-player.js";
