//! How sandboxes are made, kept and dropped: the work behind their calls.

use std::time::Duration;

use http::StatusCode;
use serde::{Deserialize, Serialize};

use super::{
    AccountState, ChangeSettings, ClockState, NewSandbox, Problem, SandboxState,
    sandboxes::random_account, snapshots::clear,
};
use crate::{
    Account, Clock, Entropy, Environment, Error,
    clock::Hands,
    sandbox::{Customer, Sandbox, SandboxName},
    service::Service,
};

/// A sandbox as it is kept, to be there again after a restart.
#[derive(Serialize, Deserialize)]
struct Definition {
    seed: Option<u64>,
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

impl Service {
    /// Makes a sandbox, which is there again after a restart.
    pub(crate) async fn make_sandbox(&self, new: NewSandbox) -> Result<SandboxState, Problem> {
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
        let clock = Clock::default();
        new.clock.apply(&clock);
        let sandbox = Sandbox::new(name.clone(), new.seed, clock, entropy);
        sandbox.set_record_lag(Duration::from_millis(new.record_lag_ms));
        let sandbox = self
            .sandboxes
            .add(sandbox, accounts)
            .map_err(|error| Problem::new(StatusCode::CONFLICT, error.to_string()))?;
        self.clear_leftovers(&name).await?;
        self.give_credits(&name).await?;
        self.keep(&sandbox).await?;
        self.state_of(&sandbox).await
    }

    /// Drops a sandbox and all that is in it.
    pub(crate) async fn drop_sandbox(&self, name: &SandboxName) -> Result<(), Problem> {
        if *name == SandboxName::of_default() {
            return Err(Problem::new(
                StatusCode::CONFLICT,
                "the default sandbox stays: it has the accounts that the simulator was started with",
            ));
        }
        let _turn = self.control_turn.lock().await;
        let Some(accounts) = self.sandboxes.remove(name) else {
            return Err(Problem::no(format!("sandbox {name}")));
        };
        let mut transaction = self.writer.begin_with("begin immediate").await?;
        for account in accounts {
            clear(&mut transaction, account).await?;
        }
        for table in ["sandbox where name", "snapshot where sandbox"] {
            sqlx::query(&format!("delete from {table} = ?"))
                .bind(name.as_str())
                .execute(&mut *transaction)
                .await?;
        }
        Ok(transaction.commit().await?)
    }

    /// What an earlier sandbox of that name left, by a licence that was still under way.
    async fn clear_leftovers(&self, name: &SandboxName) -> Result<(), Problem> {
        let mut transaction = self.writer.begin_with("begin immediate").await?;
        for customer in self.sandboxes.customers_of(name) {
            clear(&mut transaction, customer.id).await?;
        }
        Ok(transaction.commit().await?)
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
            let sandbox = Sandbox::new(name, definition.seed, Clock::at(hands), entropy);
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
        if sandbox.name == SandboxName::of_default() {
            return Ok(());
        }
        let accounts = self.sandboxes.customers_of(&sandbox.name);
        let definition = Definition {
            seed: sandbox.seed,
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
            .execute(&self.writer)
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
    /// from an earlier start.
    pub(crate) async fn give_credits(&self, name: &SandboxName) -> Result<(), Problem> {
        for customer in self.sandboxes.customers_of(name) {
            if let Some(credits) = customer.settings().credits {
                sqlx::query("insert or ignore into credit (account, remaining) values (?, ?)")
                    .bind(customer.id.to_string())
                    .bind(i64::try_from(credits).unwrap_or(i64::MAX))
                    .execute(&self.writer)
                    .await?;
            }
        }
        Ok(())
    }

    pub(crate) async fn state_of(&self, sandbox: &Sandbox) -> Result<SandboxState, Problem> {
        let mut accounts = vec![];
        for customer in self.sandboxes.customers_of(&sandbox.name) {
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
