//! Which language a viewer reads.
//!
//! The texts are in `app/locales`, a file for each language, and [`crate::i18n`] is made of them.
//! The server chooses for each request, and the page says which: that is where islands read it.

use crate::i18n::td_string;
pub use crate::i18n::{I18nLocaleTrait, Locale};

/// The cookie that keeps a viewer's own choice: `en` or `sv`.
pub const COOKIE: &str = "locale";

/// The language's tag for `lang` (BCP 47), such as `en-GB`.
#[must_use]
pub fn tag(locale: Locale) -> &'static str {
    td_string!(locale, language.tag)
}

/// The language of the page.
#[cfg(feature = "hydrate")]
#[must_use]
pub fn locale() -> Locale {
    let root = leptos::prelude::document().document_element();
    let tag = root.and_then(|html| html.get_attribute("lang"));
    let language = tag.as_deref().and_then(|tag| tag.split('-').next());
    language.and_then(|it| it.parse().ok()).unwrap_or_default()
}

#[cfg(all(feature = "ssr", not(feature = "hydrate")))]
pub use server::locale;

#[cfg(feature = "ssr")]
pub use server::asked_for;

#[cfg(feature = "ssr")]
mod server {
    use http::{
        HeaderMap, HeaderName,
        header::{ACCEPT_LANGUAGE, COOKIE},
        request::Parts,
    };
    use leptos::prelude::with_context;

    use super::{I18nLocaleTrait, Locale};

    /// The language of this request's answer.
    #[must_use]
    pub fn locale() -> Locale {
        with_context::<Parts, _>(|parts| asked_for(&parts.headers)).unwrap_or_default()
    }

    /// The language that a request asks for: by its cookie, else by `Accept-Language`, else English.
    #[must_use]
    pub fn asked_for(headers: &HeaderMap) -> Locale {
        chosen(headers).unwrap_or_else(|| Locale::find_locale(&accepted(headers)))
    }

    fn chosen(headers: &HeaderMap) -> Option<Locale> {
        words(headers, COOKIE, ';').find_map(|pair| match pair.split_once('=') {
            Some((super::COOKIE, value)) => value.parse().ok(),
            _ => None,
        })
    }

    /// The language ranges that a browser accepts, the best first (RFC 9110, section 12.5.4).
    fn accepted(headers: &HeaderMap) -> Vec<&str> {
        let mut ranges: Vec<_> = words(headers, ACCEPT_LANGUAGE, ',')
            .filter_map(weighed)
            .collect();
        ranges.sort_by(|(_, a), (_, b)| b.total_cmp(a));
        ranges.into_iter().map(|(range, _)| range).collect()
    }

    /// A range with its weight, 1 where it has none; none where it is not wanted at all.
    fn weighed(range: &str) -> Option<(&str, f32)> {
        let Some((range, weight)) = range.split_once(';') else {
            return Some((range, 1.0));
        };
        let weight = weight.trim().strip_prefix("q=")?.parse().ok()?;
        (weight > 0.0).then_some((range.trim_end(), weight))
    }

    fn words(headers: &HeaderMap, name: HeaderName, between: char) -> impl Iterator<Item = &str> {
        headers
            .get_all(name)
            .into_iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(move |value| value.split(between))
            .map(str::trim)
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        fn of(headers: &[(HeaderName, &str)]) -> Locale {
            let headers = headers
                .iter()
                .map(|(name, value)| (name.clone(), value.parse().unwrap()))
                .collect();
            asked_for(&headers)
        }

        fn accepting(languages: &str) -> Locale {
            of(&[(ACCEPT_LANGUAGE, languages)])
        }

        #[test]
        fn who_asks_for_nothing_reads_english() {
            assert_eq!(of(&[]), Locale::en);
            assert_eq!(accepting("*"), Locale::en);
            assert_eq!(accepting("de-DE, de;q=0.9"), Locale::en);
        }

        #[test]
        fn a_browser_is_answered_in_the_best_language_that_it_accepts() {
            assert_eq!(accepting("sv-SE,sv;q=0.9,en;q=0.8"), Locale::sv);
            assert_eq!(accepting("sv-FI"), Locale::sv);
            assert_eq!(accepting("en-US,en;q=0.9,sv;q=0.8"), Locale::en);
            assert_eq!(accepting("de, sv;q=0.5"), Locale::sv);
        }

        #[test]
        fn weight_goes_before_place() {
            assert_eq!(accepting("en;q=0.3, sv;q=0.7"), Locale::sv);
            assert_eq!(accepting("sv;q=0, en;q=0.1"), Locale::en);
            assert_eq!(accepting("sv;q=much, en;q=0.1"), Locale::en);
        }

        #[test]
        fn a_choice_goes_before_what_the_browser_accepts() {
            let chosen = |cookie| of(&[(COOKIE, cookie), (ACCEPT_LANGUAGE, "sv")]);
            assert_eq!(chosen("locale=en"), Locale::en);
            assert_eq!(chosen("a=b; locale=en"), Locale::en);
            assert_eq!(chosen("locale=klingon"), Locale::sv);
            assert_eq!(chosen("other_locale=en"), Locale::sv);
        }
    }
}
