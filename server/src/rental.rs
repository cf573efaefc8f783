//! The terms of a rental, and where one stands at a given time.

use app::{
    model::{Rental, RentalTerms},
    problem::Problem,
};
use jiff::{SignedDuration, Timestamp};

/// The terms of every rental.
pub const TERMS: RentalTerms = RentalTerms {
    start_within_days: 30,
    play_hours: 48,
};

const SECOND: SignedDuration = SignedDuration::from_secs(1);

/// A rental's two dates: all that decides where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RentalPeriod {
    /// When it was ordered.
    pub ordered_at: Timestamp,
    /// When its first licence was issued, as ExpressPlay recorded it.
    pub started_at: Option<Timestamp>,
}

impl RentalPeriod {
    /// The last moment to start it.
    #[must_use]
    pub fn start_by(&self) -> Timestamp {
        later(
            self.ordered_at,
            SignedDuration::from_hours(24 * i64::from(TERMS.start_within_days)),
        )
    }

    /// When it ends, if it has started.
    #[must_use]
    pub fn ends_at(&self) -> Option<Timestamp> {
        self.started_at.map(|start| later(start, play_time()))
    }

    /// Where it stands.
    #[must_use]
    pub fn stands(&self, now: Timestamp) -> Rental {
        let (end, before_end) = match self.ends_at() {
            Some(ends_at) => (ends_at, Rental::Started { ends_at }),
            None => (
                self.start_by(),
                Rental::Waiting {
                    start_by: self.start_by(),
                },
            ),
        };
        if now < end {
            before_end
        } else {
            Rental::Over { ended_at: end }
        }
    }

    /// What may still be played, and for how long a token may wait to be redeemed.
    ///
    /// # Errors
    /// [`Problem::RentalOver`] or [`Problem::RentalNotStarted`].
    pub fn left(&self, now: Timestamp) -> Result<Left, Problem> {
        match self.ends_at() {
            // Tokens and licences count whole seconds, and none would be no limit at all.
            Some(end) if now.duration_until(end) >= SECOND => {
                let left = now.duration_until(end);
                Ok(Left {
                    play: left,
                    redeem: left,
                })
            }
            Some(_) => Err(Problem::RentalOver),
            None if now.duration_until(self.start_by()) >= SECOND => Ok(Left {
                play: play_time(),
                redeem: now.duration_until(self.start_by()),
            }),
            None => Err(Problem::RentalNotStarted),
        }
    }
}

/// What is left of a rental.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Left {
    /// How long it may be played.
    pub play: SignedDuration,
    /// How long a licence may still be asked for.
    pub redeem: SignedDuration,
}

fn play_time() -> SignedDuration {
    SignedDuration::from_hours(i64::from(TERMS.play_hours))
}

fn later(time: Timestamp, by: SignedDuration) -> Timestamp {
    time.saturating_add(by).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(number: i64) -> Timestamp {
        Timestamp::from_second(number * 86_400).unwrap()
    }

    #[test]
    fn a_rental_waits_thirty_days_and_not_a_moment_more() {
        let rental = RentalPeriod {
            ordered_at: day(0),
            started_at: None,
        };
        assert_eq!(
            rental.stands(day(29)),
            Rental::Waiting { start_by: day(30) }
        );
        assert_eq!(
            rental.left(day(29)).unwrap().play,
            SignedDuration::from_hours(48)
        );
        assert_eq!(
            rental.left(day(29)).unwrap().redeem,
            SignedDuration::from_hours(24)
        );
        assert_eq!(rental.stands(day(30)), Rental::Over { ended_at: day(30) });
        assert_eq!(rental.left(day(30)), Err(Problem::RentalNotStarted));
    }

    #[test]
    fn a_rental_lasts_two_days_once_started_even_past_its_start_window() {
        let rental = RentalPeriod {
            ordered_at: day(0),
            started_at: Some(day(29)),
        };
        assert_eq!(rental.stands(day(30)), Rental::Started { ends_at: day(31) });
        assert_eq!(
            rental.left(day(30)).unwrap().play,
            SignedDuration::from_hours(24)
        );
        assert_eq!(rental.stands(day(31)), Rental::Over { ended_at: day(31) });
        assert_eq!(rental.left(day(31)), Err(Problem::RentalOver));
        let last = day(31) - SignedDuration::from_millis(999);
        assert_eq!(rental.left(last), Err(Problem::RentalOver));
        let before = day(31) - SignedDuration::from_secs(1);
        assert!(rental.left(before).is_ok());
    }
}
