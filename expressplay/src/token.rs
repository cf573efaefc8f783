//! A token, and the URLs that carry one (API sections 2 and 3).

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::{ErrorCode, Refusal, base64url};

/// The query parameter, and the header, that carries a token.
pub const TOKEN_PARAMETER: &str = "ExpressPlayToken";
/// The query parameter that carries a token of Marlin MS3's.
pub const MS3_PARAMETER: &str = "b";

/// A token as ExpressPlay makes it: base64url text, opaque to everybody else.
///
/// Whoever holds an unbound one can redeem it, so it does not print;
/// [`Token::reveal`] gives the text up.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(value_type = String, pattern = "^[A-Za-z0-9_-]+$"))]
pub struct Token(String);

impl Token {
    /// The most characters that this crate takes for a token. Real ones have 150 to 350; 64 keys
    /// with long names need more.
    pub const MAX_CHARS: usize = 32_768;

    /// The token's text.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// The SHA-256 of the token's text: the `ath` claim of a licence challenge (RFC 9449,
    /// section 4.2, has the same for access tokens).
    #[must_use]
    pub fn hash(&self) -> [u8; 32] {
        Sha256::digest(&self.0).into()
    }
}

impl FromStr for Token {
    type Err = Refusal;

    /// # Errors
    /// -4010 where the text cannot be a token.
    fn from_str(text: &str) -> Result<Self, Refusal> {
        if text.is_empty() {
            return Err(Refusal::missing(ErrorCode::InvalidToken, TOKEN_PARAMETER));
        }
        if text.len() > Self::MAX_CHARS || base64url::decode(text).is_none() {
            return Err(
                Refusal::wrong(ErrorCode::InvalidToken, TOKEN_PARAMETER, text)
                    .because("a token is base64url without padding"),
            );
        }
        Ok(Self(text.to_owned()))
    }
}

impl TryFrom<String> for Token {
    type Error = Refusal;

    fn try_from(text: String) -> Result<Self, Refusal> {
        text.parse()
    }
}

impl From<Token> for String {
    fn from(token: Token) -> Self {
        token.0
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token([redacted])")
    }
}

/// A token and the place that redeems it: `https://wv.{env}/hms/wv/rights/?ExpressPlayToken=…`, or
/// for Marlin MS3 `https://ms3.{env}:8443/hms/ms3/rights/?b=…`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenUrl {
    endpoint: String,
    parameter: &'static str,
    token: Token,
}

impl TokenUrl {
    /// A token URL from its two parts.
    ///
    /// # Errors
    /// [`NotATokenUrl`] where the endpoint is not an http or https URL without a query.
    pub fn new(endpoint: &str, token: Token) -> Result<Self, NotATokenUrl> {
        let web = endpoint.starts_with("https://") || endpoint.starts_with("http://");
        let plain = endpoint
            .bytes()
            .all(|b| b.is_ascii_graphic() && b != b'?' && b != b'#');
        if web && plain {
            Ok(Self {
                endpoint: endpoint.to_owned(),
                parameter: TOKEN_PARAMETER,
                token,
            })
        } else {
            Err(NotATokenUrl)
        }
    }

    /// A token URL of Marlin MS3's.
    ///
    /// # Errors
    /// As for [`TokenUrl::new`].
    pub fn of_ms3(endpoint: &str, token: Token) -> Result<Self, NotATokenUrl> {
        Ok(Self {
            parameter: MS3_PARAMETER,
            ..Self::new(endpoint, token)?
        })
    }

    /// Where the licence request goes, without the token.
    #[must_use]
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// The token.
    #[must_use]
    pub const fn token(&self) -> &Token {
        &self.token
    }

    /// The whole URL, token included.
    #[must_use]
    pub fn reveal(&self) -> String {
        let Self {
            endpoint,
            parameter,
            token,
        } = self;
        format!("{endpoint}?{parameter}={}", token.reveal())
    }
}

impl FromStr for TokenUrl {
    type Err = NotATokenUrl;

    fn from_str(text: &str) -> Result<Self, NotATokenUrl> {
        let (endpoint, query) = text.trim_end().split_once('?').ok_or(NotATokenUrl)?;
        let (parameter, token) = query.split_once('=').ok_or(NotATokenUrl)?;
        let token = token.parse().map_err(|_| NotATokenUrl)?;
        match parameter {
            TOKEN_PARAMETER => Self::new(endpoint, token),
            MS3_PARAMETER => Self::of_ms3(endpoint, token),
            _ => Err(NotATokenUrl),
        }
    }
}

/// The text is not a URL that carries a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a token URL is an http or https URL, ?ExpressPlayToken= (of MS3: ?b=) and base64url")]
pub struct NotATokenUrl;

/// PlayReady's answer to a token request: URL and token apart, in JSON (API section 2).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PlayReadyToken {
    /// Where the licence request goes.
    #[serde(rename = "licenseAcquisitionUrl")]
    pub license_acquisition_url: String,
    /// The token, which clients append as `?ExpressPlayToken=`.
    pub token: Token,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_url_comes_apart_and_goes_together() {
        let text = "https://wv.test.expressplay.com/hms/wv/rights/?ExpressPlayToken=BwAAAA";
        let url: TokenUrl = text.parse().unwrap();
        assert_eq!(
            url.endpoint(),
            "https://wv.test.expressplay.com/hms/wv/rights/"
        );
        assert_eq!(url.token().reveal(), "BwAAAA");
        assert_eq!(url.reveal(), text);
        assert!(!format!("{url:?}").contains("BwAAAA"));
    }

    #[test]
    fn what_is_no_token_url_is_refused() {
        for wrong in [
            "",
            "ftp://x/?ExpressPlayToken=BwAAAA",
            "https://x/?ExpressPlayToken=",
            "https://x/?a=b?ExpressPlayToken=BwAAAA",
            "https://x/?ExpressPlayToken=Bw==",
            "https://x/?ExpressPlayToken=BwAAB",
        ] {
            assert_eq!(wrong.parse::<TokenUrl>(), Err(NotATokenUrl), "{wrong}");
        }
    }
}
