//! The device's key.

use expressplay::{DeviceId, PublicJwk};
use js_sys::{Array, Object, Reflect, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{CryptoKey, CryptoKeyPair, HtmlDocument, SubtleCrypto};

use super::{CdmError, store};
use crate::slot::{self, Slot};

/// This browser's device key: ECDSA on P-256. The private half never leaves WebCrypto.
#[derive(Clone)]
pub(crate) struct DeviceKey {
    private: CryptoKey,
    public: PublicJwk,
    device_id: DeviceId,
}

impl DeviceKey {
    /// The key that this browser made before for the device in use, or a new one.
    ///
    /// Two pages that make one at the same time end up with the same: the store keeps the first.
    ///
    /// # Errors
    /// [`CdmError`] where WebCrypto or IndexedDB is missing or fails.
    pub(crate) async fn load_or_make() -> Result<Self, CdmError> {
        let slot = slot_in_use();
        let store = store::open().await?;
        let pair = match store::get(&store, slot).await? {
            Some(pair) => pair,
            None => store::keep_first(&store, slot, &make_pair().await?).await?,
        };
        store.close();
        Self::from_pair(&pair.unchecked_into()).await
    }

    /// A key that is kept nowhere: a device that is gone with the page.
    ///
    /// # Errors
    /// [`CdmError`] where WebCrypto is missing or fails.
    pub(crate) async fn throwaway() -> Result<Self, CdmError> {
        Self::from_pair(&make_pair().await?.unchecked_into()).await
    }

    async fn from_pair(pair: &CryptoKeyPair) -> Result<Self, CdmError> {
        let public = public_jwk(&pair.get_public_key()).await?;
        let device_id = public
            .device_id()
            .map_err(|refusal| CdmError::Browser(refusal.to_string()))?;
        Ok(Self {
            private: pair.get_private_key(),
            public,
            device_id,
        })
    }

    /// The public half.
    pub(crate) const fn public(&self) -> &PublicJwk {
        &self.public
    }

    /// The device_id that ExpressPlay will see in this key's licence requests.
    pub(crate) const fn device_id(&self) -> DeviceId {
        self.device_id
    }

    /// An ES256 signature: r and s, 32 bytes each, which is how WebCrypto gives it.
    pub(crate) async fn sign(&self, text: &str) -> Result<[u8; 64], CdmError> {
        let algorithm = algorithm(&[("name", "ECDSA"), ("hash", "SHA-256")])?;
        let promise =
            subtle()?.sign_with_object_and_u8_array(&algorithm, &self.private, text.as_bytes())?;
        let bytes = Uint8Array::new(&JsFuture::from(promise).await?);
        let mut signature = [0; 64];
        if bytes.length() != 64 {
            return Err(CdmError::Browser(
                "a signature of the wrong length".to_owned(),
            ));
        }
        bytes.copy_to(&mut signature);
        Ok(signature)
    }
}

/// The device in use now: another page of this browser may have chosen it since this one came.
fn slot_in_use() -> Slot {
    let cookies = leptos::prelude::document()
        .dyn_into::<HtmlDocument>()
        .ok()
        .and_then(|document| document.cookie().ok())
        .unwrap_or_default();
    let chosen = cookies.split(';').find_map(|pair| {
        let (name, value) = pair.trim().split_once('=')?;
        value.parse().ok().filter(|_| name == slot::COOKIE)
    });
    chosen.unwrap_or_default()
}

async fn make_pair() -> Result<JsValue, CdmError> {
    let algorithm = algorithm(&[("name", "ECDSA"), ("namedCurve", "P-256")])?;
    let uses = Array::of2(&"sign".into(), &"verify".into());
    let promise = subtle()?.generate_key_with_object(&algorithm, false, &uses)?;
    Ok(JsFuture::from(promise).await?)
}

/// The public key as coordinates. WebCrypto exports a P-256 point as 04, x, y (SEC 1, 2.3.3).
async fn public_jwk(key: &CryptoKey) -> Result<PublicJwk, CdmError> {
    let promise = subtle()?.export_key("raw", key)?;
    let point = Uint8Array::new(&JsFuture::from(promise).await?);
    let mut bytes = [0; 65];
    if point.length() != 65 {
        return Err(CdmError::Browser(
            "a public key of the wrong length".to_owned(),
        ));
    }
    point.copy_to(&mut bytes);
    let (mut x, mut y) = ([0; 32], [0; 32]);
    x.copy_from_slice(&bytes[1..33]);
    y.copy_from_slice(&bytes[33..]);
    Ok(PublicJwk { x, y })
}

fn algorithm(members: &[(&str, &str)]) -> Result<Object, CdmError> {
    let object = Object::new();
    for (name, value) in members {
        Reflect::set(&object, &(*name).into(), &(*value).into())?;
    }
    Ok(object)
}

/// WebCrypto, which only a secure context has.
fn subtle() -> Result<SubtleCrypto, CdmError> {
    let crypto = leptos::prelude::window().crypto()?;
    let subtle = Reflect::get(&crypto, &"subtle".into())?;
    subtle.dyn_into().map_err(|_| CdmError::Insecure)
}
