//! Argon2id hashes of passwords, a few at a time.

use std::sync::Arc;

use argon2::{Argon2, PasswordHash, PasswordHasher, PasswordVerifier, password_hash::SaltString};
use simulator::Entropy;
use tokio::sync::Semaphore;

use crate::error::Error;

/// Each hash takes 19 MiB and a core, so only a few are made at once.
const AT_ONCE: usize = 4;

/// Makes and checks hashes.
#[derive(Debug)]
pub(crate) struct Hashing {
    at_once: Arc<Semaphore>,
    entropy: Entropy,
}

impl Hashing {
    pub(crate) fn new(entropy: Entropy) -> Self {
        Self {
            at_once: Arc::new(Semaphore::new(AT_ONCE)),
            entropy,
        }
    }

    /// A password's hash, under a salt of its own.
    ///
    /// # Errors
    /// [`Error::PasswordHash`].
    pub(crate) async fn hash(&self, password: String) -> Result<String, Error> {
        let salt = SaltString::encode_b64(&self.entropy.bytes::<16>())?;
        let permit = Arc::clone(&self.at_once).acquire_owned().await;
        tokio::task::spawn_blocking(move || {
            let _permit = permit;
            Ok(Argon2::default()
                .hash_password(password.as_bytes(), &salt)?
                .to_string())
        })
        .await?
    }

    /// Whether a hash is a password's.
    ///
    /// # Errors
    /// [`Error::PasswordHash`] where it is no hash at all.
    pub(crate) async fn verify(&self, password: String, hash: String) -> Result<bool, Error> {
        let permit = Arc::clone(&self.at_once).acquire_owned().await;
        tokio::task::spawn_blocking(move || {
            let _permit = permit;
            let hash = PasswordHash::new(&hash)?;
            Ok(Argon2::default()
                .verify_password(password.as_bytes(), &hash)
                .is_ok())
        })
        .await?
    }
}
