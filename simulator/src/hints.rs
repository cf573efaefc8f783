//! Hints: what smells in a call that ExpressPlay itself would pass over in silence.
//!
//! They change no answer. They stand in the journal, and in the test environment in a header of
//! the answer, [`HEADER`].

use expressplay::{
    Drm,
    parameter::{self, EVERY_CALL, Parameter},
    token_request::Form,
};
use http::{HeaderName, HeaderValue};
use jiff::{SignedDuration, Timestamp};

use crate::{Environment, journal::shown_name};

/// The header that carries one hint.
pub(crate) const HEADER: HeaderName = HeaderName::from_static("sim-hint");

/// A token is meant to be redeemed as soon as it is handed over; from here on it is remarked on.
const LONG: SignedDuration = SignedDuration::from_hours(24);
/// The most hints of a call: each is a header, and clients take a hundred or so.
const MOST: usize = 8;

/// What smells in the parameters of a token request.
pub(crate) fn of_token_request(drm: Drm, form: &Form) -> Vec<String> {
    let mut hints = of_names(form.names(), parameter::of_token(drm), |name| {
        format!("{name} is no parameter for {drm} and was ignored")
    });
    let moments = ["expirationTime", "rental.periodEndTime"];
    hints.extend(
        moments
            .into_iter()
            .filter(|name| had_a_plus(form, name))
            .map(|name| {
                format!("{name} starts with a space: send its + as %2B, or it arrives as a space")
            }),
    );
    hints.truncate(MOST);
    hints
}

/// What smells in the parameters of a call that has few of its own.
pub(crate) fn of_small_call<'n>(
    names: impl Iterator<Item = &'n str>,
    own: impl Iterator<Item = &'static Parameter> + Clone,
) -> Vec<String> {
    let there_are: Vec<_> = own.clone().map(|known| known.name).collect();
    let there_are = there_are.join(", ");
    let mut hints = of_names(names, EVERY_CALL.iter().chain(own), |name| {
        format!("{name} is no parameter of this call and was ignored; it takes {there_are}")
    });
    hints.truncate(MOST);
    hints
}

/// What smells in names: those that are none of a call's parameters.
fn of_names<'n>(
    names: impl Iterator<Item = &'n str>,
    known: impl Iterator<Item = &'static Parameter> + Clone,
    unlike_any: impl Fn(&str) -> String,
) -> Vec<String> {
    let mut hints: Vec<_> = names
        .filter(|name| !parameter::is_among(known.clone(), name))
        .take(4 * MOST)
        .map(|name| {
            let shown = shown_name(name);
            match meant(known.clone(), name) {
                Some(known) => format!("{shown} is no parameter and was ignored; {known} is one"),
                None => unlike_any(shown),
            }
        })
        .collect();
    hints.sort();
    hints.dedup();
    hints
}

/// What smells in a call at a host of another environment than its authenticator's.
pub(crate) fn of_a_stray(home: Environment) -> String {
    format!(
        "the customerAuthenticator is {home}'s, and the host is not: each environment has its own"
    )
}

/// What smells in a redemption.
pub(crate) fn of_redemption(made_at: Timestamp, now: Timestamp) -> Option<String> {
    let age = made_at.duration_until(now);
    (age > LONG).then(|| {
        format!(
            "the token was made {} hours before; make one when the viewer presses play",
            age.as_hours()
        )
    })
}

/// A hint as a header's value: what a header cannot hold is left out.
pub(crate) fn header_value(hint: &str) -> Option<HeaderValue> {
    let text: String = hint.chars().filter(|c| (' '..='~').contains(c)).collect();
    HeaderValue::from_str(&text).ok()
}

fn had_a_plus(form: &Form, name: &str) -> bool {
    form.get(name).is_some_and(|value| value.starts_with(' '))
}

/// The parameter that a wrong name was meant to be: the same but for case, or for a letter or two.
fn meant(
    known: impl Iterator<Item = &'static Parameter> + Clone,
    name: &str,
) -> Option<&'static str> {
    let (base, _) = name.rsplit_once('.').unwrap_or((name, ""));
    let known = known.map(|known| known.name);
    let candidates = || known.clone().filter(|known| *known != "deviceid");
    candidates()
        .find(|known| known.eq_ignore_ascii_case(name) || known.eq_ignore_ascii_case(base))
        .or_else(|| candidates().find(|known| known.len() > 4 && distance(known, name) <= 2))
}

/// How many letters must be put in, taken out or changed (Levenshtein, 1965).
fn distance(one: &str, other: &str) -> usize {
    if one.len().abs_diff(other.len()) > 2 {
        return usize::MAX;
    }
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (i, a) in one.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, b) in other.iter().enumerate() {
            let changed = diagonal + usize::from(a != *b);
            diagonal = row[j + 1];
            row[j + 1] = changed.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[other.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hints(pairs: &[(&str, &str)]) -> Vec<String> {
        let pairs = pairs
            .iter()
            .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()));
        of_token_request(Drm::Widevine, &pairs.collect())
    }

    #[test]
    fn a_name_that_is_nearly_right_is_told_which_is_right() {
        for (wrong, right) in [
            ("contentkey", "contentKey"),
            ("contentkey.3", "contentKey"),
            ("devceId", "deviceId"),
            ("experationTime", "expirationTime"),
            ("securitylevel", "securityLevel"),
        ] {
            let hint = hints(&[(wrong, "x")]).pop().unwrap();
            assert!(hint.ends_with(&format!("; {right} is one")), "{hint}");
        }
        let hint = hints(&[("theme", "dark")]).pop().unwrap();
        assert_eq!(hint, "theme is no parameter for wv and was ignored");
        assert!(
            hints(&[("rightsType", "Rental")])
                .pop()
                .unwrap()
                .contains("for wv")
        );
        assert!(hints(&[("deviceid", "x"), ("kid.12", "x"), ("cookie", "x")]).is_empty());
    }

    #[test]
    fn a_call_with_few_parameters_names_them_all() {
        let hint = |name, own: &'static [Parameter]| {
            let [hint] = &of_small_call([name].into_iter(), own.iter())[..] else {
                panic!("{name}");
            };
            hint.clone()
        };
        for (wrong, right, own) in [
            ("cooky", "cookie", parameter::RECORDS),
            ("Cookie", "cookie", parameter::RECORDS),
            ("cookie.0", "cookie", parameter::RECORDS),
            ("lenght", "length", parameter::RECORDS),
            ("startTim", "startTime", parameter::RECORDS_BY_TIME),
            ("KEK", "kek", parameter::KEY_STORAGE),
            ("errorformat", "errorFormat", parameter::RECORDS),
        ] {
            assert!(hint(wrong, own).ends_with(&format!("; {right} is one")));
        }
        assert_eq!(
            hint("eventid", parameter::RECORDS),
            "eventid is no parameter of this call and was ignored; it takes cookie, id, start, length"
        );
        let right = ["customerAuthenticator", "errorFormat", "id"].into_iter();
        assert!(of_small_call(right, parameter::RECORDS.iter()).is_empty());
    }

    #[test]
    fn hints_are_few_and_repeat_no_body() {
        let names: Vec<_> = (0..5000).map(|n| format!("x{n}")).collect();
        let pairs: Vec<_> = names.iter().map(|name| (name.as_str(), "")).collect();
        assert_eq!(hints(&pairs).len(), MOST);
        let body = r#"{"contentKey":"000102030405060708090a0b0c0d0e0f"}"#;
        let hint = hints(&[(body, "")]).pop().unwrap();
        assert!(hint.starts_with("[redacted] is no parameter"), "{hint}");
    }

    #[test]
    fn a_plus_that_became_a_space_is_seen() {
        let hint = hints(&[("expirationTime", " 60")]).pop().unwrap();
        assert!(hint.contains("%2B"), "{hint}");
        assert!(hints(&[("expirationTime", "+60")]).is_empty());
    }

    #[test]
    fn a_token_that_waited_long_is_remarked_on() {
        let at = |hours: i64| Timestamp::from_second(hours * 3600).unwrap();
        assert_eq!(of_redemption(at(0), at(24)), None);
        let hint = of_redemption(at(0), at(49)).unwrap();
        assert!(hint.contains("49 hours"), "{hint}");
    }

    #[test]
    fn a_header_holds_no_line_breaks() {
        let value = header_value("one\r\nSet-Cookie: two é").unwrap();
        assert_eq!(value, "oneSet-Cookie: two ");
    }
}
