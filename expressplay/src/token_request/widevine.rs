//! Widevine's part of a token request: `/hms/wv/token`.

use std::ops::RangeInclusive;

use super::{
    Form, KeySource, Stood, Strictness, check_extension,
    keys::{self, Kid, Slot},
    number,
};
use crate::{ErrorCode, KeyId, Refusal};

/// The most characters of a `contentId` that are carried.
const CONTENT_ID_CHARS: usize = 36;

/// Keys and policies for Widevine.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Widevine {
    /// One for each key, at least one.
    pub tracks: Vec<Track>,
    /// What the content is called; 36 characters are carried.
    pub content_id: Option<String>,
    /// How long the licence lasts, in seconds.
    pub license_duration: Option<u32>,
    /// How long it may be played once started, in seconds.
    pub playback_duration: Option<u32>,
    /// An extension: a type of 4 characters, and base64.
    pub extension: Option<(String, String)>,
}

/// One key of a Widevine token, and what protects its track.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Track {
    /// The key's id.
    pub kid: KeyId,
    /// The key.
    pub key: KeySource,
    /// 1 (software) to 5 (hardware, all the way).
    pub security_level: Option<u8>,
    /// `hdcpOutputControl`, 0 to 5.
    pub hdcp: Option<u8>,
    /// 0 to 4.
    pub track_type: Option<u8>,
}

impl Track {
    /// A track that leaves its protection to the service.
    #[must_use]
    pub const fn new(kid: KeyId, key: KeySource) -> Self {
        Self {
            kid,
            key,
            security_level: None,
            hdcp: None,
            track_type: None,
        }
    }

    fn read(form: &Form, entry: keys::Entry, strictness: Strictness) -> Result<Self, Refusal> {
        let keys::Entry { slot, kid, key } = entry;
        let kid = kid.ok_or(ErrorCode::KidMissing)?;
        let level = |base: &str,
                     range: RangeInclusive<u8>,
                     wrong: ErrorCode,
                     missing: Option<ErrorCode>| {
            let text = slot.get(form, base);
            match (text, missing) {
                (Some(text), _) => number(text, range)
                    .map(Some)
                    .ok_or_else(|| Refusal::wrong(wrong, slot.own_name(form, base), text)),
                (None, Some(code)) if strictness == Strictness::Strict => {
                    Err(Refusal::missing(code, slot.name(base)))
                }
                (None, _) => Ok(None),
            }
        };
        Ok(Self {
            security_level: level(
                "securityLevel",
                1..=5,
                ErrorCode::SecurityLevelInvalid,
                Some(ErrorCode::SecurityLevelMissing),
            )?,
            hdcp: level(
                "hdcpOutputControl",
                0..=5,
                ErrorCode::OutputControlRange,
                Some(ErrorCode::HdcpMissing),
            )?,
            track_type: level("trackType", 0..=4, ErrorCode::OutputControlRange, None)?,
            kid,
            key,
        })
    }
}

impl Widevine {
    pub(super) fn read(form: &Form, strictness: Strictness) -> Result<Self, Refusal> {
        let described = ["securityLevel", "hdcpOutputControl", "trackType"];
        let tracks = keys::read(form, &described, Kid::Required)?
            .into_iter()
            .map(|entry| Track::read(form, entry, strictness))
            .collect::<Result<_, _>>()?;
        let seconds = |name| form.number(name, 0..=u32::MAX, ErrorCode::LicenseDuration);
        Ok(Self {
            tracks,
            content_id: form
                .get("contentId")
                .filter(|id| !id.is_empty())
                .map(|id| id.chars().take(CONTENT_ID_CHARS).collect()),
            license_duration: seconds("licenseDuration")?,
            playback_duration: seconds("playbackDuration")?,
            extension: form.get("wvExtension").map(read_extension).transpose()?,
        })
    }

    pub(super) fn write(&self, form: &mut Form) {
        for (slot, track) in Slot::for_count(self.tracks.len()).zip(&self.tracks) {
            keys::write(form, slot, Some(&track.kid), &track.key);
            form.set_some(&slot.name("securityLevel"), track.security_level);
            form.set_some(&slot.name("hdcpOutputControl"), track.hdcp);
            form.set_some(&slot.name("trackType"), track.track_type);
        }
        form.set_some("contentId", self.content_id.as_ref());
        form.set_some("licenseDuration", self.license_duration);
        form.set_some("playbackDuration", self.playback_duration);
        let extension = self
            .extension
            .as_ref()
            .map(|(kind, payload)| format!("{kind},{payload}"));
        form.set_some("wvExtension", extension);
    }
}

fn read_extension(text: &str) -> Result<(String, String), Refusal> {
    let whole = Stood::whole("wvExtension", text);
    let wrong = || Refusal::wrong(ErrorCode::WidevineExtension, whole.parameter, text);
    let (kind, payload) = text.split_once(',').ok_or_else(wrong)?;
    check_extension(whole.part(kind), whole.part(payload))?;
    Ok((kind.to_owned(), payload.to_owned()))
}
