//! Marlin MS3's part of a token request: `/hms/ms3/token`.

use super::{
    Form, Stood, check_extension,
    marlin::{MarlinKey, MarlinOutput},
};
use crate::{ErrorCode, Refusal};

/// Keys and policies for Marlin MS3.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ms3 {
    /// At least one key.
    pub keys: Vec<MarlinKey>,
    /// Where the content is; the token's URL carries it behind a `#`.
    pub content_url: Option<String>,
    /// What outputs must be protected by.
    pub output: MarlinOutput,
    /// An extension of the licence.
    pub extension: Option<Ms3Extension>,
    /// The scheme of the token's URL.
    pub scheme: Ms3Scheme,
}

/// An extension: `ms3Extension`, or `extensionType` and its two companions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ms3Extension {
    /// 4 characters.
    pub kind: String,
    /// Whether a client that does not know it must refuse the licence.
    pub critical: bool,
    /// Base64 with padding.
    pub payload: String,
}

/// The scheme of a compound URL.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Ms3Scheme {
    /// `https`, or `http` of a simulator.
    #[default]
    Web,
    /// `ms3`, with `ms3Scheme=true`.
    Ms3,
    /// `ms3hs`, with `ms3SchemeType=ms3hs`.
    Ms3hs,
}

const EXTENSION: &str = "ms3Extension";
const KIND: &str = "extensionType";
const PAYLOAD: &str = "extensionPayload";
const CRITICAL: &str = "extensionCriticalFlag";
const SCHEME_TYPE: &str = "ms3SchemeType";

impl Ms3 {
    pub(super) fn read(form: &Form) -> Result<Self, Refusal> {
        Ok(Self {
            keys: MarlinKey::read_all(form)?,
            content_url: form
                .get("contentURL")
                .filter(|url| !url.is_empty())
                .map(str::to_owned),
            output: MarlinOutput::read(form)?,
            extension: Ms3Extension::read(form)?,
            scheme: Ms3Scheme::read(form)?,
        })
    }

    pub(super) fn write(&self, form: &mut Form) {
        MarlinKey::write_all(&self.keys, form);
        form.set_some("contentURL", self.content_url.as_ref());
        self.output.write(form);
        if let Some(extension) = &self.extension {
            form.set(KIND, &extension.kind);
            form.set(CRITICAL, extension.critical);
            form.set(PAYLOAD, &extension.payload);
        }
        match self.scheme {
            Ms3Scheme::Web => {}
            Ms3Scheme::Ms3 => form.set("ms3Scheme", "true"),
            Ms3Scheme::Ms3hs => form.set(SCHEME_TYPE, "ms3hs"),
        }
    }
}

impl Ms3Extension {
    /// `ms3Extension` counts before the three that say the same.
    fn read(form: &Form) -> Result<Option<Self>, Refusal> {
        let missing = |name| Refusal::missing(ErrorCode::NoCorrespondingValue, name);
        if let Some(text) = form.get(EXTENSION) {
            let wrong = || Refusal::wrong(ErrorCode::NoCorrespondingValue, EXTENSION, text);
            let (kind, rest) = text.split_once(',').ok_or_else(wrong)?;
            let (critical, payload) = rest.split_once(',').ok_or_else(wrong)?;
            let whole = Stood::whole(EXTENSION, text);
            check_extension(whole.part(kind), whole.part(payload))?;
            return Self::of(kind, critical, payload)
                .ok_or_else(wrong)
                .map(Some);
        }
        let critical = form.get(CRITICAL);
        match (form.get(KIND), form.get(PAYLOAD)) {
            (None, None) if critical.is_some() => Err(missing(KIND)),
            (None, None) => Ok(None),
            (Some(_), None) => Err(missing(PAYLOAD)),
            (None, Some(_)) => Err(missing(KIND)),
            (Some(kind), Some(payload)) => {
                check_extension(Stood::whole(KIND, kind), Stood::whole(PAYLOAD, payload))?;
                let critical = critical.unwrap_or("false");
                let wrong = || Refusal::wrong(ErrorCode::NoCorrespondingValue, CRITICAL, critical);
                Self::of(kind, critical, payload)
                    .ok_or_else(wrong)
                    .map(Some)
            }
        }
    }

    fn of(kind: &str, critical: &str, payload: &str) -> Option<Self> {
        Some(Self {
            kind: kind.to_owned(),
            critical: critical.parse().ok()?,
            payload: payload.to_owned(),
        })
    }
}

impl Ms3Scheme {
    fn read(form: &Form) -> Result<Self, Refusal> {
        let asked = form.get("ms3Scheme") == Some("true");
        match form.get(SCHEME_TYPE) {
            Some("ms3hs") => Ok(Self::Ms3hs),
            Some("ms3") => Ok(Self::Ms3),
            None if asked => Ok(Self::Ms3),
            None => Ok(Self::Web),
            Some(text) => Err(Refusal::wrong(
                ErrorCode::NoCorrespondingValue,
                SCHEME_TYPE,
                text,
            )),
        }
    }
}
