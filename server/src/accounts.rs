//! Viewers' accounts: passwords are kept as Argon2id hashes, and guessing them is slow.

use std::sync::Arc;

use app::{model::Viewer, problem::Problem};
use argon2::{Argon2, PasswordHash, PasswordHasher, PasswordVerifier, password_hash::SaltString};
use simulator::{Clock, Entropy};
use sqlx::SqlitePool;
use tokio::sync::Semaphore;
use uuid::Uuid;

use crate::{database::parsed, error::Error, throttle::Throttle};

/// No password is longer, so that hashing cannot be made to take long.
const LONGEST_PASSWORD: usize = 256;
/// Each hash takes 19 MiB and a core, so only a few are made at once.
const HASHES_AT_ONCE: usize = 4;
/// The accounts, and what guards them.
#[derive(Debug)]
pub struct Accounts {
    db: SqlitePool,
    clock: Clock,
    entropy: Entropy,
    hashing: Arc<Semaphore>,
    /// What an unknown email's password is compared with, so that the answer takes as long.
    nobodys_hash: String,
    throttle: Throttle,
    demo_viewers: bool,
}

/// An account, as far as others need it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Its number.
    pub id: Uuid,
    /// What the pages show.
    pub viewer: Viewer,
}

#[derive(sqlx::FromRow)]
struct AccountRow {
    id: String,
    email: String,
    name: String,
    password_hash: String,
    demo: bool,
}

impl AccountRow {
    fn account(self) -> Result<Account, Error> {
        let id = parsed(&self.id, "viewer's id")?;
        Ok(Account {
            id,
            viewer: Viewer {
                email: self.email,
                name: self.name,
            },
        })
    }
}

impl Accounts {
    /// The accounts in a database. Demo viewers among them, left by an earlier start, are nobody
    /// unless they are allowed now.
    ///
    /// # Errors
    /// [`Error::PasswordHash`] where hashing does not work at all.
    pub async fn new(
        db: SqlitePool,
        clock: Clock,
        entropy: Entropy,
        demo_viewers: bool,
    ) -> Result<Self, Error> {
        let hashing = Arc::new(Semaphore::new(HASHES_AT_ONCE));
        let nobodys_hash = hash(&hashing, &entropy, "nobody's password".to_owned()).await?;
        let throttle = Throttle::default();
        Ok(Self {
            db,
            clock,
            entropy,
            hashing,
            nobodys_hash,
            throttle,
            demo_viewers,
        })
    }

    /// Makes an account; false where there is one with that email already, which stays as it is.
    ///
    /// # Errors
    /// [`Error::Settings`] for an email or a password that can be none; [`Error::PasswordHash`] or
    /// [`Error::Database`].
    pub async fn add(&self, email: &str, name: &str, password: &str) -> Result<bool, Error> {
        self.add_as(email, name, password, false).await
    }

    /// Makes a demo viewer's account, like [`Self::add`].
    ///
    /// # Errors
    /// See [`Self::add`].
    pub async fn add_demo(&self, email: &str, name: &str, password: &str) -> Result<bool, Error> {
        self.add_as(email, name, password, true).await
    }

    async fn add_as(
        &self,
        email: &str,
        name: &str,
        password: &str,
        demo: bool,
    ) -> Result<bool, Error> {
        if email.len() > LONGEST_PASSWORD || !email.contains('@') {
            return Err(Error::Settings("that is not an email address".to_owned()));
        }
        if password.is_empty() || password.len() > LONGEST_PASSWORD {
            let rule = format!("a password takes 1 to {LONGEST_PASSWORD} bytes");
            return Err(Error::Settings(rule));
        }
        let known = sqlx::query("select 1 from viewers where email = ?")
            .bind(email)
            .fetch_optional(&self.db)
            .await?;
        if known.is_some() {
            return Ok(false);
        }
        let password_hash = hash(&self.hashing, &self.entropy, password.to_owned()).await?;
        let added = sqlx::query(
            "insert into viewers (id, email, name, password_hash, created_at, demo)
             values (?, ?, ?, ?, ?, ?)
             on conflict (email) do nothing",
        )
        .bind(self.entropy.uuid().to_string())
        .bind(email)
        .bind(name)
        .bind(password_hash)
        .bind(self.clock.now().as_millisecond())
        .bind(demo)
        .execute(&self.db)
        .await?;
        Ok(added.rows_affected() == 1)
    }

    /// The account of that number.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub async fn find(&self, id: Uuid) -> Result<Option<Account>, Error> {
        let row: Option<AccountRow> =
            sqlx::query_as("select id, email, name, password_hash, demo from viewers where id = ?")
                .bind(id.to_string())
                .fetch_optional(&self.db)
                .await?;
        row.filter(|row| self.admits(row))
            .map(AccountRow::account)
            .transpose()
    }

    /// The demo viewer with that email, where there may be one.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub async fn demo_viewer(&self, email: &str) -> Result<Option<Account>, Error> {
        let row: Option<AccountRow> = sqlx::query_as(
            "select id, email, name, password_hash, demo from viewers where email = ? and demo = 1",
        )
        .bind(email)
        .fetch_optional(&self.db)
        .await?;
        row.filter(|row| self.admits(row))
            .map(AccountRow::account)
            .transpose()
    }

    /// The number of the account with that email.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub async fn number_of(&self, email: &str) -> Result<Option<Uuid>, Error> {
        let row: Option<(String,)> = sqlx::query_as("select id from viewers where email = ?")
            .bind(email)
            .fetch_optional(&self.db)
            .await?;
        row.map(|(id,)| parsed(&id, "viewer's id")).transpose()
    }

    /// The account that email and password belong to.
    ///
    /// Takes as long for an email that nobody has. After five wrong passwords within a minute an
    /// account takes none, not even the right one, until the first of them is a minute old. Each
    /// of the viewer's own devices is counted by itself, so that strangers who guess cannot lock
    /// the viewer out (OWASP's "device cookies").
    ///
    /// # Errors
    /// [`Problem::WrongPassword`] or [`Problem::TooManyAttempts`].
    pub async fn sign_in(
        &self,
        email: &str,
        password: &str,
        own_device: Option<Uuid>,
    ) -> Result<Account, Error> {
        if password.len() > LONGEST_PASSWORD || email.len() > LONGEST_PASSWORD {
            return Err(Problem::WrongPassword.into());
        }
        let turn = self.throttle.turn(email, own_device, &self.clock).await?;
        let row: Option<AccountRow> = sqlx::query_as(
            "select id, email, name, password_hash, demo from viewers where email = ?",
        )
        .bind(email)
        .fetch_optional(&self.db)
        .await?;
        let row = row.filter(|row| self.admits(row));
        let hash = row
            .as_ref()
            .map_or(&self.nobodys_hash, |row| &row.password_hash);
        let right = verify(&self.hashing, password.to_owned(), hash.clone()).await?;
        match row {
            Some(row) if right => {
                turn.was_right();
                row.account()
            }
            _ => {
                turn.was_wrong();
                Err(Problem::WrongPassword.into())
            }
        }
    }

    const fn admits(&self, row: &AccountRow) -> bool {
        self.demo_viewers || !row.demo
    }
}

async fn hash(
    hashing: &Arc<Semaphore>,
    entropy: &Entropy,
    password: String,
) -> Result<String, Error> {
    let salt = SaltString::encode_b64(&entropy.bytes::<16>())?;
    let permit = Arc::clone(hashing).acquire_owned().await;
    tokio::task::spawn_blocking(move || {
        let _permit = permit;
        Ok(Argon2::default()
            .hash_password(password.as_bytes(), &salt)?
            .to_string())
    })
    .await?
}

async fn verify(hashing: &Arc<Semaphore>, password: String, hash: String) -> Result<bool, Error> {
    let permit = Arc::clone(hashing).acquire_owned().await;
    tokio::task::spawn_blocking(move || {
        let _permit = permit;
        let hash = PasswordHash::new(&hash)?;
        Ok(Argon2::default()
            .verify_password(password.as_bytes(), &hash)
            .is_ok())
    })
    .await?
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::throttle::WRONG_PASSWORDS;

    async fn accounts() -> (Accounts, Clock, tempfile::TempDir) {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}", folder.path().join("shop.db").display());
        let db = crate::database::open(&url).await.unwrap();
        let clock = Clock::default();
        let accounts = Accounts::new(db, clock.clone(), Entropy::seeded(1), true)
            .await
            .unwrap();
        accounts
            .add("alice@example.com", "Alice", "demo")
            .await
            .unwrap();
        (accounts, clock, folder)
    }

    async fn problem(accounts: &Accounts, email: &str, password: &str) -> Problem {
        accounts
            .sign_in(email, password, None)
            .await
            .unwrap_err()
            .into_problem()
    }

    #[tokio::test]
    async fn the_right_password_signs_in_whatever_the_emails_case() {
        let (accounts, _, _folder) = accounts().await;
        let account = accounts
            .sign_in("Alice@Example.com", "demo", None)
            .await
            .unwrap();
        assert_eq!(account.viewer.email, "alice@example.com");
        assert_eq!(accounts.find(account.id).await.unwrap(), Some(account));
        assert_eq!(
            problem(&accounts, "alice@example.com", "Demo").await,
            Problem::WrongPassword
        );
        assert_eq!(
            problem(&accounts, "nobody@example.com", "demo").await,
            Problem::WrongPassword
        );
    }

    #[tokio::test]
    async fn guesses_run_out_for_a_minute_and_for_one_account_alone() {
        let (accounts, clock, _folder) = accounts().await;
        accounts
            .add("bob@example.com", "Bob", "demo")
            .await
            .unwrap();
        for _ in 0..WRONG_PASSWORDS {
            assert_eq!(
                problem(&accounts, "alice@example.com", "guess").await,
                Problem::WrongPassword
            );
        }
        assert_eq!(
            problem(&accounts, "ALICE@example.com", "demo").await,
            Problem::TooManyAttempts
        );
        accounts
            .sign_in("bob@example.com", "demo", None)
            .await
            .unwrap();
        let own_device = Some(Uuid::from_u128(1));
        let signed_in = accounts.sign_in("alice@example.com", "demo", own_device);
        signed_in.await.unwrap();
        clock.advance(Duration::from_secs(60));
        accounts
            .sign_in("alice@example.com", "demo", None)
            .await
            .unwrap();
    }

    #[tokio::test]
    async fn guesses_made_at_once_count_like_guesses_made_in_turn() {
        let (accounts, _, _folder) = accounts().await;
        let accounts = Arc::new(accounts);
        let mut guesses = tokio::task::JoinSet::new();
        for _ in 0..4 * WRONG_PASSWORDS {
            let accounts = Arc::clone(&accounts);
            guesses.spawn(async move { problem(&accounts, "alice@example.com", "guess").await });
        }
        let problems = guesses.join_all().await;
        let wrong = problems
            .iter()
            .filter(|p| **p == Problem::WrongPassword)
            .count();
        assert_eq!(wrong, WRONG_PASSWORDS);
    }

    #[tokio::test]
    async fn an_account_that_is_there_already_keeps_its_password() {
        let (accounts, _, _folder) = accounts().await;
        let added = accounts.add("alice@example.com", "Alice", "another").await;
        assert!(!added.unwrap());
        accounts
            .sign_in("alice@example.com", "demo", None)
            .await
            .unwrap();
    }
}
