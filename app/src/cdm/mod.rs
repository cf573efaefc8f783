//! The simulated CDM (design, section 3): the device is a key that this browser made.
//!
//! - `key`: an ECDSA P-256 key by WebCrypto, not extractable;
//! - `store`: where it lives, one for this browser;
//! - `challenge`: the licence request that it signs.

mod challenge;
mod key;
mod store;

pub(crate) use key::DeviceKey;

use wasm_bindgen::JsValue;

use crate::trouble::Trouble;

/// Why the CDM could not do its part. The text is the browser's own.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum CdmError {
    /// The page is not in a secure context, so there is no WebCrypto.
    #[error("no WebCrypto")]
    Insecure,
    /// The browser did not make, keep or use the key.
    #[error("{0}")]
    Browser(String),
    /// The player's own request was not a Clear Key request.
    #[error("not a Clear Key request: {0}")]
    Request(String),
}

impl From<JsValue> for CdmError {
    fn from(error: JsValue) -> Self {
        Self::Browser(String::from(js_sys::Object::from(error).to_string()))
    }
}

impl From<idb::Error> for CdmError {
    fn from(error: idb::Error) -> Self {
        Self::Browser(error.to_string())
    }
}

impl From<CdmError> for Trouble {
    fn from(error: CdmError) -> Self {
        match error {
            CdmError::Insecure => Self::new(
                "This page did not come over a secure connection, so the browser has no keys to give.",
                "Open it over https, or on http://127.0.0.1.",
            ),
            CdmError::Browser(why) => Self::new(
                format!("This browser could not make or use its device key ({why})."),
                "Allow this site to store data; a private window may not. Then try again.",
            ),
            CdmError::Request(why) => Self::new(
                format!("The player asked for a licence in a way that we do not know ({why})."),
                "Try again, or use another browser.",
            ),
        }
    }
}
