//! A place on this site, and nowhere else.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// A path on this site, query and fragment included: what a `next` parameter may say, and where a
/// redirect may lead.
///
/// It begins with one slash and holds printable ASCII without backslashes, so no browser can
/// read another host into it: not `//host`, not `/\host`, not a tab that a URL parser drops.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct LocalPath(String);

impl LocalPath {
    /// The most characters that a path may have.
    pub const MAX_CHARS: usize = 1024;

    /// The catalogue.
    #[must_use]
    pub fn home() -> Self {
        Self("/".to_owned())
    }

    /// The path as it stands in a `Location` header or an `href`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// A page that comes back here when it is done: `/signin?next=%2Fdevices`.
    #[cfg(feature = "ssr")]
    #[must_use]
    pub fn after(&self, page: &'static str) -> Self {
        let next: String = form_urlencoded::byte_serialize(self.0.as_bytes()).collect();
        Self(format!("{page}?next={next}"))
    }
}

impl FromStr for LocalPath {
    type Err = NotALocalPath;

    fn from_str(text: &str) -> Result<Self, NotALocalPath> {
        let printable = text.bytes().all(|b| b.is_ascii_graphic() && b != b'\\');
        let local = text.starts_with('/') && !text.starts_with("//");
        if local && printable && text.len() <= Self::MAX_CHARS {
            Ok(Self(text.to_owned()))
        } else {
            Err(NotALocalPath)
        }
    }
}

impl TryFrom<String> for LocalPath {
    type Error = NotALocalPath;

    fn try_from(text: String) -> Result<Self, NotALocalPath> {
        text.parse()
    }
}

impl From<LocalPath> for String {
    fn from(path: LocalPath) -> Self {
        path.0
    }
}

impl fmt::Display for LocalPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The text is not a [`LocalPath`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a path on this site begins with one slash and is printable ASCII without backslashes")]
pub struct NotALocalPath;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_on_this_site_is_kept_as_it_is() {
        for path in [
            "/",
            "/devices",
            "/checkout/tidewater/buy",
            "/watch/tidewater?play",
            "/a//b",
        ] {
            assert_eq!(path.parse::<LocalPath>().unwrap().as_str(), path);
        }
    }

    #[test]
    fn what_a_browser_could_take_to_another_host_is_refused() {
        let long = format!("/{}", "a".repeat(LocalPath::MAX_CHARS));
        for elsewhere in [
            "",
            "devices",
            "//evil.example",
            "///evil.example",
            "/\\evil.example",
            "\\\\evil.example",
            "/\t/evil.example",
            "/\n/evil.example",
            "\t//evil.example",
            " /devices",
            "/dev ices",
            "/\u{7f}",
            "/caf\u{e9}",
            "https://evil.example/",
            "javascript:alert(1)",
            long.as_str(),
        ] {
            assert_eq!(
                elsewhere.parse::<LocalPath>(),
                Err(NotALocalPath),
                "{elsewhere:?}"
            );
        }
    }

    #[cfg(feature = "ssr")]
    #[test]
    fn a_page_that_comes_back_names_the_place_escaped() {
        let path: LocalPath = "/watch/tidewater?play&x=1".parse().unwrap();
        assert_eq!(
            path.after("/signin").as_str(),
            "/signin?next=%2Fwatch%2Ftidewater%3Fplay%26x%3D1"
        );
    }
}
