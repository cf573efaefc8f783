//! The time, as whoever runs the program wants it.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::SystemTime,
};

use jiff::{SignedDuration, Timestamp};

/// A thousand years.
const MAX_AHEAD_MS: i64 = 1000 * 31_556_952_000;

/// A clock that can be put forward. Clones share the same hands.
///
/// Tokens, rentals and records go by [`Clock::now`]. What guards against replay goes by
/// [`Clock::real`], which nobody can move.
#[derive(Debug, Clone, Default)]
pub struct Clock {
    ahead_ms: Arc<AtomicI64>,
}

impl Clock {
    /// The time that this clock shows.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        let ahead = SignedDuration::from_millis(self.ahead_ms.load(Ordering::SeqCst));
        self.real().saturating_add(ahead).unwrap_or(Timestamp::MAX)
    }

    /// The machine's own time, in whole milliseconds, as databases keep it.
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

    /// How far this clock is ahead of the machine's, in milliseconds.
    #[must_use]
    pub fn ahead_ms(&self) -> i64 {
        self.ahead_ms.load(Ordering::SeqCst)
    }

    /// Puts the clock forward, by a thousand years at most altogether: times beyond the year 9999
    /// cannot be written down.
    pub fn advance(&self, by: std::time::Duration) {
        let ms = i64::try_from(by.as_millis()).unwrap_or(i64::MAX);
        let add = |ahead: i64| Some(ahead.saturating_add(ms).min(MAX_AHEAD_MS));
        // The closure always gives a value, so the update always happens.
        let _ = self
            .ahead_ms
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, add);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_clock_put_forward_shows_it_to_all_who_share_it() {
        let clock = Clock::default();
        let other = clock.clone();
        clock.advance(Duration::from_secs(3600));
        assert_eq!(other.ahead_ms(), 3_600_000);
        assert!(
            other.now()
                >= other
                    .real()
                    .saturating_add(SignedDuration::from_mins(59))
                    .unwrap()
        );
        clock.advance(Duration::MAX);
        assert_eq!(clock.ahead_ms(), MAX_AHEAD_MS);
        assert!(clock.now() < "9000-01-01T00:00:00Z".parse().unwrap());
    }
}
