//! How sandboxes are made, kept and dropped: the work behind their calls.

use std::{sync::Arc, time::Duration};

use http::StatusCode;
use serde::{Deserialize, Serialize};
use sqlx::{Connection, Sqlite, Transaction};
use tokio::sync::MutexGuard;

use super::{
    AccountState, ChangeSettings, ClockState, NewSandbox, Place, Problem, SandboxState,
    sandboxes::random_account,
};
use crate::{
    Account, Clock, Entropy, Environment, Error,
    clock::Hands,
    sandbox::{Customer, Sandbox, SandboxName},
    service::Service,
};

/// The most sandboxes of a simulator.
const MOST: usize = 10_000;

/// A sandbox as it is kept, to be there again after a restart.
#[derive(Serialize, Deserialize)]
struct Definition {
    seed: Option<u64>,
    incarnation: Option<String>,
    record_lag_ms: u64,
    accounts: Vec<KeptAccount>,
}

#[derive(Serialize, Deserialize)]
struct KeptAccount {
    environment: Environment,
    authenticator: String,
    settings: ChangeSettings,
}

impl KeptAccount {
    fn account(&self) -> Result<Account, Problem> {
        let authenticator = self
            .authenticator
            .parse()
            .map_err(|_| unreadable("a kept account"))?;
        let mut account = Account::new(self.environment, authenticator);
        self.settings.apply(&mut account.settings)?;
        Ok(account)
    }
}

fn unreadable(what: &str) -> Problem {
    let why = format!("{what} in the database cannot be read");
    Problem::new(StatusCode::INTERNAL_SERVER_ERROR, why)
}

impl Sandbox {
    /// 404 where it was dropped.
    pub(crate) fn there(&self) -> Result<(), Problem> {
        match self.is_dropped() {
            false => Ok(()),
            true => Err(Problem::no(format!("sandbox {}", self.name))),
        }
    }
}

impl Service {
    /// Waits for one's turn to change a sandbox.
    ///
    /// # Errors
    /// 404 where it was dropped meanwhile: what would be kept of it now would bring it back at the
    /// next start.
    pub(super) async fn turn_of(&self, sandbox: &Sandbox) -> Result<MutexGuard<'_, ()>, Problem> {
        let turn = self.control_turn.lock().await;
        sandbox.there()?;
        Ok(turn)
    }

    /// Makes a sandbox, which is there again after a restart.
    pub(crate) async fn make_sandbox(&self, new: NewSandbox) -> Result<Arc<Sandbox>, Problem> {
        let name = new
            .name
            .unwrap_or_else(|| SandboxName::random(self.entropy.bytes()));
        let entropy = Entropy::of(new.seed, name.as_str());
        // Of its own: what the other gives out stands in tokens for all to see.
        let of_accounts = Entropy::of(new.seed, &format!("{name}'s accounts"));
        let accounts = if new.accounts.is_empty() {
            [Environment::Test, Environment::Production]
                .map(|environment| random_account(environment, &of_accounts))
                .into()
        } else {
            let accounts = new.accounts.iter();
            accounts
                .map(|account| account.read(&of_accounts))
                .collect::<Result<Vec<_>, _>>()?
        };
        let _turn = self.control_turn.lock().await;
        if self.sandboxes.count() >= MOST {
            let why = format!("there are {MOST} sandboxes, and no more: drop some");
            return Err(Problem::new(StatusCode::CONFLICT, why));
        }
        let clock = Clock::default();
        new.clock.apply(&clock);
        let mut sandbox = Sandbox::new(name.clone(), new.seed, clock, entropy);
        // One of the same seed is the same again, tokens included.
        let of_incarnation = Entropy::of(new.seed, &format!("{name}'s incarnation"));
        sandbox.incarnation = Some(hex::encode(of_incarnation.bytes::<16>()));
        sandbox.set_record_lag(Duration::from_millis(new.record_lag_ms));
        let sandbox = self
            .sandboxes
            .add(sandbox, accounts)
            .map_err(|error| Problem::new(StatusCode::CONFLICT, error.to_string()))?;
        let kept = async {
            let mut transaction = self.writer.begin_with("begin immediate").await?;
            self.give_credits(&mut transaction, &sandbox).await?;
            self.keep_in(&mut transaction, &sandbox).await?;
            Ok::<_, Problem>(transaction.commit().await?)
        };
        if let Err(problem) = kept.await {
            // What is not kept is not there.
            self.sandboxes.remove(&name);
            return Err(problem);
        }
        Ok(sandbox)
    }

    /// Drops a sandbox and all that is in it. What waits in it waits no longer.
    pub(crate) async fn drop_sandbox(&self, sandbox: &Arc<Sandbox>) -> Result<(), Problem> {
        let name = &sandbox.name;
        if *name == SandboxName::of_default() {
            return Err(Problem::new(
                StatusCode::CONFLICT,
                "the default sandbox stays: it has the accounts that the simulator was started with",
            ));
        }
        let _turn = self.turn_of(sandbox).await?;
        // Held until it is gone: who writes for it afterwards finds that it was dropped.
        let mut writer = self.writer.acquire().await?;
        let mut transaction = writer.begin_with("begin immediate").await?;
        for customer in self.sandboxes.customers_of(sandbox) {
            self.clear(&mut transaction, customer.id).await?;
        }
        for table in ["sandbox where name", "snapshot where sandbox"] {
            sqlx::query(&format!("delete from {table} = ?"))
                .bind(name.as_str())
                .execute(&mut *transaction)
                .await?;
        }
        transaction.commit().await?;
        self.sandboxes.remove(name);
        Ok(())
    }

    /// From now on a sandbox's records take so long to appear, after a restart too.
    pub(crate) async fn change_record_lag(
        &self,
        sandbox: &Arc<Sandbox>,
        lag: Duration,
    ) -> Result<(), Problem> {
        let _turn = self.turn_of(sandbox).await?;
        sandbox.set_record_lag(lag);
        self.keep(sandbox).await
    }

    /// Changes what an account may do, after a restart too.
    pub(crate) async fn change_account(
        &self,
        sandbox: &Arc<Sandbox>,
        Place {
            environment,
            number,
        }: Place,
        change: &ChangeSettings,
    ) -> Result<AccountState, Problem> {
        let _turn = self.turn_of(sandbox).await?;
        let customers = self.sandboxes.customers_of(sandbox);
        let customer = customers.into_iter().find(|customer| {
            customer.environment == environment && customer.authenticator.number() == number
        });
        let customer = customer.ok_or_else(|| {
            Problem::no(format!("account {number} in that sandbox's {environment}"))
        })?;
        let mut settings = customer.settings();
        change.apply(&mut settings)?;
        if let Some(credits) = change.credits {
            self.set_credits(&customer, credits).await?;
        }
        customer.set(settings);
        self.keep(sandbox).await?;
        self.account_state(&customer).await
    }

    /// Brings back the sandboxes that were there before a restart.
    pub(crate) async fn load_sandboxes(&self) -> Result<(), Problem> {
        let rows: Vec<(String, String, String)> =
            sqlx::query_as("select name, definition, hands from sandbox")
                .fetch_all(&self.readers)
                .await?;
        for (name, definition, hands) in rows {
            let name: SandboxName = name.parse().map_err(|_| unreadable("a sandbox's name"))?;
            let definition: Definition =
                serde_json::from_str(&definition).map_err(|_| unreadable("a sandbox"))?;
            let hands: Hands = serde_json::from_str(&hands).map_err(|_| unreadable("a clock"))?;
            let entropy = Entropy::of(definition.seed, name.as_str());
            let mut sandbox = Sandbox::new(name, definition.seed, Clock::at(hands), entropy);
            sandbox.incarnation = definition.incarnation;
            sandbox.set_record_lag(Duration::from_millis(definition.record_lag_ms));
            let accounts = definition.accounts.iter().map(KeptAccount::account);
            self.sandboxes
                .add(sandbox, accounts.collect::<Result<_, _>>()?)
                .map_err(|error| Problem::new(StatusCode::CONFLICT, error.to_string()))?;
        }
        Ok(())
    }

    /// Keeps a sandbox as it is now. The default one is what the simulator is started with.
    pub(crate) async fn keep(&self, sandbox: &Sandbox) -> Result<(), Problem> {
        let mut transaction = self.writer.begin_with("begin immediate").await?;
        self.keep_in(&mut transaction, sandbox).await?;
        Ok(transaction.commit().await?)
    }

    async fn keep_in(
        &self,
        transaction: &mut Transaction<'_, Sqlite>,
        sandbox: &Sandbox,
    ) -> Result<(), Problem> {
        if sandbox.name == SandboxName::of_default() {
            return Ok(());
        }
        let accounts = self.sandboxes.customers_of(sandbox);
        let definition = Definition {
            seed: sandbox.seed,
            incarnation: sandbox.incarnation.clone(),
            record_lag_ms: sandbox.record_lag_ms(),
            accounts: accounts
                .iter()
                .map(|customer| KeptAccount {
                    environment: customer.environment,
                    authenticator: customer.authenticator.reveal(),
                    settings: ChangeSettings::of(&customer.settings()),
                })
                .collect(),
        };
        let json = |error: serde_json::Error| sqlx::Error::Encode(error.into());
        sqlx::query("insert or replace into sandbox (name, definition, hands) values (?, ?, ?)")
            .bind(sandbox.name.as_str())
            .bind(serde_json::to_string(&definition).map_err(json)?)
            .bind(serde_json::to_string(&sandbox.clock.hands()).map_err(json)?)
            .execute(&mut **transaction)
            .await?;
        Ok(())
    }

    /// Keeps where a sandbox's clock's hands are.
    pub(crate) async fn keep_hands(&self, sandbox: &Sandbox) -> Result<(), Problem> {
        let hands = serde_json::to_string(&sandbox.clock.hands())
            .map_err(|error| sqlx::Error::Encode(error.into()))?;
        sqlx::query("update sandbox set hands = ? where name = ?")
            .bind(hands)
            .bind(sandbox.name.as_str())
            .execute(&self.writer)
            .await?;
        Ok(())
    }

    /// Gives an account so many licences from now on, or any number.
    pub(crate) async fn set_credits(
        &self,
        customer: &Customer,
        credits: Option<u64>,
    ) -> Result<(), Problem> {
        let query = match credits {
            Some(_) => "insert or replace into credit (account, remaining) values (?1, ?2)",
            None => "delete from credit where account = ?1",
        };
        let remaining = credits.map(|credits| i64::try_from(credits).unwrap_or(i64::MAX));
        let query = sqlx::query(query).bind(customer.id.to_string());
        let query = match remaining {
            Some(remaining) => query.bind(remaining),
            None => query,
        };
        query.execute(&self.writer).await?;
        Ok(())
    }

    /// Gives the accounts of a sandbox the credits that they were set up with, where none are kept
    /// from an earlier start. An account of any number of licences keeps no count.
    pub(crate) async fn give_credits(
        &self,
        transaction: &mut Transaction<'_, Sqlite>,
        sandbox: &Sandbox,
    ) -> Result<(), sqlx::Error> {
        for customer in self.sandboxes.customers_of(sandbox) {
            let account = customer.id.to_string();
            let Some(credits) = customer.settings().credits else {
                sqlx::query("delete from credit where account = ?")
                    .bind(account)
                    .execute(&mut **transaction)
                    .await?;
                continue;
            };
            let given =
                sqlx::query("insert or ignore into credit (account, remaining) values (?, ?)")
                    .bind(account)
                    .bind(i64::try_from(credits).unwrap_or(i64::MAX))
                    .execute(&mut **transaction)
                    .await?;
            if given.rows_affected() == 0 {
                let number = customer.authenticator.number();
                tracing::info!(
                    number,
                    environment = %customer.environment,
                    "credits of an earlier start are left, and count in place of those given now"
                );
            }
        }
        Ok(())
    }

    /// A sandbox, as the control plane shows it.
    pub(crate) async fn state_of(&self, sandbox: &Sandbox) -> Result<SandboxState, Problem> {
        sandbox.there()?;
        let mut accounts = vec![];
        for customer in self.sandboxes.customers_of(sandbox) {
            accounts.push(self.account_state(&customer).await?);
        }
        Ok(SandboxState {
            name: sandbox.name.clone(),
            seed: sandbox.seed,
            clock: ClockState::of(&sandbox.clock),
            record_lag_ms: sandbox.record_lag_ms(),
            accounts,
        })
    }

    pub(crate) async fn account_state(&self, customer: &Customer) -> Result<AccountState, Problem> {
        let left: Option<(i64,)> = sqlx::query_as("select remaining from credit where account = ?")
            .bind(customer.id.to_string())
            .fetch_optional(&self.readers)
            .await?;
        let left = left.map(|(left,)| u64::try_from(left).unwrap_or_default());
        Ok(AccountState {
            environment: customer.environment,
            number: customer.authenticator.number(),
            authenticator: customer.authenticator.reveal(),
            settings: ChangeSettings {
                credits: Some(left),
                ..ChangeSettings::of(&customer.settings())
            },
        })
    }
}

impl From<Problem> for Error {
    fn from(problem: Problem) -> Self {
        Self::Control { why: problem.why }
    }
}
