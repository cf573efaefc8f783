//! What a presenter may do to the embedded simulator, and to all that the shop has sold.

use std::time::Duration;

use app::presenter::{Leap, Trouble};
use jiff::{SignedDuration, Timestamp};
use simulator::{
    Environment, SandboxHandle,
    control::{AccountState, ChangeSettings, SetClock},
    fault::{Effect, Latency, NewFault},
};
use sqlx::SqlitePool;

use crate::error::Error;

/// How late records are that are late.
const LATE: u64 = 30_000;
/// How much longer a slow call takes, in milliseconds.
const SLOWER: u64 = 2_000;

/// The simulator that a presenter may drive.
#[derive(Debug, Clone)]
pub struct Presenter {
    expressplay: SandboxHandle,
}

impl Presenter {
    /// A presenter of what this sandbox does.
    #[must_use]
    pub const fn of(expressplay: SandboxHandle) -> Self {
        Self { expressplay }
    }

    /// What its clock shows, and by how many seconds that is ahead of real time.
    #[must_use]
    pub fn time(&self) -> (Timestamp, i64) {
        let clock = self.expressplay.clock();
        (clock.now, clock.ahead_ms / 1000)
    }

    /// Puts its clock forward.
    ///
    /// # Errors
    /// [`Error::Presenter`].
    pub async fn advance(&self, by: Leap) -> Result<(), Error> {
        let by = Duration::from_secs(by.seconds());
        let moved = self.expressplay.advance(by).await;
        moved.map(drop).map_err(Error::Presenter)
    }

    /// Sets its clock to real time.
    ///
    /// # Errors
    /// [`Error::Presenter`].
    pub async fn set_to_real_time(&self) -> Result<(), Error> {
        let clock = self.expressplay.clock();
        let ahead = SignedDuration::from_millis(clock.ahead_ms);
        let how = SetClock {
            now: clock.now.saturating_sub(ahead).ok(),
            frozen: Some(false),
        };
        let set = self.expressplay.set_clock(how).await;
        set.map(drop).map_err(Error::Presenter)
    }

    /// What goes wrong now, of what can be turned on here.
    ///
    /// # Errors
    /// [`Error::Presenter`].
    pub async fn troubles(&self) -> Result<Vec<Trouble>, Error> {
        let out_of_credits = self.account().await?.settings.credits == Some(Some(0));
        let there = self.expressplay.faults();
        let is_on = |trouble: &Trouble| match fault(*trouble) {
            Some(fault) => there.iter().any(|state| state.fault == fault),
            None => out_of_credits,
        };
        Ok(Trouble::ALL.into_iter().filter(is_on).collect())
    }

    /// Makes something go wrong, or not any more.
    ///
    /// # Errors
    /// [`Error::Presenter`] where there are too many faults.
    pub async fn turn(&self, trouble: Trouble, on: bool) -> Result<(), Error> {
        let Some(wanted) = fault(trouble) else {
            return self.set_credits(on.then_some(0)).await;
        };
        let there = self.expressplay.faults();
        let mut same = there
            .iter()
            .filter(|state| state.fault == wanted)
            .peekable();
        if on && same.peek().is_none() {
            let added = self.expressplay.add_fault(wanted);
            added.map_err(Error::Presenter)?;
        } else if !on {
            for state in same {
                self.expressplay.remove_fault(state.id);
            }
        }
        Ok(())
    }

    /// The shop's account there.
    async fn account(&self) -> Result<AccountState, Error> {
        let state = self.expressplay.state().await.map_err(Error::Presenter)?;
        let shops = |account: &AccountState| account.environment == Environment::Production;
        let account = state.accounts.into_iter().find(shops);
        account.ok_or(Error::Row("the shop's account"))
    }

    /// How many licences the account may still ask for; none for any number.
    async fn set_credits(&self, credits: Option<u64>) -> Result<(), Error> {
        let number = self.account().await?.number;
        let change = ChangeSettings {
            credits: Some(credits),
            ..ChangeSettings::default()
        };
        let changed = self
            .expressplay
            .change_account(Environment::Production, number, change);
        changed.await.map(drop).map_err(Error::Presenter)
    }

    /// Forgets what was registered, sold and played, here and at ExpressPlay, makes nothing go
    /// wrong, and sets the clock right. Accounts and sessions stay.
    ///
    /// # Errors
    /// [`Error::Database`] or [`Error::Presenter`]; once more does the rest.
    pub async fn start_afresh(&self, db: &SqlitePool) -> Result<(), Error> {
        let mut tx = db.begin_with("begin immediate").await?;
        // Those that refer to others first.
        for table in [
            "moves",
            "payments",
            "orders",
            "positions",
            "handles",
            "devices",
            "messages",
            "episodes",
            "customers",
        ] {
            sqlx::query(&format!("delete from {table}"))
                .execute(&mut *tx)
                .await?;
        }
        tx.commit().await?;
        let reset = self.expressplay.reset().await;
        reset.map_err(Error::Presenter)?;
        self.set_credits(None).await?;
        self.set_to_real_time().await
    }
}

/// What the simulator is told of what is a fault; an account that is used up is none.
fn fault(trouble: Trouble) -> Option<NewFault> {
    let fault = match trouble {
        Trouble::Slow => NewFault::of(Effect::Latency(Latency::Fixed { ms: SLOWER })),
        Trouble::Unavailable => NewFault::of(Effect::status(503).ok()?),
        Trouble::Reset => NewFault::of(Effect::Reset),
        Trouble::Garbage => NewFault::of(Effect::Garbage),
        Trouble::LateRecords => NewFault::of(Effect::RecordLagMs(LATE)),
        Trouble::NoCredits => return None,
    };
    Some(fault)
}
