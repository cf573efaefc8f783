//! Subtitles: one file of WebVTT for each title and language, under `public/subtitles`.

use crate::locale::{I18nLocaleTrait, Locale};

/// The cookie that keeps which a viewer reads: `en`, `sv`, or nothing.
pub const COOKIE: &str = "subtitles";

/// Where a title's subtitles are.
///
/// ```
/// use app::{i18n::Locale, watching::subtitles::path};
///
/// assert_eq!(path("tidewater", Locale::sv), "/subtitles/tidewater.sv.vtt");
/// ```
#[must_use]
pub fn path(slug: &str, language: Locale) -> String {
    format!("/subtitles/{slug}.{}.vtt", language.as_str())
}
