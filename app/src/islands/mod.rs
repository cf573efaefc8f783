//! What lives in the browser. The server renders all of an island, with its buttons asleep; they
//! wake when the wasm has come, and find in attributes what the page has to say to them.
//!
//! An island has no props but its children: props would bring serde's reader into the wasm. Nor has it
//! a view that changes: what comes later is set, or mounted, where the server left room for it. The code
//! that hydrates such views would weigh as much as the rest.

#[cfg(feature = "hydrate")]
mod browser;
pub mod lab;
pub mod live_presenter;
pub mod live_workflow;
pub mod player;
pub mod register_device;

/// What the cookie of a panel or a drawer says while that is open.
pub const OPEN: &str = "open";
/// For how long a cookie that remembers something of a page is kept, and where: a year, and on every page.
pub const REMEMBERED: &str = "path=/; max-age=31536000; samesite=lax";

/// Where the player's library is. The watch page fetches it at once; elsewhere it comes when a clip
/// is to be played, for it weighs as much as all the rest.
pub(crate) const PLAYER_LIBRARY: &str = "/player/shaka-player.js";
