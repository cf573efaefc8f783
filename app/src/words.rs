//! Times and amounts in words.

use jiff::Timestamp;

use crate::{
    i18n::{Locale, td_string},
    model::Price,
};

/// A price: `€4.99`; in Swedish `4,99 €`, which no line breaks.
#[must_use]
pub fn price(locale: Locale, price: Price) -> String {
    let (euros, cents) = (price.0 / 100, format!("{:02}", price.0 % 100));
    td_string!(locale, words.price, euros, cents)
}

/// `1 day`, `2 days`.
#[must_use]
pub fn days(locale: Locale, count: u32) -> String {
    match count {
        1 => td_string!(locale, words.a_day).to_owned(),
        _ => td_string!(locale, words.days, count),
    }
}

/// `1 hour`, `2 hours`.
#[must_use]
pub fn hours(locale: Locale, count: u32) -> String {
    match count {
        1 => td_string!(locale, words.an_hour).to_owned(),
        _ => td_string!(locale, words.hours, count),
    }
}

/// A title's length: `0:42`, `1:05`.
#[must_use]
pub fn running_time(seconds: u32) -> String {
    format!("{}:{:02}", seconds / 60, seconds % 60)
}

/// A title's length for a screen reader and for `<time datetime>`: `PT42S`.
#[must_use]
pub fn iso_duration(seconds: u32) -> String {
    format!("PT{seconds}S")
}

/// A day: `23 November 2026`.
#[must_use]
pub fn day(locale: Locale, at: Timestamp) -> String {
    let month = match at.strftime("%m").to_string().as_str() {
        "01" => td_string!(locale, words.month.january),
        "02" => td_string!(locale, words.month.february),
        "03" => td_string!(locale, words.month.march),
        "04" => td_string!(locale, words.month.april),
        "05" => td_string!(locale, words.month.may),
        "06" => td_string!(locale, words.month.june),
        "07" => td_string!(locale, words.month.july),
        "08" => td_string!(locale, words.month.august),
        "09" => td_string!(locale, words.month.september),
        "10" => td_string!(locale, words.month.october),
        "11" => td_string!(locale, words.month.november),
        _ => td_string!(locale, words.month.december),
    };
    let (day, year) = (
        at.strftime("%-d").to_string(),
        at.strftime("%Y").to_string(),
    );
    td_string!(locale, words.date, day, month, year)
}

/// A moment: `23 November 2026, 15:04 UTC`.
#[must_use]
pub fn moment(locale: Locale, at: Timestamp) -> String {
    let (date, time) = (day(locale, at), at.strftime("%H:%M").to_string());
    td_string!(locale, words.moment, date, time)
}

/// What is left of a rental: `47 h 59 min`, `9 min`, `42 s`.
///
/// Rounded down, so that it never promises more than there is.
#[must_use]
pub fn time_left(locale: Locale, milliseconds: u64) -> String {
    let seconds = milliseconds / 1000;
    match (seconds / 3600, seconds / 60 % 60, seconds % 60) {
        (0, 0, seconds) => td_string!(locale, words.left_seconds, seconds),
        (0, minutes, _) => td_string!(locale, words.left_minutes, minutes),
        (hours, minutes, _) => td_string!(locale, words.left_hours, hours, minutes),
    }
}

/// A time to the second, the same in every language: `0:01:42`, `29 d 23:59:12`.
#[must_use]
pub fn clock_time(seconds: u64) -> String {
    let (days, rest) = (seconds / 86_400, seconds % 86_400);
    let (hours, minutes, seconds) = (rest / 3600, rest / 60 % 60, rest % 60);
    match days {
        0 => format!("{hours}:{minutes:02}:{seconds:02}"),
        _ => format!("{days} d {hours}:{minutes:02}:{seconds:02}"),
    }
}

#[cfg(test)]
mod tests {
    use Locale::{en, sv};

    use super::*;

    #[test]
    fn one_is_singular() {
        assert_eq!(days(en, 1), "1 day");
        assert_eq!(days(en, 30), "30 days");
        assert_eq!(hours(en, 0), "0 hours");
        assert_eq!(days(sv, 1), "1 dag");
        assert_eq!(days(sv, 30), "30 dagar");
        assert_eq!(hours(sv, 1), "1 timme");
        assert_eq!(hours(sv, 48), "48 timmar");
    }

    #[test]
    fn a_price_stands_as_the_language_writes_it() {
        assert_eq!(price(en, Price(499)), "€4.99");
        assert_eq!(price(en, Price(1205)), "€12.05");
        assert_eq!(price(sv, Price(499)), "4,99\u{a0}€");
        assert_eq!(price(sv, Price(1205)), "12,05\u{a0}€");
    }

    #[test]
    fn a_running_time_has_two_digits_of_seconds() {
        assert_eq!(running_time(42), "0:42");
        assert_eq!(running_time(65), "1:05");
        assert_eq!(iso_duration(65), "PT65S");
    }

    #[test]
    fn a_moment_names_its_zone() {
        let at: Timestamp = "2026-11-03T09:04:59Z".parse().unwrap();
        assert_eq!(day(en, at), "3 November 2026");
        assert_eq!(moment(en, at), "3 November 2026, 09:04 UTC");
        assert_eq!(day(sv, at), "3 november 2026");
        assert_eq!(moment(sv, at), "3 november 2026 kl. 09:04 UTC");
    }

    #[test]
    fn every_month_has_its_own_name() {
        let named = |locale, month| {
            let at: Timestamp = format!("2026-{month:02}-01T00:00:00Z").parse().unwrap();
            day(locale, at)
        };
        for month in 1..=12 {
            let at: Timestamp = format!("2026-{month:02}-01T00:00:00Z").parse().unwrap();
            assert_eq!(named(en, month), at.strftime("%-d %B %Y").to_string());
        }
        let swedish: Vec<_> = (1..=12).map(|month| named(sv, month)).collect();
        assert_eq!(swedish[0], "1 januari 2026");
        assert_eq!(swedish[4], "1 maj 2026");
        assert_eq!(swedish[11], "1 december 2026");
    }

    #[test]
    fn a_clock_time_has_days_only_where_there_are_any() {
        assert_eq!(clock_time(102), "0:01:42");
        assert_eq!(clock_time(86_399), "23:59:59");
        assert_eq!(clock_time(86_400 + 3_661), "1 d 1:01:01");
    }

    #[test]
    fn time_left_is_rounded_down() {
        assert_eq!(time_left(en, 999), "0 s");
        assert_eq!(time_left(en, 59_999), "59 s");
        assert_eq!(time_left(en, 60_000), "1 min");
        assert_eq!(time_left(en, 3_599_999), "59 min");
        assert_eq!(time_left(en, 172_799_000), "47 h 59 min");
        assert_eq!(time_left(sv, 172_799_000), "47 tim 59 min");
    }
}
