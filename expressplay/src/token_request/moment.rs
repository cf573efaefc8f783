//! A time in a request: an instant, or so many seconds from now.

use std::fmt;

use jiff::{SignedDuration, Timestamp};

use crate::{ErrorCode, Refusal};

/// The longest that a token may live: 30 days, which is also what it lives by default.
pub const MAX_LIFETIME: SignedDuration = SignedDuration::from_hours(30 * 24);

/// RFC 3339 with `Z` on the wire, or `+` and seconds from the moment of issue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// An instant.
    At(Timestamp),
    /// So many seconds after the token is issued.
    In(u32),
}

impl Moment {
    /// The instant meant, if the token is issued now.
    #[must_use]
    pub fn resolve(self, now: Timestamp) -> Timestamp {
        match self {
            Self::At(instant) => instant,
            Self::In(seconds) => now
                .saturating_add(SignedDuration::from_secs(i64::from(seconds)))
                .unwrap_or(Timestamp::MAX),
        }
    }

    /// The instant at which a token ends.
    ///
    /// # Errors
    /// -2002 where it has passed, or is more than [`MAX_LIFETIME`] away.
    pub fn token_end(moment: Option<Self>, now: Timestamp) -> Result<Timestamp, Refusal> {
        let limit = now.saturating_add(MAX_LIFETIME).unwrap_or(Timestamp::MAX);
        let end = moment.map_or(limit, |moment| moment.resolve(now));
        let wrong = |why: &'static str| {
            let got = moment.as_ref().map(Self::to_string).unwrap_or_default();
            Err(Refusal::wrong(ErrorCode::ExpirationTime, "expirationTime", &got).because(why))
        };
        if end < now {
            wrong("that time has passed")
        } else if end > limit {
            wrong("that is over 30 days away")
        } else {
            Ok(end)
        }
    }

    /// Reads a time that a parameter got.
    ///
    /// # Errors
    /// The code, where it is none.
    pub fn read(text: &str, name: &'static str, code: ErrorCode) -> Result<Self, Refusal> {
        let wrong = |why: &'static str| Err(Refusal::wrong(code, name, text).because(why));
        if let Some(seconds) = text.strip_prefix('+') {
            return match super::number(seconds, 0..=u32::MAX) {
                Some(seconds) => Ok(Self::In(seconds)),
                None => wrong("what follows + is not a number of seconds"),
            };
        }
        if text.starts_with(' ') {
            return wrong("a raw + arrived as a space");
        }
        match text.parse() {
            Ok(instant) if is_rfc3339_utc(text) => Ok(Self::At(instant)),
            _ => wrong(""),
        }
    }
}

/// Whether the text is `YYYY-MM-DDTHH:MM:SS[.f]Z`; what jiff takes beyond that is not RFC 3339.
fn is_rfc3339_utc(text: &str) -> bool {
    let Some((whole, fraction)) = text.strip_suffix('Z').map(|t| t.split_at(t.len().min(19)))
    else {
        return false;
    };
    let shaped = whole.len() == 19
        && whole
            .bytes()
            .zip(b"dddd-dd-ddTdd:dd:dd")
            .all(|(byte, shape)| match shape {
                b'd' => byte.is_ascii_digit(),
                other => byte == *other,
            });
    let fraction_shaped = fraction.is_empty()
        || fraction
            .strip_prefix('.')
            .is_some_and(|f| !f.is_empty() && f.bytes().all(|b| b.is_ascii_digit()));
    shaped && fraction_shaped
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::At(instant) => write!(f, "{instant}"),
            Self::In(seconds) => write!(f, "+{seconds}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_rfc_3339_in_utc_or_seconds_from_now() {
        let read = |text| Moment::read(text, "expirationTime", ErrorCode::ExpirationTime);
        assert_eq!(read("+60").unwrap(), Moment::In(60));
        assert!(matches!(
            read("2026-01-02T03:04:05Z").unwrap(),
            Moment::At(_)
        ));
        assert!(matches!(
            read("2026-01-02T03:04:05.678Z").unwrap(),
            Moment::At(_)
        ));
        for wrong in [
            "",
            "60",
            "+",
            "+-1",
            "+1.5",
            " 60",
            "-60",
            "2026-01-02",
            "2026-01-02T03:04:05",
            "2026-01-02T03:04:05+01:00",
            "2026-01-02 03:04:05Z",
            "2026-13-02T03:04:05Z",
            "Z",
            "é",
            "2026-01-02T03:04:05.Z",
            "+99999999999",
        ] {
            assert_eq!(
                read(wrong).unwrap_err().code,
                ErrorCode::ExpirationTime,
                "{wrong}"
            );
        }
        assert!(
            read(" 60")
                .unwrap_err()
                .to_string()
                .contains("arrived as a space")
        );
    }

    #[test]
    fn a_token_lives_30_days_at_most_and_by_default() {
        let now: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
        let end = |moment| Moment::token_end(moment, now);
        assert_eq!(end(None).unwrap().to_string(), "2026-01-31T00:00:00Z");
        assert_eq!(
            end(Some(Moment::In(2_592_000))).unwrap().to_string(),
            "2026-01-31T00:00:00Z"
        );
        assert!(end(Some(Moment::In(2_592_001))).is_err());
        assert!(end(Some(Moment::In(0))).is_ok());
        let past = "2025-12-31T23:59:59Z".parse().unwrap();
        assert_eq!(
            end(Some(Moment::At(past))).unwrap_err().code,
            ErrorCode::ExpirationTime
        );
    }
}
