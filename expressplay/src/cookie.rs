//! The correlation cookie of device binding (seed step 1).

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::{ErrorCode, Refusal};

/// A correlation cookie: 1 to 32 characters, none of them a control character.
///
/// ExpressPlay carries it in a token and logs it, with the device_id, when the token is redeemed
/// (API section 2). It is not an HTTP cookie, though it may travel as one.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(value_type = String, min_length = 1, max_length = 32))]
pub struct Cookie(String);

impl Cookie {
    /// The most characters that a cookie may have.
    pub const MAX_CHARS: usize = 32;

    /// A cookie of 128 random bits, as 32 hexadecimal digits.
    #[must_use]
    pub fn from_random(bits: [u8; 16]) -> Self {
        Self(hex::encode(bits))
    }

    /// The cookie's text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Cookie {
    type Err = Refusal;

    /// # Errors
    /// -2033 where the text is empty, too long, or has control characters.
    fn from_str(text: &str) -> Result<Self, Refusal> {
        let fits = (1..=Self::MAX_CHARS).contains(&text.chars().count());
        if fits && !text.chars().any(char::is_control) {
            Ok(Self(text.to_owned()))
        } else {
            Err(Refusal::wrong(ErrorCode::Cookie, "cookie", text))
        }
    }
}

impl TryFrom<String> for Cookie {
    type Error = Refusal;

    fn try_from(text: String) -> Result<Self, Refusal> {
        text.parse()
    }
}

impl From<Cookie> for String {
    fn from(cookie: Cookie) -> Self {
        cookie.0
    }
}

impl fmt::Display for Cookie {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_has_1_to_32_characters_whatever_they_weigh() {
        assert!("å".repeat(32).parse::<Cookie>().is_ok());
        for wrong in ["", &"a".repeat(33), "a\nb"] {
            assert_eq!(wrong.parse::<Cookie>().unwrap_err().code, ErrorCode::Cookie);
        }
    }
}
