//! The time, as whoever runs the program wants it.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant, SystemTime},
};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// The latest time that a clock shows: beyond the year 9999 times cannot be written down.
const LATEST: Timestamp = Timestamp::constant(32_503_680_000, 0);

/// A clock that can be set, put forward and stopped. Clones share the same hands.
///
/// Tokens, rentals and records go by [`Clock::now`]. What guards against replay goes by
/// [`Clock::real`], which nobody can move. No clock goes beyond the year 3000, or before 1970.
#[derive(Debug, Clone, Default)]
pub struct Clock {
    hands: Arc<Mutex<Hands>>,
}

/// Where a clock's hands are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Hands {
    /// They move, so far ahead of the machine's time, or behind it.
    Running {
        /// How far.
        ahead: SignedDuration,
    },
    /// They stand still.
    Frozen {
        /// At this time.
        at: Timestamp,
    },
}

impl Default for Hands {
    fn default() -> Self {
        Self::Running {
            ahead: SignedDuration::ZERO,
        }
    }
}

impl Clock {
    /// A clock whose hands are there, or as near as a clock's can be.
    #[must_use]
    pub fn at(hands: Hands) -> Self {
        let clock = Self::default();
        clock.put(hands);
        clock
    }

    /// The time that this clock shows, in whole milliseconds, as databases keep it.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.shown(*self.lock())
    }

    /// The machine's own time, in whole milliseconds.
    #[must_use]
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place that reads the machine's clock"
    )]
    pub fn real(&self) -> Timestamp {
        let since_1970 = SystemTime::now()
            .duration_since(SystemTime::UNIX_EPOCH)
            .unwrap_or_default();
        let ms = i64::try_from(since_1970.as_millis()).unwrap_or(i64::MAX);
        Timestamp::from_millisecond(ms).unwrap_or(Timestamp::MAX)
    }

    /// A moment to measure from, whatever the hands do.
    #[must_use]
    #[expect(
        clippy::disallowed_methods,
        reason = "durations are measured, and nothing goes by them"
    )]
    pub fn monotonic(&self) -> Instant {
        Instant::now()
    }

    /// Where its hands are.
    #[must_use]
    pub fn hands(&self) -> Hands {
        *self.lock()
    }

    /// Puts the hands there, or as near as a clock's can be.
    pub(crate) fn put(&self, hands: Hands) {
        let real = self.real();
        *self.lock() = match hands {
            Hands::Frozen { at } => Hands::Frozen {
                at: at.clamp(Timestamp::UNIX_EPOCH, LATEST),
            },
            Hands::Running { ahead } => Hands::Running {
                ahead: ahead.clamp(
                    Timestamp::UNIX_EPOCH.duration_since(real),
                    LATEST.duration_since(real),
                ),
            },
        };
    }

    /// Puts the clock forward, as far as it goes.
    pub fn advance(&self, by: Duration) {
        let by = SignedDuration::try_from(by).unwrap_or(SignedDuration::MAX);
        let mut hands = self.lock();
        *hands = match *hands {
            Hands::Frozen { at } => Hands::Frozen {
                at: at.saturating_add(by).unwrap_or(LATEST).min(LATEST),
            },
            Hands::Running { ahead } => Hands::Running {
                ahead: ahead
                    .saturating_add(by)
                    .min(LATEST.duration_since(self.real())),
            },
        };
    }

    /// Sets the clock. One that runs goes on from there.
    pub fn set(&self, at: Timestamp) {
        let at = at.clamp(Timestamp::UNIX_EPOCH, LATEST);
        let mut hands = self.lock();
        *hands = match *hands {
            Hands::Frozen { .. } => Hands::Frozen { at },
            Hands::Running { .. } => Hands::Running {
                ahead: at.duration_since(self.real()),
            },
        };
    }

    /// Stops the hands.
    pub fn freeze(&self) {
        let mut hands = self.lock();
        *hands = Hands::Frozen {
            at: self.shown(*hands),
        };
    }

    /// Lets the hands run on from where they stand.
    pub fn resume(&self) {
        let mut hands = self.lock();
        if let Hands::Frozen { at } = *hands {
            *hands = Hands::Running {
                ahead: at.duration_since(self.real()),
            };
        }
    }

    fn shown(&self, hands: Hands) -> Timestamp {
        match hands {
            Hands::Frozen { at } => at,
            Hands::Running { ahead } => self
                .real()
                .saturating_add(ahead)
                .unwrap_or(LATEST)
                .min(LATEST),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Hands> {
        self.hands.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hour() -> Duration {
        Duration::from_secs(3600)
    }

    #[test]
    fn a_clock_put_forward_shows_it_to_all_who_share_it() {
        let clock = Clock::default();
        let other = clock.clone();
        clock.advance(hour());
        clock.advance(hour());
        let ahead = SignedDuration::from_hours(2);
        assert_eq!(other.hands(), Hands::Running { ahead });
        let before = other.real();
        assert!(other.now() >= before + ahead);
        clock.advance(Duration::MAX);
        clock.advance(hour());
        assert!(clock.now() <= LATEST);
    }

    #[test]
    fn a_clock_that_is_frozen_moves_by_hand_alone() {
        let clock = Clock::default();
        clock.freeze();
        let noon: Timestamp = "2030-06-01T12:00:00Z".parse().unwrap();
        clock.set(noon);
        assert_eq!(clock.now(), noon);
        clock.advance(hour());
        assert_eq!(clock.now().to_string(), "2030-06-01T13:00:00Z");
        clock.resume();
        assert!(matches!(clock.hands(), Hands::Running { .. }));
        assert!(clock.now() >= noon + SignedDuration::from_hours(1));
    }

    #[test]
    fn a_clock_can_be_set_back_but_not_beyond_where_times_begin() {
        let clock = Clock::default();
        clock.freeze();
        clock.set(Timestamp::MIN);
        assert_eq!(clock.now(), Timestamp::UNIX_EPOCH);
        clock.set(Timestamp::MAX);
        assert_eq!(clock.now(), LATEST);
        let ahead = SignedDuration::MIN;
        let clock = Clock::at(Hands::Running { ahead });
        assert!(clock.now() >= Timestamp::UNIX_EPOCH);
        let at = Timestamp::MAX;
        assert_eq!(Clock::at(Hands::Frozen { at }).now(), LATEST);
    }
}
