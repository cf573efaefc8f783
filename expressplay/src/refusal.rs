//! A refusal by ExpressPlay: a code, the parameter at fault, what it got and what it takes.

use std::{borrow::Cow, fmt};

use serde::{Deserialize, Serialize};

use crate::{ErrorCode, parameter};

/// The most characters of a value that a refusal repeats.
const LONGEST_SHOWN: usize = 64;
/// What a parameter got that is not there.
const NOTHING: &str = "nothing";

/// Why ExpressPlay says no.
///
/// Prints as one line, for logs and error answers:
/// `the device id is not 32 hexadecimal digits: deviceId takes 32 hexadecimal digits, not all zero;
/// it got abc`. What a parameter takes comes from [`parameter`], so that it is said in one place.
/// A secret is never repeated: see [`Refusal::wrong`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct Refusal {
    /// The code.
    pub code: ErrorCode,
    /// What exactly was wrong; empty where code and parameter say it all.
    pub why: Cow<'static, str>,
    /// The parameter at fault, with its index, such as `kid.1`.
    pub parameter: Option<Cow<'static, str>>,
    /// What it got, as far as it may be shown.
    pub got: Option<String>,
    /// Whether the parameter had its right form all the same: then what it takes is left unsaid.
    pub well_formed: bool,
}

impl Refusal {
    /// A refusal with a code and a reason.
    #[must_use]
    pub fn new(code: ErrorCode, why: impl Into<Cow<'static, str>>) -> Self {
        Self {
            code,
            why: why.into(),
            parameter: None,
            got: None,
            well_formed: false,
        }
    }

    /// A refusal for a parameter that is not there.
    #[must_use]
    pub fn missing(code: ErrorCode, parameter: impl Into<Cow<'static, str>>) -> Self {
        Self {
            got: Some(NOTHING.to_owned()),
            ..Self::from(code).at(parameter)
        }
    }

    /// A refusal for what a parameter got. What may be a secret is not kept, only its length: see
    /// [`parameter::may_be_shown`].
    #[must_use]
    pub fn wrong(code: ErrorCode, parameter: impl Into<Cow<'static, str>>, value: &str) -> Self {
        let parameter = parameter.into();
        Self {
            got: Some(shown(&parameter, value)),
            ..Self::from(code).at(parameter)
        }
    }

    /// The same refusal, of that parameter.
    #[must_use]
    pub fn at(self, parameter: impl Into<Cow<'static, str>>) -> Self {
        Self {
            parameter: Some(parameter.into()),
            ..self
        }
    }

    /// The same refusal, with a reason.
    #[must_use]
    pub fn because(self, why: impl Into<Cow<'static, str>>) -> Self {
        Self {
            why: why.into(),
            ..self
        }
    }

    /// The same refusal, of what had its right form: to say what that is would lead astray.
    #[must_use]
    pub fn of_well_formed(self) -> Self {
        Self {
            well_formed: true,
            ..self
        }
    }

    /// What the parameter at fault takes, where it got something else.
    #[must_use]
    pub fn wants(&self) -> Option<&'static str> {
        if self.well_formed {
            return None;
        }
        parameter::takes_of(self.parameter.as_deref()?)
    }
}

/// A value as a refusal may repeat it.
fn shown(parameter: &str, value: &str) -> String {
    let chars = value.chars().count();
    if value.is_empty() {
        return "an empty value".to_owned();
    }
    if !parameter::may_be_shown(parameter, value) {
        let s = if chars == 1 { "" } else { "s" };
        return format!("[redacted] ({chars} character{s})");
    }
    let start: String = value
        .chars()
        .take(LONGEST_SHOWN)
        .map(|c| if c.is_control() { '\u{fffd}' } else { c })
        .collect();
    match chars > LONGEST_SHOWN {
        true => format!("{start}… ({chars} characters)"),
        false => start,
    }
}

impl From<ErrorCode> for Refusal {
    fn from(code: ErrorCode) -> Self {
        Self::new(code, "")
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code.text())?;
        let mut before = ": ";
        let mut part = |text: fmt::Arguments<'_>| {
            let written = write!(f, "{before}{text}");
            before = "; ";
            written
        };
        if !self.why.is_empty() {
            part(format_args!("{}", self.why))?;
        }
        let Some(name) = &self.parameter else {
            return Ok(());
        };
        let missing = self.got.as_deref() == Some(NOTHING);
        match (missing, self.wants()) {
            (true, None) => part(format_args!("{name} is missing"))?,
            (true, Some(takes)) => part(format_args!("{name} is missing and takes {takes}"))?,
            (false, Some(takes)) => part(format_args!("{name} takes {takes}"))?,
            (false, None) => {}
        }
        match &self.got {
            Some(got) if !missing => part(format_args!("it got {got}")),
            _ => Ok(()),
        }
    }
}

/// A refusal as JSON: `{"errorCode": -2018, "errorMessage": "…"}` (API section 2, "HTTP
/// statuses"), and what teaches: the parameter at fault, what it got, what it wants, and where that
/// is written. The code is a plain number here: a client must understand a code it does not know.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RefusalBody {
    /// The code's number.
    pub error_code: i32,
    /// What was wrong.
    #[serde(default)]
    pub error_message: String,
    /// The parameter at fault.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parameter: Option<String>,
    /// What it got; secrets are masked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub got: Option<String>,
    /// What it takes, where what it got has another form.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wants: Option<String>,
    /// Where to read on, a URL relative to the call's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub documentation: Option<String>,
}

impl From<&Refusal> for RefusalBody {
    fn from(refusal: &Refusal) -> Self {
        Self {
            error_code: refusal.code.number(),
            error_message: refusal.to_string(),
            parameter: refusal.parameter.as_deref().map(str::to_owned),
            got: refusal.got.clone(),
            wants: refusal.wants().map(str::to_owned),
            documentation: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_says_what_it_got_and_what_it_takes() {
        let refusal = Refusal::wrong(ErrorCode::DeviceIdLength, "deviceId", "abc");
        assert_eq!(
            refusal.to_string(),
            "the device id is not 32 hexadecimal digits: deviceId takes 32 hexadecimal digits, not \
             all zero; it got abc"
        );
        let missing = Refusal::missing(ErrorCode::FairPlayIv, "iv.1");
        assert!(
            missing
                .to_string()
                .ends_with(": iv.1 is missing and takes 32 hexadecimal digits"),
            "{missing}"
        );
        assert_eq!(missing.got.as_deref(), Some("nothing"));
    }

    #[test]
    fn a_refusal_of_what_was_well_formed_does_not_say_what_it_takes() {
        let refusal = Refusal::new(ErrorCode::DeviceNotAuthenticated, "it is another's")
            .at("challenge")
            .of_well_formed();
        assert_eq!(
            refusal.to_string(),
            format!("{}: it is another's", refusal.code.text())
        );
        assert_eq!(RefusalBody::from(&refusal).wants, None);
    }

    #[test]
    fn a_refusal_repeats_no_secret_and_no_book() {
        for name in ["contentKey", "contentKey.7", "kek", "userKey"] {
            let refusal = Refusal::wrong(ErrorCode::ContentKeyLength, name, "0011");
            assert_eq!(refusal.got.as_deref(), Some("[redacted] (4 characters)"));
            assert!(!refusal.to_string().contains("0011"), "{refusal}");
        }
        let stray = "200001,73696d756c61746f722d746573742d31";
        for name in ["cookie", "errorFormat", "kekk"] {
            let refusal = Refusal::wrong(ErrorCode::Cookie, name, stray);
            assert_eq!(refusal.got.as_deref(), Some("[redacted] (39 characters)"));
        }
        let long = "x".repeat(500);
        let refusal = Refusal::wrong(ErrorCode::ExpirationTime, "expirationTime", &long);
        assert!(refusal.to_string().len() < 300, "{refusal}");
        let lines = Refusal::wrong(ErrorCode::KidLength, "kid", "a\r\nb");
        assert_eq!(lines.got.as_deref(), Some("a\u{fffd}\u{fffd}b"));
    }
}
