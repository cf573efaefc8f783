//! ExpressPlay, offline: a stand-in for the DRM licence service, for tests and training.
//!
//! It speaks the service's own API over HTTP, so a client needs another base URL and nothing else:
//! it makes tokens, redeems them, keeps the transaction log and a key storage, and does the
//! cross-check of device binding, which is what most people come for.
//!
//! ```
//! use simulator::{Account, Simulator};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let _ = rustls::crypto::ring::default_provider().install_default();
//! let simulator = Simulator::start().await?; // a free port, in memory
//! let account = Account::defaults()[0].authenticator.reveal();
//! let token = format!(
//!     "{}/hms/wv/token?customerAuthenticator={account}&errorFormat=json\
//!      &kid=00112233445566778899aabbccddeeff&contentKey=000102030405060708090a0b0c0d0e0f",
//!     simulator.url(), // all that a client needs to be told
//! );
//! let answer = reqwest::get(token).await?.text().await?;
//! assert!(answer.contains("?ExpressPlayToken="));
//! # Ok(())
//! # } // Dropped, it stops.
//! ```
//!
//! | module | what |
//! |---|---|
//! | [`Simulator`], [`SandboxHandle`], [`SoftDevice`] | a running simulator, a sandbox of it, and a device for tests |
//! | [`account`] | customer accounts, test and production |
//! | `token`, `broadband` | token generation, and the documents of Marlin Broadband's |
//! | `seal` | the inside of a token |
//! | `exchange` | one call and its answer: whose it is, faults, the journal |
//! | [`fault`], [`journal`], `hints` | what makes calls fail on purpose, what was called, what smells in it |
//! | `license`, `device` | redemption, and the device that a challenge proves |
//! | `log`, `records`, `cookie_index` | the transaction log: writing it, asking it, and finding a cookie in it |
//! | `keys`, `key_wrap` | key storage |
//! | [`control`], [`sandbox`] | the control plane, `/__sim/`, and the sandboxes that it makes |
//! | `openapi` | what all of it looks like, for machines and people |
//! | [`clock`], [`entropy`] | time and randomness, which tests may own |
//! | [`database`], `upgrade` | SQLite, as everything here keeps it, and what may be wrong with it; an older version's database |
//! | `ending` | how a simulator ends: told to, or because its database takes no more |
//! | [`logging`], `metrics` | logs, and numbers for Prometheus |

pub mod account;
mod broadband;
mod call;
pub mod clock;
mod connection;
pub mod control;
mod cookie_index;
pub mod database;
mod device;
mod ending;
pub mod entropy;
mod error;
mod exchange;
pub mod fault;
mod handle;
mod hints;
pub mod journal;
mod key_wrap;
mod keys;
mod license;
mod log;
pub mod logging;
mod metrics;
mod openapi;
mod records;
pub mod sandbox;
mod seal;
mod service;
mod simulator;
mod soft_device;
mod token;
mod upgrade;

pub use account::{Account, DrmSet, Environment, Settings};
pub use clock::Clock;
pub use entropy::Entropy;
pub use error::Error;
pub use handle::SandboxHandle;
pub use sandbox::SandboxName;
pub use simulator::{Builder, NotAnAddress, Simulator, read_address, url_of};
pub use soft_device::SoftDevice;
