//! The compound URL that a token of Marlin MS3's comes in: where it is redeemed, and where the
//! content is (API section 2, "Marlin MS3").

use std::{fmt, str::FromStr};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use crate::{TokenUrl, token::NotATokenUrl, token_request::Ms3Scheme};

/// Everything but RFC 3986's unreserved characters.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// A licence URL, and behind a `#` the content's, percent-encoded:
/// `ms3://ms3.test.expressplay.com:8443/hms/ms3/rights/?b=…#https%3A%2F%2F…`.
#[derive(Clone, PartialEq, Eq)]
pub struct CompoundUrl {
    license: TokenUrl,
    scheme: Ms3Scheme,
    content_url: Option<String>,
}

impl CompoundUrl {
    /// A compound URL from its parts.
    #[must_use]
    pub const fn new(license: TokenUrl, scheme: Ms3Scheme, content_url: Option<String>) -> Self {
        Self {
            license,
            scheme,
            content_url,
        }
    }

    /// Where the token is redeemed, as http or https.
    #[must_use]
    pub const fn license(&self) -> &TokenUrl {
        &self.license
    }

    /// Where the content is, where the token request said so.
    #[must_use]
    pub fn content_url(&self) -> Option<&str> {
        self.content_url.as_deref()
    }

    /// The whole URL, token included.
    #[must_use]
    pub fn reveal(&self) -> String {
        let license = self.license.reveal();
        let license = match (self.scheme.name(), license.split_once("://")) {
            (Some(scheme), Some((_, rest))) => format!("{scheme}://{rest}"),
            _ => license,
        };
        match &self.content_url {
            Some(content) => format!("{license}#{}", percent_encoded(content)),
            None => license,
        }
    }
}

impl Ms3Scheme {
    const fn name(self) -> Option<&'static str> {
        match self {
            Self::Web => None,
            Self::Ms3 => Some("ms3"),
            Self::Ms3hs => Some("ms3hs"),
        }
    }
}

impl FromStr for CompoundUrl {
    type Err = NotATokenUrl;

    /// `ms3` and `ms3hs` stand for https.
    fn from_str(text: &str) -> Result<Self, NotATokenUrl> {
        let (license, content) = match text.trim_end().split_once('#') {
            Some((license, content)) => (license, Some(content)),
            None => (text, None),
        };
        let (scheme, license) = if let Some(rest) = license.strip_prefix("ms3://") {
            (Ms3Scheme::Ms3, format!("https://{rest}"))
        } else if let Some(rest) = license.strip_prefix("ms3hs://") {
            (Ms3Scheme::Ms3hs, format!("https://{rest}"))
        } else {
            (Ms3Scheme::Web, license.to_owned())
        };
        let content_url = content.map(|content| percent_decode_str(content).decode_utf8());
        Ok(Self {
            license: license.parse()?,
            scheme,
            content_url: content_url
                .transpose()
                .map_err(|_| NotATokenUrl)?
                .map(String::from),
        })
    }
}

impl fmt::Debug for CompoundUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CompoundUrl")
            .field("license", &self.license)
            .field("scheme", &self.scheme)
            .field("content_url", &self.content_url)
            .finish()
    }
}

/// A text as one part of a URL.
pub(crate) fn percent_encoded(text: &str) -> String {
    utf8_percent_encode(text, RESERVED).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_compound_url_comes_apart_and_goes_together() {
        for (scheme, text) in [
            (Ms3Scheme::Web, "https"),
            (Ms3Scheme::Ms3, "ms3"),
            (Ms3Scheme::Ms3hs, "ms3hs"),
        ] {
            let text = format!(
                "{text}://ms3.test.expressplay.com:8443/hms/ms3/rights/?b=BwAAAA\
                 #https%3A%2F%2Fcdn.example.org%2Fa%20film.mpd%3Fx%3D1"
            );
            let url: CompoundUrl = text.parse().unwrap();
            assert_eq!(url.scheme, scheme);
            assert_eq!(url.license().token().reveal(), "BwAAAA");
            assert!(url.license().endpoint().starts_with("https://ms3.test."));
            assert_eq!(
                url.content_url(),
                Some("https://cdn.example.org/a film.mpd?x=1")
            );
            assert_eq!(url.reveal(), text);
            assert!(!format!("{url:?}").contains("BwAAAA"));
        }
    }

    #[test]
    fn a_content_url_can_be_missing_but_not_nonsense() {
        let url: CompoundUrl = "https://x/?b=BwAAAA".parse().unwrap();
        assert_eq!(url.content_url(), None);
        assert!("https://x/?b=BwAAAA#%ff".parse::<CompoundUrl>().is_err());
        assert!("ms3hs://x/?c=BwAAAA".parse::<CompoundUrl>().is_err());
    }
}
