//! What makes guessing passwords slow, and making accounts by the thousand.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use jiff::{SignedDuration, Timestamp};
use simulator::Clock;
use tokio::sync::{Mutex as AsyncMutex, OwnedMutexGuard};
use uuid::Uuid;

/// So many wrong passwords are as many as an account takes …
pub(crate) const WRONG_PASSWORDS: usize = 5;
/// … and so many sign-ups the shop …
pub(crate) const SIGN_UPS: usize = 60;
/// … within so long.
const WITHIN: SignedDuration = SignedDuration::from_secs(60);
/// From here on, accounts that nobody is guessing at are forgotten.
const AT_ONCE: usize = 1024;

/// Attempts, counted for each guesser. In memory: a restart costs a minute's count, no more.
#[derive(Debug)]
pub(crate) struct Throttle {
    most: usize,
    guessers: Mutex<HashMap<Guesser, Arc<AsyncMutex<Attempts>>>>,
}

/// Whose guesses are counted together: the email's, in lower case, and the viewer's own device's.
type Guesser = (String, Option<Uuid>);

/// The times of those that count.
#[derive(Debug, Default)]
struct Attempts(Vec<Timestamp>);

impl Attempts {
    fn forget_old(&mut self, now: Timestamp) {
        self.0.retain(|at| at.duration_until(now).abs() < WITHIN);
    }
}

/// A guesser's turn. One at a time: attempts made at once count like others.
pub(crate) struct Turn {
    attempts: OwnedMutexGuard<Attempts>,
    now: Timestamp,
}

impl Turn {
    /// All is well: what was counted before is forgotten.
    pub(crate) fn ends_the_count(mut self) {
        self.attempts.0.clear();
    }

    /// One more.
    pub(crate) fn counts(mut self) {
        self.attempts.0.push(self.now);
    }
}

impl Throttle {
    /// One that lets through so many in a minute.
    pub(crate) fn of(most: usize) -> Self {
        Self {
            most,
            guessers: Mutex::default(),
        }
    }

    /// Waits for the guesser's turn; none where there were too many.
    pub(crate) async fn turn(
        &self,
        email: &str,
        own_device: Option<Uuid>,
        clock: &Clock,
    ) -> Option<Turn> {
        let attempts = self.attempts(email, own_device, clock.now());
        let mut attempts = attempts.lock_owned().await;
        let now = clock.now();
        attempts.forget_old(now);
        (attempts.0.len() < self.most).then_some(Turn { attempts, now })
    }

    fn attempts(
        &self,
        email: &str,
        own_device: Option<Uuid>,
        now: Timestamp,
    ) -> Arc<AsyncMutex<Attempts>> {
        let mut all = self.guessers.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= AT_ONCE {
            all.retain(|_, attempts| {
                if Arc::strong_count(attempts) > 1 {
                    return true;
                }
                let Ok(mut attempts) = attempts.try_lock() else {
                    return true;
                };
                attempts.forget_old(now);
                !attempts.0.is_empty()
            });
        }
        let guesser = (email.to_ascii_lowercase(), own_device);
        Arc::clone(all.entry(guesser).or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn guessers_that_do_not_guess_are_forgotten() {
        let (throttle, clock) = (Throttle::of(WRONG_PASSWORDS), Clock::default());
        let guessed = throttle.turn("guessed@example.com", None, &clock);
        guessed.await.unwrap().counts();
        for number in 0..2 * AT_ONCE {
            throttle.attempts(&format!("{number}@example.com"), None, clock.now());
        }
        let all = throttle.guessers.lock().unwrap();
        assert!(all.len() <= AT_ONCE + 1);
        assert!(all.contains_key(&("guessed@example.com".to_owned(), None)));
    }

    #[tokio::test]
    async fn a_right_password_ends_the_count() {
        let (throttle, clock) = (Throttle::of(WRONG_PASSWORDS), Clock::default());
        let turn = async || throttle.turn("a@example.com", None, &clock).await;
        for _ in 0..WRONG_PASSWORDS - 1 {
            turn().await.unwrap().counts();
        }
        turn().await.unwrap().ends_the_count();
        for _ in 0..WRONG_PASSWORDS {
            turn().await.unwrap().counts();
        }
        assert!(turn().await.is_none());
    }
}
