//! ExpressPlay, offline: a stand-in for the DRM licence service, for tests and training.
//!
//! It speaks the service's own API over HTTP, so a client needs another base URL and nothing else:
//! it makes tokens, redeems them, keeps the transaction log and a key storage, and does the
//! cross-check of device binding, which is what most people come for.
//!
//! ```no_run
//! # async fn example() -> Result<(), simulator::Error> {
//! let simulator = simulator::Simulator::start().await?;
//! println!("ExpressPlay is at {}", simulator.url());
//! // … point a client there; the simulator stops when the value is dropped.
//! # Ok(())
//! # }
//! ```
//!
//! | module | what |
//! |---|---|
//! | [`Simulator`], [`SoftDevice`] | a running simulator, and a device for tests |
//! | [`account`] | customer accounts, test and production |
//! | `token`, `broadband` | token generation, and the documents of Marlin Broadband's |
//! | `seal` | the inside of a token |
//! | `exchange` | one call and its answer: whose it is, faults, the journal |
//! | [`fault`], [`journal`], `hints` | what makes calls fail on purpose, what was called, what smells in it |
//! | `license`, `device` | redemption, and the device that a challenge proves |
//! | `log`, `records` | the transaction log: writing it, and asking it |
//! | `keys`, `key_wrap` | key storage |
//! | [`control`], [`sandbox`] | the control plane, `/__sim/`, and the sandboxes that it makes |
//! | `openapi` | what all of it looks like, for machines and people |
//! | [`clock`], [`entropy`] | time and randomness, which tests may own |
//! | [`database`] | SQLite, as everything here keeps it |

pub mod account;
mod broadband;
mod call;
pub mod clock;
mod connection;
pub mod control;
pub mod database;
mod device;
pub mod entropy;
mod error;
mod exchange;
pub mod fault;
mod hints;
pub mod journal;
mod key_wrap;
mod keys;
mod license;
mod log;
mod openapi;
mod records;
pub mod sandbox;
mod seal;
mod service;
mod simulator;
mod soft_device;
mod token;

pub use account::{Account, DrmSet, Environment, Settings};
pub use clock::Clock;
pub use entropy::Entropy;
pub use error::Error;
pub use sandbox::{SandboxHandle, SandboxName};
pub use simulator::{Builder, Simulator, url_of};
pub use soft_device::SoftDevice;
