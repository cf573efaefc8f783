//! A refusal by ExpressPlay: a code, the parameter at fault, and a sentence that helps.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::ErrorCode;

/// Why ExpressPlay says no.
///
/// Prints as one line, for logs and error answers:
/// `the device id is not 32 hexadecimal digits: deviceId is 5 characters long`.
/// No detail may quote a secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct Refusal {
    /// The code.
    pub code: ErrorCode,
    /// What exactly was wrong; empty where the code's own text says it all.
    pub detail: String,
}

impl Refusal {
    /// A refusal with a code and a detail.
    #[must_use]
    pub fn new(code: ErrorCode, detail: impl Into<String>) -> Self {
        Self {
            code,
            detail: detail.into(),
        }
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
        if !self.detail.is_empty() {
            write!(f, ": {}", self.detail)?;
        }
        Ok(())
    }
}

/// A refusal as JSON: `{"errorCode": -2018, "errorMessage": "…"}` (API section 2, "HTTP
/// statuses"). The code is a plain number here: a client must understand a code it does not know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RefusalBody {
    /// The code's number.
    pub error_code: i32,
    /// What was wrong.
    #[serde(default)]
    pub error_message: String,
}

impl From<&Refusal> for RefusalBody {
    fn from(refusal: &Refusal) -> Self {
        Self {
            error_code: refusal.code.number(),
            error_message: refusal.to_string(),
        }
    }
}
