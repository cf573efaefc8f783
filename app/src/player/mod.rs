//! Playing encrypted video: Shaka Player, and what its errors mean.
//!
//! - `shaka`: the few of Shaka's functions that we call;
//! - `session`: one token, one film, one playback;
//! - `ledger`: what the shop is told of the licence requests;
//! - `error`: what went wrong, in ExpressPlay's words where it was ExpressPlay;
//! - `browser`: waiting for time to pass.

mod browser;
mod error;
mod ledger;
mod session;
mod shaka;

pub(crate) use browser::{now, pause};
pub(crate) use error::{PlayError, refusal};
pub(crate) use session::Session;
