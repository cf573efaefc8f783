//! A request for a token (API section 2; seed steps 2 and 5).
//!
//! One type for every DRM: what they share is [`Common`], what differs is [`Rights`]. A request is
//! written as a form by [`TokenRequest::to_form`] and read from one by
//! [`TokenRequest::from_form`]; the two are each other's inverse.

mod broadband;
mod fairplay;
mod form;
mod keys;
mod marlin;
mod moment;
mod ms3;
mod playready;
mod rights_type;
mod widevine;

pub use broadband::{Action, Broadband, BroadbandLicense, UserKey};
pub use fairplay::{FairPlay, FairPlayKey};
pub use form::Form;
pub use keys::{KeySource, MAX_KEYS};
pub use marlin::{MarlinKey, MarlinOutput, OutputControlOverride};
pub use moment::{MAX_LIFETIME, Moment};
pub use ms3::{Ms3, Ms3Extension, Ms3Scheme};
pub use playready::{Algorithm, OutputProtection, PlayReady, PlayReadyKey, UnknownOutput};
pub use rights_type::RightsType;
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
    /// Whether the licence may be kept (`generalFlags` `00000001`); Widevine and PlayReady alone
    /// have that flag.
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
    /// Marlin MS3.
    Ms3(Ms3),
    /// Marlin Broadband.
    Broadband(Broadband),
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
            Rights::Ms3(_) => Drm::Ms3,
            Rights::Broadband(_) => Drm::Broadband,
        }
    }

    /// The content id, for the DRM that has one; the first key's, where each has its own.
    #[must_use]
    pub fn content_id(&self) -> Option<&str> {
        match &self.rights {
            Rights::Widevine(widevine) => widevine.content_id.as_deref(),
            Rights::PlayReady(_) | Rights::FairPlay(_) => None,
            Rights::Ms3(ms3) => marlin::content_id(&ms3.keys),
            Rights::Broadband(broadband) => marlin::content_id(broadband.keys()),
        }
    }

    /// For ever or for a time, for the DRM that has such rights.
    #[must_use]
    pub const fn rights_type(&self) -> Option<RightsType> {
        match &self.rights {
            Rights::PlayReady(playready) => Some(playready.rights),
            Rights::Broadband(broadband) => match &broadband.action {
                Action::License(license) => Some(license.rights),
                Action::Registration | Action::Deregistration => None,
            },
            Rights::Widevine(_) | Rights::FairPlay(_) | Rights::Ms3(_) => None,
        }
    }

    /// Each key with its id. Only FairPlay may lack an id, and only a Broadband token that
    /// registers or deregisters has no key.
    pub fn keys(&self) -> impl Iterator<Item = (Option<&KeyId>, &KeySource)> {
        let keys: Vec<_> = match &self.rights {
            Rights::Widevine(it) => it.tracks.iter().map(|t| (Some(&t.kid), &t.key)).collect(),
            Rights::PlayReady(it) => it.keys.iter().map(|k| (Some(&k.kid), &k.key)).collect(),
            Rights::FairPlay(it) => it.keys.iter().map(|k| (k.kid.as_ref(), &k.key)).collect(),
            Rights::Ms3(it) => it.keys.iter().map(MarlinKey::pair).collect(),
            Rights::Broadband(it) => it.keys().iter().map(MarlinKey::pair).collect(),
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
            Rights::Ms3(ms3) => ms3.write(&mut form),
            Rights::Broadband(broadband) => broadband.write(&mut form),
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
            Drm::Ms3 => Rights::Ms3(Ms3::read(form)?),
            Drm::Broadband => Rights::Broadband(Broadband::read(form)?),
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
        let cookie = form.read("cookie")?;
        // The seed spells it deviceid, the guide deviceId.
        let device_id = match form.read("deviceId")? {
            None => form.read("deviceid")?,
            some => some,
        };
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
    let keeps = matches!(drm, Drm::Widevine | Drm::PlayReady);
    match form.get("generalFlags") {
        None | Some("00000000") => Ok(false),
        Some("0000") if drm != Drm::PlayReady => Ok(false),
        Some("00000001") if keeps => Ok(true),
        Some(text) => Err(Refusal::wrong(
            ErrorCode::GeneralFlags,
            "generalFlags",
            text,
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

/// Checks an extension: a type of 4 characters and a payload in base64, each with the parameter
/// that it stands in.
fn check_extension(kind: Stood<'_>, payload: Stood<'_>) -> Result<(), Refusal> {
    use base64::{Engine, engine::general_purpose::STANDARD};
    if kind.part.chars().count() != 4 {
        let refusal = Refusal::wrong(ErrorCode::ExtensionType, kind.parameter, kind.value);
        return Err(refusal.because("the type has not 4 characters"));
    }
    if payload.part.is_empty() || STANDARD.decode(payload.part).is_err() {
        let (code, at) = (ErrorCode::ExtensionPayload, payload.parameter);
        let refusal = Refusal::wrong(code, at, payload.value);
        return Err(refusal.because("the payload is not base64"));
    }
    Ok(())
}

/// Part of a parameter's value, or the whole.
#[derive(Clone, Copy)]
struct Stood<'v> {
    parameter: &'static str,
    value: &'v str,
    part: &'v str,
}

impl<'v> Stood<'v> {
    const fn whole(parameter: &'static str, value: &'v str) -> Self {
        Self {
            parameter,
            value,
            part: value,
        }
    }

    const fn part(self, part: &'v str) -> Self {
        Self { part, ..self }
    }
}

/// `outputControlFlags` and its like: 4 bytes in hexadecimal.
fn read_flags(name: &'static str, text: &str) -> Result<u32, Refusal> {
    let wrong = |code| Refusal::wrong(code, name, text);
    if text.is_empty() || !text.bytes().all(|b| b.is_ascii_hexdigit()) {
        return Err(wrong(ErrorCode::OutputControlFlags));
    }
    if text.len() != 8 {
        return Err(wrong(ErrorCode::OutputControlFlagLength));
    }
    u32::from_str_radix(text, 16).map_err(|_| wrong(ErrorCode::OutputControlFlags))
}

#[cfg(test)]
mod tests;
