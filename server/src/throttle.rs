//! What makes guessing passwords slow.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use app::problem::Problem;
use jiff::{SignedDuration, Timestamp};
use simulator::Clock;
use tokio::sync::{Mutex as AsyncMutex, OwnedMutexGuard};
use uuid::Uuid;

/// So many wrong passwords …
pub(crate) const WRONG_PASSWORDS: usize = 5;
/// … within so long are as many as an account takes.
const WITHIN: SignedDuration = SignedDuration::from_secs(60);
/// From here on, accounts that nobody is guessing at are forgotten.
const AT_ONCE: usize = 1024;

/// Wrong passwords, counted for each guesser. In memory: a restart costs a minute's count, no more.
#[derive(Debug, Default)]
pub(crate) struct Throttle {
    guessers: Mutex<HashMap<Guesser, Arc<AsyncMutex<Attempts>>>>,
}

/// Whose guesses are counted together: the email's, in lower case, and the viewer's own device's.
type Guesser = (String, Option<Uuid>);

/// The times of wrong passwords.
#[derive(Debug, Default)]
struct Attempts(Vec<Timestamp>);

impl Attempts {
    fn forget_old(&mut self, now: Timestamp) {
        self.0.retain(|at| at.duration_until(now).abs() < WITHIN);
    }
}

/// A guesser's turn to try a password. One at a time: guesses made at once count like others.
pub(crate) struct Turn {
    attempts: OwnedMutexGuard<Attempts>,
    now: Timestamp,
}

impl Turn {
    /// The password was right.
    pub(crate) fn was_right(mut self) {
        self.attempts.0.clear();
    }

    /// The password was wrong.
    pub(crate) fn was_wrong(mut self) {
        self.attempts.0.push(self.now);
    }
}

impl Throttle {
    /// Waits for the guesser's turn.
    ///
    /// # Errors
    /// [`Problem::TooManyAttempts`].
    pub(crate) async fn turn(
        &self,
        email: &str,
        own_device: Option<Uuid>,
        clock: &Clock,
    ) -> Result<Turn, Problem> {
        let attempts = self.of(email, own_device, clock.now());
        let mut attempts = attempts.lock_owned().await;
        let now = clock.now();
        attempts.forget_old(now);
        if attempts.0.len() >= WRONG_PASSWORDS {
            return Err(Problem::TooManyAttempts);
        }
        Ok(Turn { attempts, now })
    }

    fn of(
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
        let (throttle, clock) = (Throttle::default(), Clock::default());
        let guessed = throttle.turn("guessed@example.com", None, &clock);
        guessed.await.unwrap().was_wrong();
        for number in 0..2 * AT_ONCE {
            throttle.of(&format!("{number}@example.com"), None, clock.now());
        }
        let all = throttle.guessers.lock().unwrap();
        assert!(all.len() <= AT_ONCE + 1);
        assert!(all.contains_key(&("guessed@example.com".to_owned(), None)));
    }

    #[tokio::test]
    async fn a_right_password_ends_the_count() {
        let (throttle, clock) = (Throttle::default(), Clock::default());
        let turn = async || throttle.turn("a@example.com", None, &clock).await;
        for _ in 0..WRONG_PASSWORDS - 1 {
            turn().await.unwrap().was_wrong();
        }
        turn().await.unwrap().was_right();
        for _ in 0..WRONG_PASSWORDS {
            turn().await.unwrap().was_wrong();
        }
        assert!(matches!(turn().await, Err(Problem::TooManyAttempts)));
    }
}
