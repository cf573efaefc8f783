//! Keys that ExpressPlay keeps (API section 5).

use std::fmt;

use serde::{Deserialize, Serialize};

/// The path of key storage on the `api` host; one key is at this path, `/` and its kid.
pub const KEYS_PATH: &str = "/keystore/keys";

/// A stored key as the service answers with it: hex in upper case.
///
/// `k` is a content key in clear: this type's `Debug` leaves it out.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct StoredKey {
    /// The key's id, 32 hexadecimal digits.
    pub kid: String,
    /// The name of the key that it is wrapped under.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kek_id: Option<String>,
    /// The key, wrapped (RFC 3394).
    pub ek: String,
    /// The key in clear, where the call gave a `kek`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub k: Option<String>,
    /// Whatever the customer wants to remember of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub info: Option<String>,
    /// When it ends, as the customer wrote it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expiration: Option<String>,
    /// The content that it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content_id: Option<String>,
    /// When it was last written, RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_update: Option<String>,
}

impl fmt::Debug for StoredKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoredKey")
            .field("kid", &self.kid)
            .finish_non_exhaustive()
    }
}

/// A key to store: `k` needs the call to give a `kek`, `ek` does not.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct KeyToStore {
    /// The key's id; without one the call is refused (-4018).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kid: Option<String>,
    /// The name of the key that it is wrapped under.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kek_id: Option<String>,
    /// Whatever the customer wants to remember of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub info: Option<String>,
    /// When it ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expiration: Option<String>,
    /// The content that it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content_id: Option<String>,
    /// The key in clear.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub k: Option<String>,
    /// The key, wrapped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ek: Option<String>,
}

impl fmt::Debug for KeyToStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyToStore")
            .field("kid", &self.kid)
            .finish_non_exhaustive()
    }
}
