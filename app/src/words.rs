//! Times and amounts in words.

use jiff::Timestamp;

/// `1 day`, `2 days`.
#[must_use]
pub fn count(number: u32, one: &str) -> String {
    if number == 1 {
        format!("1 {one}")
    } else {
        format!("{number} {one}s")
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
pub fn day(at: Timestamp) -> String {
    at.strftime("%-d %B %Y").to_string()
}

/// A moment: `23 November 2026, 15:04 UTC`.
#[must_use]
pub fn moment(at: Timestamp) -> String {
    at.strftime("%-d %B %Y, %H:%M UTC").to_string()
}

/// What is left of a rental: `47 h 59 min`, `9 min`, `42 s`.
///
/// Rounded down, so that it never promises more than there is.
#[must_use]
pub fn time_left(milliseconds: u64) -> String {
    let seconds = milliseconds / 1000;
    match (seconds / 3600, seconds / 60 % 60, seconds % 60) {
        (0, 0, s) => format!("{s} s"),
        (0, m, _) => format!("{m} min"),
        (h, m, _) => format!("{h} h {m} min"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_singular() {
        assert_eq!(count(1, "day"), "1 day");
        assert_eq!(count(30, "day"), "30 days");
        assert_eq!(count(0, "hour"), "0 hours");
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
        assert_eq!(day(at), "3 November 2026");
        assert_eq!(moment(at), "3 November 2026, 09:04 UTC");
    }

    #[test]
    fn time_left_is_rounded_down() {
        assert_eq!(time_left(999), "0 s");
        assert_eq!(time_left(59_999), "59 s");
        assert_eq!(time_left(60_000), "1 min");
        assert_eq!(time_left(3_599_999), "59 min");
        assert_eq!(time_left(172_799_000), "47 h 59 min");
    }
}
