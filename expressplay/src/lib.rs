//! The vocabulary of ExpressPlay, a DRM licence service, as types that cannot hold a wrong value.
//!
//! | module | what |
//! |---|---|
//! | [`drm`] | the DRMs, and their places on ExpressPlay's hosts |
//! | [`authenticator`] | the customer authenticator that every back-end call carries |
//! | [`cookie`], [`device_id`] | what device binding correlates and compares |
//! | [`key`] | key ids, content keys, wrapped keys |
//! | [`token_request`] | a request for a token, as a form and back |
//! | [`token`] | a token, and the URLs that carry one |
//! | [`compound_url`], [`action_token`] | what Marlin's tokens come in |
//! | [`challenge`], [`license`] | the licence request of the simulated CDM, and its answer |
//! | [`record`] | the transaction log, and how to ask it |
//! | [`key_storage`] | keys that ExpressPlay keeps |
//! | [`parameter`] | every parameter of every call: what it takes, and the codes that it can earn |
//! | [`trace_context`] | what makes one message known to all who see it |
//! | [`error_code`], [`refusal`] | every error code, and a refusal that carries one |
//! | `client` | an HTTP client, under the feature of that name |
//!
//! Secrets ([`ContentKey`], [`KeyEncryptionKey`], [`CustomerAuthenticator`], [`Token`]) never
//! print: their `Debug` says `[redacted]`, and the methods that give them up say so by name.

pub mod action_token;
pub mod authenticator;
mod base64url;
pub mod challenge;
#[cfg(feature = "client")]
pub mod client;
pub mod compound_url;
pub mod cookie;
pub mod device_id;
pub mod drm;
pub mod error_code;
pub mod key;
pub mod key_storage;
pub mod license;
pub mod parameter;
pub mod record;
pub mod refusal;
pub mod token;
pub mod token_request;
pub mod trace_context;

pub use action_token::ActionToken;
pub use authenticator::CustomerAuthenticator;
pub use challenge::{ChallengeClaims, ClearKeyRequest, PublicJwk, SignedChallenge};
#[cfg(feature = "client")]
pub use client::{Client, ClientError};
pub use compound_url::CompoundUrl;
pub use cookie::Cookie;
pub use device_id::DeviceId;
pub use drm::Drm;
pub use error_code::ErrorCode;
pub use key::{ContentKey, EncryptedKey, KeyEncryptionKey, KeyId};
pub use license::License;
pub use record::{EventId, Record, RecordQuery};
pub use refusal::{Refusal, RefusalBody};
pub use token::{Token, TokenUrl};
pub use token_request::TokenRequest;
