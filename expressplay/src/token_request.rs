//! A request for a token (API section 2; seed steps 2 and 5).
//!
//! One type for every DRM: what they share is [`Common`], what differs is [`Rights`]. A request is
//! written as a form by [`TokenRequest::to_form`] and read from one by
//! [`TokenRequest::from_form`]; the two are each other's inverse.

mod fairplay;
mod form;
mod keys;
mod moment;
mod names;
mod playready;
mod widevine;

pub use fairplay::{FairPlay, FairPlayKey};
pub use form::Form;
pub use keys::{KeySource, MAX_KEYS};
pub use moment::{MAX_LIFETIME, Moment};
pub use names::{parameters, unknown};
pub use playready::{
    Algorithm, OutputProtection, PlayReady, PlayReadyKey, RightsType, UnknownOutput,
};
pub use widevine::{Track, Widevine};

use crate::{Cookie, DeviceId, Drm, ErrorCode, KeyId, Refusal};

/// A request for a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenRequest {
    /// What every DRM takes.
    pub common: Common,
    /// The DRM, its keys and its policies.
    pub rights: Rights,
}

/// What a token request of every DRM takes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Common {
    /// When the token ends; 30 days from now where it is missing.
    pub expiration: Option<Moment>,
    /// What correlates the token's redemption with the request.
    pub cookie: Option<Cookie>,
    /// The only device that may redeem the token.
    pub device_id: Option<DeviceId>,
    /// Whether the returned URL is https whatever the request came by.
    pub use_https: bool,
    /// Whether the licence may be kept (`generalFlags` `00000001`); FairPlay has no such flag.
    pub persistent: bool,
}

/// The DRM of a request, with its keys and policies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rights {
    /// Widevine.
    Widevine(Widevine),
    /// PlayReady.
    PlayReady(PlayReady),
    /// FairPlay.
    FairPlay(FairPlay),
}

/// How much a service demands of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Strictness {
    /// As later public clients have it: Widevine's `securityLevel` and `hdcpOutputControl` may be
    /// left out.
    #[default]
    Lenient,
    /// As the guide has it: both are required.
    Strict,
}

impl TokenRequest {
    /// The DRM that the token is for.
    #[must_use]
    pub const fn drm(&self) -> Drm {
        match self.rights {
            Rights::Widevine(_) => Drm::Widevine,
            Rights::PlayReady(_) => Drm::PlayReady,
            Rights::FairPlay(_) => Drm::FairPlay,
        }
    }

    /// The content id, for the DRM that has one.
    #[must_use]
    pub fn content_id(&self) -> Option<&str> {
        match &self.rights {
            Rights::Widevine(widevine) => widevine.content_id.as_deref(),
            Rights::PlayReady(_) | Rights::FairPlay(_) => None,
        }
    }

    /// Each key with its id; only FairPlay may lack an id.
    pub fn keys(&self) -> impl Iterator<Item = (Option<&KeyId>, &KeySource)> {
        let keys: Vec<_> = match &self.rights {
            Rights::Widevine(it) => it.tracks.iter().map(|t| (Some(&t.kid), &t.key)).collect(),
            Rights::PlayReady(it) => it.keys.iter().map(|k| (Some(&k.kid), &k.key)).collect(),
            Rights::FairPlay(it) => it.keys.iter().map(|k| (k.kid.as_ref(), &k.key)).collect(),
        };
        keys.into_iter()
    }

    /// The request as form pairs, without the customer authenticator. **Holds the content keys.**
    #[must_use]
    pub fn to_form(&self) -> Form {
        let mut form = Form::default();
        let common = &self.common;
        form.set_some("expirationTime", common.expiration.as_ref());
        form.set_some("cookie", common.cookie.as_ref());
        form.set_some("deviceId", common.device_id.as_ref());
        form.set_some("useHttps", common.use_https.then_some("true"));
        form.set_some("generalFlags", common.persistent.then_some("00000001"));
        match &self.rights {
            Rights::Widevine(widevine) => widevine.write(&mut form),
            Rights::PlayReady(playready) => playready.write(&mut form),
            Rights::FairPlay(fairplay) => fairplay.write(&mut form),
        }
        form
    }

    /// Reads a request. Parameters that it does not know are ignored, and so is
    /// `customerAuthenticator`, which is checked before.
    ///
    /// # Errors
    /// The code that API section 2 gives for the first parameter at fault, in the order: common
    /// parameters, keys, policies.
    pub fn from_form(drm: Drm, form: &Form, strictness: Strictness) -> Result<Self, Refusal> {
        let common = Common::read(drm, form)?;
        let rights = match drm {
            Drm::Widevine => Rights::Widevine(Widevine::read(form, strictness)?),
            Drm::PlayReady => Rights::PlayReady(PlayReady::read(form, common.persistent)?),
            Drm::FairPlay => Rights::FairPlay(FairPlay::read(form)?),
        };
        Ok(Self { common, rights })
    }
}

impl Common {
    fn read(drm: Drm, form: &Form) -> Result<Self, Refusal> {
        let expiration = form
            .get("expirationTime")
            .map(|text| Moment::read(text, "expirationTime", ErrorCode::ExpirationTime))
            .transpose()?;
        let cookie = form.get("cookie").map(str::parse).transpose()?;
        // The seed spells it deviceid, the guide deviceId.
        let device_id = form
            .get("deviceId")
            .or_else(|| form.get("deviceid"))
            .map(str::parse)
            .transpose()?;
        Ok(Self {
            expiration,
            cookie,
            device_id,
            use_https: form.get("useHttps") == Some("true"),
            persistent: persistent(drm, form)?,
        })
    }
}

fn persistent(drm: Drm, form: &Form) -> Result<bool, Refusal> {
    match (form.get("generalFlags"), drm) {
        (None | Some("00000000"), _) | (Some("0000"), Drm::Widevine | Drm::FairPlay) => Ok(false),
        (Some("00000001"), Drm::Widevine | Drm::PlayReady) => Ok(true),
        (Some(_), Drm::FairPlay) => Err(Refusal::new(
            ErrorCode::GeneralFlags,
            "generalFlags takes 0000 or 00000000 for FairPlay",
        )),
        (Some(_), Drm::Widevine | Drm::PlayReady) => Err(Refusal::new(
            ErrorCode::GeneralFlags,
            "generalFlags takes 4 bytes in hexadecimal: 00000000, or 00000001 for a licence that is kept",
        )),
    }
}

/// A number in decimal digits alone, within a range.
fn number<T: std::str::FromStr + PartialOrd>(
    text: &str,
    range: std::ops::RangeInclusive<T>,
) -> Option<T> {
    let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    text.parse()
        .ok()
        .filter(|value| digits && range.contains(value))
}

/// `type,payload`, or its two halves: a type of 4 characters and a payload in base64.
fn check_extension(kind: &str, payload: &str, name: &str) -> Result<(), Refusal> {
    use base64::{Engine, engine::general_purpose::STANDARD};
    if kind.chars().count() != 4 {
        return Err(Refusal::new(
            ErrorCode::ExtensionType,
            format!(
                "{name}: the type takes 4 characters; it got {}",
                kind.chars().count()
            ),
        ));
    }
    if payload.is_empty() || STANDARD.decode(payload).is_err() {
        return Err(Refusal::new(
            ErrorCode::ExtensionPayload,
            format!("{name}: the payload takes base64 with padding"),
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
