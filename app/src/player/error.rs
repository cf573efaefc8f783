//! What went wrong with a playback.

use expressplay::{ErrorCode, RefusalBody};
use js_sys::{Array, Reflect};
use wasm_bindgen::{JsCast, JsValue};

use crate::{
    cdm::CdmError,
    i18n::{Locale, td_string},
    json::Json,
    problem::Problem,
    trouble::Trouble,
};

/// Why a film does not play.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum PlayError {
    /// The shop did not do its part.
    Shop(Problem),
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
            .and_then(|text| refusal(&Json::read(&text)?))
            .map_or(Self::LicenceService, Self::Refused)
    }
}

/// What ExpressPlay says where it refuses; none where it is not its word.
pub(crate) fn refusal(answer: &Json) -> Option<RefusalBody> {
    Some(RefusalBody {
        error_code: answer.member("errorCode")?.integer()?,
        error_message: answer
            .member("errorMessage")
            .and_then(|words| words.text())
            .unwrap_or_default(),
        ..RefusalBody::default()
    })
}

/// What a licence request that failed was answered with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct LicenseAnswer {
    /// The HTTP status; none where no answer came.
    pub(super) status: Option<u16>,
    /// ExpressPlay's code, where the answer is in its words.
    pub(super) code: Option<i32>,
    /// Whether its status was good, and it was no licence.
    pub(super) senseless: bool,
}

impl LicenseAnswer {
    /// The answer in an error that Shaka gave us; none where it is of no licence request.
    pub(super) fn read(error: &JsValue) -> Option<Self> {
        match number(error) {
            // What came was none, or so the CDM says: an answer all the same.
            code::LICENSE_RESPONSE_REJECTED => Some(Self {
                status: Some(200),
                code: None,
                senseless: true,
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
                    senseless: false,
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

impl From<Problem> for PlayError {
    fn from(problem: Problem) -> Self {
        Self::Shop(problem)
    }
}

impl PlayError {
    /// What the viewer reads of it.
    pub(crate) fn trouble(&self, locale: Locale) -> Trouble {
        let (what, next) = match self {
            Self::Shop(problem) => return Trouble::of(locale, problem),
            Self::Cdm(error) => return error.trouble(locale),
            Self::Refused(body) => return refused(locale, body),
            Self::Other(number) => {
                let what = td_string!(locale, playback.other, number = *number);
                return Trouble::new(what, td_string!(locale, playback.other_next));
            }
            Self::LicenceService => (
                td_string!(locale, playback.down),
                td_string!(locale, playback.nothing_lost),
            ),
            Self::NoLicence => (
                td_string!(locale, playback.no_licence),
                td_string!(locale, playback.nothing_lost),
            ),
            Self::NeedsPress => (
                td_string!(locale, playback.needs_press),
                td_string!(locale, playback.needs_press_next),
            ),
            Self::Unsupported => (
                td_string!(locale, playback.unsupported),
                td_string!(locale, playback.unsupported_next),
            ),
            Self::NoPlayer => (
                td_string!(locale, playback.no_player),
                td_string!(locale, playback.no_player_next),
            ),
            Self::NoMedia => (
                td_string!(locale, playback.no_media),
                td_string!(locale, playback.no_media_next),
            ),
        };
        Trouble::new(what, next)
    }
}

/// A refusal in ExpressPlay's own words: the answer's, or the code's where the answer has none.
fn refused(locale: Locale, body: &RefusalBody) -> Trouble {
    let words = match ErrorCode::from_number(body.error_code) {
        _ if !body.error_message.is_empty() => Some(body.error_message.as_str()),
        Some(code) => Some(code.text()),
        None => None,
    };
    let quoted = words.map(|words| words.trim_end_matches('.').to_owned());
    let words = match &quoted {
        Some(words) => words,
        None => td_string!(locale, playback.no_words),
    };
    let what = td_string!(locale, playback.refused, words);
    let next = match ErrorCode::from_number(body.error_code) {
        Some(ErrorCode::InsufficientTokens) => td_string!(locale, playback.no_credits_next),
        _ => td_string!(locale, playback.refused_next),
    };
    Trouble {
        code: Some(body.error_code),
        quoted,
        ..Trouble::new(what, next)
    }
}
