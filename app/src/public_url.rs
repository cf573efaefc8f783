//! Where browsers find the shop.

use std::str::FromStr;

use http::{
    Uri,
    uri::{Authority, Scheme},
};

/// The shop's own origin, such as `https://films.example.com`: what a page's absolute addresses
/// begin with.
///
/// The server provides it through context, from its settings. A request's `Host` is no source:
/// whoever sends the request writes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicUrl(String);

impl PublicUrl {
    /// The address of a path, which begins with a slash.
    #[must_use]
    pub fn of(&self, path: &str) -> String {
        format!("{}{path}", self.0)
    }
}

impl FromStr for PublicUrl {
    type Err = NotAPublicUrl;

    fn from_str(text: &str) -> Result<Self, NotAPublicUrl> {
        let uri: Uri = text.parse().map_err(|_| NotAPublicUrl)?;
        let web = [Some(&Scheme::HTTP), Some(&Scheme::HTTPS)].contains(&uri.scheme());
        let bare = uri.path() == "/" && uri.query().is_none();
        match (uri.scheme_str(), uri.authority().map(Authority::as_str)) {
            (Some(scheme), Some(host)) if web && bare && !host.contains('@') => {
                Ok(Self(format!("{scheme}://{host}")))
            }
            _ => Err(NotAPublicUrl),
        }
    }
}

/// The text is not a [`PublicUrl`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "where browsers find the shop is http or https, a host, and no more: https://films.example.com"
)]
pub struct NotAPublicUrl;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_the_origin_and_a_path() {
        for text in ["https://films.example.com", "https://films.example.com/"] {
            let url: PublicUrl = text.parse().unwrap();
            assert_eq!(
                url.of("/title/tidewater"),
                "https://films.example.com/title/tidewater"
            );
        }
        let url: PublicUrl = "http://127.0.0.1:3000".parse().unwrap();
        assert_eq!(url.of("/"), "http://127.0.0.1:3000/");
    }

    #[test]
    fn what_is_more_or_less_than_an_origin_is_refused() {
        for text in [
            "",
            "/",
            "films.example.com",
            "ftp://films.example.com",
            "https://films.example.com/shop",
            "https://films.example.com/?x",
            "https://somebody@films.example.com",
            "https://films.example.com\"",
        ] {
            assert_eq!(text.parse::<PublicUrl>(), Err(NotAPublicUrl), "{text}");
        }
    }
}
