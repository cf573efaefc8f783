//! Randomness, from a generator that whoever runs the program chooses.

use std::sync::{Arc, Mutex, PoisonError};

use rand::{RngCore, SeedableRng, rngs::StdRng};
use sha2::{Digest, Sha256};

/// A source of random bytes. Clones share the same generator.
#[derive(Debug, Clone)]
pub struct Entropy {
    rng: Arc<Mutex<StdRng>>,
}

impl Entropy {
    /// Seeded by the operating system: for keys and tokens.
    #[must_use]
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place that asks the system; everybody else is given an Entropy"
    )]
    pub fn from_os() -> Self {
        Self {
            rng: Arc::new(Mutex::new(StdRng::from_os_rng())),
        }
    }

    /// Seeded by a number: for tests that must come out the same each time.
    #[must_use]
    pub fn seeded(seed: u64) -> Self {
        Self {
            rng: Arc::new(Mutex::new(StdRng::seed_from_u64(seed))),
        }
    }

    /// Seeded by a number and a name: the same for the same two.
    #[must_use]
    pub fn named(seed: u64, name: &str) -> Self {
        let hash = Sha256::new()
            .chain_update(seed.to_be_bytes())
            .chain_update(name)
            .finalize();
        Self {
            rng: Arc::new(Mutex::new(StdRng::from_seed(hash.into()))),
        }
    }

    /// By a seed and a name where there is a seed, else by the operating system.
    pub(crate) fn of(seed: Option<u64>, name: &str) -> Self {
        seed.map_or_else(Self::from_os, |seed| Self::named(seed, name))
    }

    /// Goes on as another would from now on.
    pub(crate) fn start_as(&self, other: &Self) {
        let rng = other
            .rng
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        *self.rng.lock().unwrap_or_else(PoisonError::into_inner) = rng;
    }

    /// `N` random bytes.
    #[must_use]
    pub fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.rng
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .fill_bytes(&mut bytes);
        bytes
    }

    /// A random UUID (version 4).
    #[must_use]
    pub fn uuid(&self) -> uuid::Uuid {
        uuid::Builder::from_random_bytes(self.bytes()).into_uuid()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_fixes_what_comes_and_the_system_does_not() {
        assert_eq!(
            Entropy::seeded(7).bytes::<16>(),
            Entropy::seeded(7).bytes::<16>()
        );
        assert_ne!(
            Entropy::from_os().bytes::<16>(),
            Entropy::from_os().bytes::<16>()
        );
    }
}
