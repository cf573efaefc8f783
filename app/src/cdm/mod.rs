//! The simulated CDM (design, section 3): the device is a key that this browser made.
//!
//! - [`Device`]: that key, or the browser's own CDM in its place;
//! - `key`: an ECDSA P-256 key by WebCrypto, not extractable;
//! - `store`: where it lives, one for this browser;
//! - `challenge`: the licence request that it signs.

mod challenge;
mod key;
mod store;

pub(crate) use challenge::{claims, kids, random};
pub(crate) use key::DeviceKey;

use wasm_bindgen::JsValue;

use expressplay::DeviceId;

use crate::{
    i18n::{Locale, td_string},
    model::Cdm,
    trouble::Trouble,
};

/// The device that asks for licences.
#[derive(Clone)]
pub(crate) enum Device {
    /// A key of this browser's, which signs Clear Key requests.
    Simulated(DeviceKey),
    /// The browser's own CDM. It signs its requests itself, and shows its device_id to nobody here.
    Browsers,
}

impl Device {
    /// The device that the player uses. A simulated one is made at its first use.
    ///
    /// # Errors
    /// [`CdmError`] where WebCrypto or IndexedDB is missing or fails.
    pub(crate) async fn of(cdm: Cdm) -> Result<Self, CdmError> {
        match cdm {
            Cdm::Simulated => DeviceKey::load_or_make().await.map(Self::Simulated),
            Cdm::Widevine => Ok(Self::Browsers),
        }
    }

    /// The device_id that ExpressPlay will see, where it can be known here.
    pub(crate) const fn id(&self) -> Option<DeviceId> {
        match self {
            Self::Simulated(key) => Some(key.device_id()),
            Self::Browsers => None,
        }
    }

    /// What EME calls its key system.
    pub(crate) const fn key_system(&self) -> &'static str {
        match self {
            Self::Simulated(_) => "org.w3.clearkey",
            Self::Browsers => "com.widevine.alpha",
        }
    }
}

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

impl CdmError {
    /// What the viewer reads of it.
    pub(crate) fn trouble(&self, locale: Locale) -> Trouble {
        match self {
            Self::Insecure => Trouble::new(
                td_string!(locale, cdm.insecure),
                td_string!(locale, cdm.insecure_next),
            ),
            Self::Browser(why) => Trouble {
                quoted: Some(why.clone()),
                ..Trouble::new(
                    td_string!(locale, cdm.browser, why),
                    td_string!(locale, cdm.browser_next),
                )
            },
            Self::Request(why) => Trouble {
                quoted: Some(why.clone()),
                ..Trouble::new(
                    td_string!(locale, cdm.request, why),
                    td_string!(locale, cdm.request_next),
                )
            },
        }
    }
}
