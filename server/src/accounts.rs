//! Viewers' accounts: passwords are kept as Argon2id hashes, and guessing them is slow.

use std::fmt;

use app::{
    account::{Fault, NewPassword, SignUpForm},
    model::Viewer,
    problem::Problem,
};
use simulator::{Clock, Entropy};
use sqlx::SqlitePool;
use tower_sessions::session::Id as SessionId;
use uuid::Uuid;

use crate::{
    database::parsed,
    error::Error,
    hashing::Hashing,
    sign_ins,
    throttle::{SIGN_UPS, Throttle, WRONG_PASSWORDS},
};

/// No password is longer, so that hashing cannot be made to take long.
const LONGEST_PASSWORD: usize = NewPassword::MOST_BYTES;
const COLUMNS: &str = "id, email, name, password_hash, demo";

/// The accounts, and what guards them.
#[derive(Debug)]
pub struct Accounts {
    db: SqlitePool,
    clock: Clock,
    entropy: Entropy,
    hashing: Hashing,
    /// What an unknown email's password is compared with, so that the answer takes as long.
    nobodys_hash: String,
    guesses: Throttle,
    sign_ups: Throttle,
    demo_viewers: bool,
}

/// An account, as far as others need it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Its number.
    pub id: Uuid,
    /// What the pages show.
    pub viewer: Viewer,
    /// Whether it is one of the demo viewers', whose password everybody knows.
    pub demo: bool,
}

/// That somebody knows an account's password, as it was when it was checked.
pub struct Proof {
    /// The account.
    pub account: Account,
    /// What it was checked against.
    pub(crate) password_hash: String,
}

/// Without the hash.
impl fmt::Debug for Proof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Proof")
            .field("account", &self.account)
            .finish_non_exhaustive()
    }
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
        Ok(self.proof()?.account)
    }

    fn proof(self) -> Result<Proof, Error> {
        let account = Account {
            id: parsed(&self.id, "viewer's id")?,
            viewer: Viewer {
                email: self.email,
                name: self.name,
            },
            demo: self.demo,
        };
        Ok(Proof {
            account,
            password_hash: self.password_hash,
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
        let hashing = Hashing::new(entropy.clone());
        let nobodys_hash = hashing.hash("nobody's password".to_owned()).await?;
        Ok(Self {
            db,
            clock,
            entropy,
            hashing,
            nobodys_hash,
            guesses: Throttle::of(WRONG_PASSWORDS),
            sign_ups: Throttle::of(SIGN_UPS),
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
        if self.number_of(email).await?.is_some() {
            return Ok(false);
        }
        let hash = self.hashing.hash(password.to_owned()).await?;
        let proof = self.insert(email, name, hash, demo).await?;
        Ok(proof.is_some())
    }

    /// Makes an account for who asks for one.
    ///
    /// The shop sends no mail, so the answer alone can say that an email has an account already,
    /// and whoever asks hears it: an account that is made, or not, shows it in any case. So it is
    /// said plainly, and what is left is to make asking slow: it takes as long either way, and
    /// the shop takes so many sign-ups in a minute and no more.
    ///
    /// # Errors
    /// [`Problem::Unfit`] with [`Fault::EmailTaken`], or [`Problem::TooManySignUps`].
    pub async fn sign_up(&self, form: SignUpForm) -> Result<Proof, Error> {
        // All together: whoever tries many emails has many names.
        let turn = self.sign_ups.turn("", None, &self.clock).await;
        turn.ok_or(Problem::TooManySignUps)?.counts();
        let SignUpForm {
            name,
            email,
            password,
        } = form;
        let hash = self.hashing.hash(password.reveal()).await?;
        let made = self.insert(email.as_str(), name.as_str(), hash, false);
        Ok(made.await?.ok_or(Problem::from(Fault::EmailTaken))?)
    }

    /// Makes the account, unless its email has one.
    async fn insert(
        &self,
        email: &str,
        name: &str,
        hash: String,
        demo: bool,
    ) -> Result<Option<Proof>, Error> {
        let row: Option<AccountRow> = sqlx::query_as(&format!(
            "insert into viewers (id, email, name, password_hash, created_at, demo)
             values (?, ?, ?, ?, ?, ?) on conflict (email) do nothing returning {COLUMNS}"
        ))
        .bind(self.entropy.uuid().to_string())
        .bind(email)
        .bind(name)
        .bind(hash)
        .bind(self.clock.now().as_millisecond())
        .bind(demo)
        .fetch_optional(&self.db)
        .await?;
        row.map(AccountRow::proof).transpose()
    }

    /// The account that is signed in with a session.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub(crate) async fn of_session(&self, session: SessionId) -> Result<Option<Account>, Error> {
        let row: Option<AccountRow> = sqlx::query_as(&format!(
            "select {COLUMNS} from viewers join sign_ins on viewer_id = id where session = ?"
        ))
        .bind(session.to_string())
        .fetch_optional(&self.db)
        .await?;
        row.filter(|row| self.admits(row))
            .map(AccountRow::account)
            .transpose()
    }

    /// The demo viewer with that email, where there may be one, as if the password had been given:
    /// everybody knows it.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub async fn demo_viewer(&self, email: &str) -> Result<Option<Proof>, Error> {
        let row: Option<AccountRow> = sqlx::query_as(&format!(
            "select {COLUMNS} from viewers where email = ? and demo = 1"
        ))
        .bind(email)
        .fetch_optional(&self.db)
        .await?;
        row.filter(|row| self.admits(row))
            .map(AccountRow::proof)
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
    ) -> Result<Proof, Error> {
        if password.len() > LONGEST_PASSWORD || email.len() > LONGEST_PASSWORD {
            return Err(Problem::WrongPassword.into());
        }
        let turn = self.guesses.turn(email, own_device, &self.clock).await;
        let turn = turn.ok_or(Problem::TooManyAttempts)?;
        let row: Option<AccountRow> =
            sqlx::query_as(&format!("select {COLUMNS} from viewers where email = ?"))
                .bind(email)
                .fetch_optional(&self.db)
                .await?;
        let row = row.filter(|row| self.admits(row));
        let hash = row
            .as_ref()
            .map_or(&self.nobodys_hash, |row| &row.password_hash)
            .clone();
        let right = self.hashing.verify(password.to_owned(), hash).await?;
        match row {
            Some(row) if right => {
                turn.ends_the_count();
                row.proof()
            }
            _ => {
                turn.counts();
                Err(Problem::WrongPassword.into())
            }
        }
    }

    /// Changes a password, and ends every session that the old one began. Says how many.
    ///
    /// A wrong current one counts as at [`Self::sign_in`].
    ///
    /// # Errors
    /// [`Problem::Unfit`], [`Problem::TooManyAttempts`], or [`Problem::DemoViewer`].
    pub async fn change_password(
        &self,
        account: &Account,
        current: &str,
        new: &str,
        own_device: Option<Uuid>,
    ) -> Result<(Proof, u32), Error> {
        if account.demo {
            return Err(Problem::DemoViewer.into());
        }
        let email = &account.viewer.email;
        let old = match self.sign_in(email, current, own_device).await {
            Err(Error::Viewer(Problem::WrongPassword)) => Err(Fault::CurrentPassword),
            other => Ok(other?),
        };
        let (old, new) = match (old, NewPassword::read(new, email)) {
            (Ok(old), Ok(new)) => (old, new),
            (old, new) => {
                let faults = old.err().into_iter().chain(new.err());
                return Err(Problem::unfit(faults).into());
            }
        };
        let password_hash = self.hashing.hash(new.reveal()).await?;
        let mut tx = self.db.begin_with("begin immediate").await?;
        let changed =
            sqlx::query("update viewers set password_hash = ? where id = ? and password_hash = ?")
                .bind(&password_hash)
                .bind(account.id.to_string())
                .bind(&old.password_hash)
                .execute(&mut *tx)
                .await?;
        if changed.rows_affected() == 0 {
            // Another change went first, so this one's current password is current no more.
            return Err(Problem::from(Fault::CurrentPassword).into());
        }
        let ended = sign_ins::end_all(&mut tx, account.id).await?;
        tx.commit().await?;
        let proof = Proof {
            account: old.account,
            password_hash,
        };
        Ok((proof, ended))
    }

    const fn admits(&self, row: &AccountRow) -> bool {
        self.demo_viewers || !row.demo
    }
}

#[cfg(test)]
mod tests {
    use std::{sync::Arc, time::Duration};

    use super::*;

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
        let proof = accounts
            .sign_in("Alice@Example.com", "demo", None)
            .await
            .unwrap();
        assert_eq!(proof.account.viewer.email, "alice@example.com");
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
