//! What went wrong with a playback.

use expressplay::{ErrorCode, RefusalBody};
use js_sys::{Array, Reflect};
use wasm_bindgen::{JsCast, JsValue};

use crate::{cdm::CdmError, trouble::Trouble};

/// Why a film does not play.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum PlayError {
    /// ExpressPlay refused the licence.
    Refused(RefusalBody),
    /// ExpressPlay did not answer, or not in its own words.
    LicenceService,
    /// What ExpressPlay answered with is no licence.
    NoLicence,
    /// The browser will not start a film without a press.
    NeedsPress,
    /// The browser has no such key system, or no such codec.
    Unsupported,
    /// The player's script did not come.
    NoPlayer,
    /// The film's files did not come, or the dummy clip did not end.
    NoMedia,
    /// The CDM could not do its part.
    Cdm(CdmError),
    /// Anything else, by Shaka's number.
    Other(u32),
}

/// Codes of `shaka.util.Error.Code`.
mod code {
    pub(super) const BAD_HTTP_STATUS: u32 = 1001;
    pub(super) const LICENSE_REQUEST_FAILED: u32 = 6007;
    /// The CDM does not take what came as a licence.
    pub(super) const LICENSE_RESPONSE_REJECTED: u32 = 6008;
    pub(super) const NETWORK: std::ops::Range<u32> = 1000..2000;
    /// No key system recognised, its configuration refused, or no CDM made.
    pub(super) const KEY_SYSTEM: std::ops::RangeInclusive<u32> = 6000..=6002;
    /// The browser has a key system, but none that we have licences for.
    pub(super) const NO_LICENSE_SERVER: u32 = 6012;
    pub(super) const CONTENT_UNSUPPORTED: u32 = 4032;
}

impl PlayError {
    /// What an error means that Shaka gave us, or that the video element threw.
    pub(super) fn read(error: &JsValue) -> Self {
        let name = Reflect::get(error, &"name".into())
            .ok()
            .and_then(|name| name.as_string());
        if name.as_deref() == Some("NotAllowedError") {
            return Self::NeedsPress;
        }
        match number(error) {
            code::LICENSE_REQUEST_FAILED => Self::licence(&datum(error, 0)),
            code::LICENSE_RESPONSE_REJECTED => Self::NoLicence,
            code if code::KEY_SYSTEM.contains(&code) => Self::Unsupported,
            code::NO_LICENSE_SERVER | code::CONTENT_UNSUPPORTED => Self::Unsupported,
            code if code::NETWORK.contains(&code) => Self::NoMedia,
            code => Self::Other(code),
        }
    }

    /// A licence request's own error. Where ExpressPlay answered, its words are in it:
    /// `BAD_HTTP_STATUS` carries URI, status and the answer's text.
    fn licence(error: &JsValue) -> Self {
        let answer = match number(error) {
            code::BAD_HTTP_STATUS => datum(error, 2).as_string(),
            _ => None,
        };
        answer
            .and_then(|text| serde_json::from_str(&text).ok())
            .map_or(Self::LicenceService, Self::Refused)
    }
}

/// What a licence request that failed was answered with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct LicenseAnswer {
    /// The HTTP status; none where no answer came.
    pub(super) status: Option<u16>,
    /// ExpressPlay's code, where the answer is in its words.
    pub(super) code: Option<i32>,
}

impl LicenseAnswer {
    /// The answer in an error that Shaka gave us; none where it is of no licence request.
    pub(super) fn read(error: &JsValue) -> Option<Self> {
        match number(error) {
            // What came was none, or so the CDM says: an answer all the same.
            code::LICENSE_RESPONSE_REJECTED => Some(Self {
                status: Some(200),
                code: None,
            }),
            code::LICENSE_REQUEST_FAILED => {
                let cause = datum(error, 0);
                let answered = number(&cause) == code::BAD_HTTP_STATUS;
                let status = datum(&cause, 1).as_f64().filter(|_| answered);
                let code = match PlayError::licence(&cause) {
                    PlayError::Refused(body) => Some(body.error_code),
                    _ => None,
                };
                Some(Self {
                    status: status.map(|status| status as u16),
                    code,
                })
            }
            _ => None,
        }
    }
}

fn number(error: &JsValue) -> u32 {
    Reflect::get(error, &"code".into())
        .ok()
        .and_then(|code| code.as_f64())
        .unwrap_or_default() as u32
}

fn datum(error: &JsValue, place: u32) -> JsValue {
    Reflect::get(error, &"data".into())
        .ok()
        .and_then(|data| data.dyn_into::<Array>().ok())
        .map_or(JsValue::UNDEFINED, |data| data.get(place))
}

impl From<CdmError> for PlayError {
    fn from(error: CdmError) -> Self {
        Self::Cdm(error)
    }
}

impl From<&PlayError> for Trouble {
    fn from(error: &PlayError) -> Self {
        match error {
            PlayError::Refused(body) => Self {
                code: Some(body.error_code),
                ..Self::new(
                    refusal(body),
                    "Try again; if it happens again, register this device again.",
                )
            },
            PlayError::LicenceService => Self::new(
                "ExpressPlay, the licence service, is not answering.",
                "Try again in a moment. Nothing is lost.",
            ),
            PlayError::NoLicence => Self::new(
                "What ExpressPlay, the licence service, answered with is no licence.",
                "Try again in a moment. Nothing is lost.",
            ),
            PlayError::NeedsPress => Self::new("The browser waits for you.", "Press the button."),
            PlayError::Unsupported => Self::new(
                "This browser cannot play protected video of this kind.",
                "Use a current Chromium, Chrome, Edge or Firefox.",
            ),
            PlayError::NoPlayer => Self::new(
                "The player did not load.",
                "Check your connection, then load this page again.",
            ),
            PlayError::NoMedia => Self::new(
                "The film's files did not come.",
                "Check your connection and try again.",
            ),
            PlayError::Cdm(error) => error.clone().into(),
            PlayError::Other(number) => Self::new(
                format!("The player stopped with error {number}."),
                "Try again.",
            ),
        }
    }
}

impl From<PlayError> for Trouble {
    fn from(error: PlayError) -> Self {
        Self::from(&error)
    }
}

/// ExpressPlay's own words: the answer's, or the code's where the answer has none.
fn refusal(body: &RefusalBody) -> String {
    let words = match ErrorCode::from_number(body.error_code) {
        _ if !body.error_message.is_empty() => body.error_message.as_str(),
        Some(code) => code.text(),
        None => "no reason given",
    };
    format!(
        "ExpressPlay refused the licence: {}.",
        words.trim_end_matches('.')
    )
}
