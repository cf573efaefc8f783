//! `/__sim/sandboxes`: ExpressPlays side by side, made and dropped in one call each.

use std::{fmt, sync::Arc, time::Duration};

use axum::{
    Json, RequestPartsExt,
    extract::{FromRequestParts, Path, RawPathParams, State},
};
use expressplay::{CustomerAuthenticator, Drm, token_request::Strictness};
use http::{StatusCode, request::Parts};
use serde::{Deserialize, Serialize};

use super::{
    Body, Problem,
    clock::{ClockState, SetClock},
};
use crate::{
    Account, Clock, Entropy, Environment, Error, Settings,
    clock::Hands,
    sandbox::{Customer, Sandbox, SandboxName},
    service::Service,
};

/// The sandbox that a call's path names; the default one where it names none.
pub(crate) struct Chosen(pub(crate) Arc<Sandbox>);

impl FromRequestParts<Service> for Chosen {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, service: &Service) -> Result<Self, Problem> {
        let named = match parts.extract::<RawPathParams>().await {
            Ok(params) => params
                .iter()
                .find(|(key, _)| *key == "sandbox")
                .map(|(_, name)| name.to_owned()),
            Err(_) => None,
        };
        let name = match named {
            Some(text) => text
                .parse()
                .map_err(|_| Problem::no(format!("sandbox {text}")))?,
            None => SandboxName::of_default(),
        };
        let sandbox = service.sandboxes.get(&name);
        sandbox
            .map(Self)
            .ok_or_else(|| Problem::no(format!("sandbox {name}")))
    }
}

/// A sandbox to be made. Everything can be left out.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct NewSandbox {
    /// Its name; a random one by default.
    pub name: Option<SandboxName>,
    /// What makes its tokens, kids and authenticators come out the same each time, for one name
    /// and one order of calls.
    pub seed: Option<u64>,
    /// Its accounts; by default one in each environment.
    pub accounts: Vec<NewAccount>,
    /// Where its clock starts.
    pub clock: SetClock,
    /// How many milliseconds a record takes to appear.
    pub record_lag_ms: u64,
}

/// An account to be made in a sandbox.
#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewAccount {
    /// Where it lives.
    pub environment: Environment,
    /// What its calls carry, `NUMBER,HEX32`; made up by default.
    #[serde(default)]
    pub authenticator: Option<String>,
    /// What it may do, where that is not what the environment's accounts may.
    #[serde(default)]
    pub settings: ChangeSettings,
}

/// Without the authenticator.
impl fmt::Debug for NewAccount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewAccount")
            .field("environment", &self.environment)
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}

/// What of an account's settings is to change.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct ChangeSettings {
    /// Whether Widevine's `securityLevel` and `hdcpOutputControl` are required.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub strict: Option<bool>,
    /// Whether unsigned licence challenges are accepted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plain_challenges: Option<bool>,
    /// Whether it makes and redeems nothing (-2031).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disabled: Option<bool>,
    /// The DRMs that it has not (-7011, -5002, -6009).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disabled_drms: Option<Vec<Drm>>,
    /// The DRMs whose tokens may carry no `deviceId` (-7002, -6008).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unbound_drms: Option<Vec<Drm>>,
    /// How many licences it has left from now on (-2019); null for any number.
    #[serde(deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    pub credits: Option<Option<u64>>,
}

/// A member that is there, null included.
fn given<'de, D: serde::Deserializer<'de>>(value: D) -> Result<Option<Option<u64>>, D::Error> {
    Option::deserialize(value).map(Some)
}

impl ChangeSettings {
    fn apply(&self, settings: &mut Settings) -> Result<(), Problem> {
        if let Some(strict) = self.strict {
            settings.strictness = match strict {
                true => Strictness::Strict,
                false => Strictness::Lenient,
            };
        }
        if let Some(plain) = self.plain_challenges {
            settings.plain_challenges = plain;
        }
        if let Some(disabled) = self.disabled {
            settings.disabled = disabled;
        }
        if let Some(drms) = &self.disabled_drms {
            settings.disabled_drms = drms.iter().copied().collect();
        }
        if let Some(drms) = &self.unbound_drms {
            if drms.contains(&Drm::PlayReady) {
                return Err(Problem::new(
                    StatusCode::BAD_REQUEST,
                    "PlayReady always has device binding: unboundDrms takes widevine and fairplay",
                ));
            }
            settings.unbound_drms = drms.iter().copied().collect();
        }
        if let Some(credits) = self.credits {
            settings.credits = credits;
        }
        Ok(())
    }

    fn of(settings: &Settings) -> Self {
        Self {
            strict: Some(settings.strictness == Strictness::Strict),
            plain_challenges: Some(settings.plain_challenges),
            disabled: Some(settings.disabled),
            disabled_drms: Some(settings.disabled_drms.iter().collect()),
            unbound_drms: Some(settings.unbound_drms.iter().collect()),
            credits: Some(settings.credits),
        }
    }
}

/// What of a sandbox is to change.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ChangeSandbox {
    /// How many milliseconds a record takes to appear.
    record_lag_ms: Option<u64>,
}

/// A sandbox, as the control plane shows it.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SandboxState {
    /// Its name.
    pub name: SandboxName,
    /// What its generator was seeded with.
    pub seed: Option<u64>,
    /// Its clock.
    pub clock: ClockState,
    /// How many milliseconds a record takes to appear.
    pub record_lag_ms: u64,
    /// Its accounts.
    pub accounts: Vec<AccountState>,
}

/// An account, as the control plane shows it: to whoever may make and drop it.
#[derive(Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AccountState {
    /// Where it lives.
    pub environment: Environment,
    /// Its number, which stands before the comma of the authenticator.
    pub number: u64,
    /// What its calls carry.
    pub authenticator: String,
    /// What it may do, with the credits that are left.
    pub settings: ChangeSettings,
}

/// Without the authenticator.
impl fmt::Debug for AccountState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccountState")
            .field("environment", &self.environment)
            .field("number", &self.number)
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}

pub(crate) async fn list(
    State(service): State<Service>,
) -> Result<Json<Vec<SandboxState>>, Problem> {
    let mut states = vec![];
    for sandbox in service.sandboxes.all() {
        states.push(service.state_of(&sandbox).await?);
    }
    Ok(Json(states))
}

pub(crate) async fn show(
    State(service): State<Service>,
    Chosen(sandbox): Chosen,
) -> Result<Json<SandboxState>, Problem> {
    Ok(Json(service.state_of(&sandbox).await?))
}

pub(crate) async fn make(
    State(service): State<Service>,
    Body(new): Body<NewSandbox>,
) -> Result<(StatusCode, Json<SandboxState>), Problem> {
    let state = service.make_sandbox(new).await?;
    Ok((StatusCode::CREATED, Json(state)))
}

pub(crate) async fn change(
    State(service): State<Service>,
    Chosen(sandbox): Chosen,
    Body(change): Body<ChangeSandbox>,
) -> Result<Json<SandboxState>, Problem> {
    if let Some(ms) = change.record_lag_ms {
        sandbox.set_record_lag(Duration::from_millis(ms));
        service.keep(&sandbox).await?;
    }
    Ok(Json(service.state_of(&sandbox).await?))
}

pub(crate) async fn remove(
    State(service): State<Service>,
    Chosen(sandbox): Chosen,
) -> Result<StatusCode, Problem> {
    service.drop_sandbox(&sandbox.name).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(crate) async fn change_account(
    State(service): State<Service>,
    Chosen(sandbox): Chosen,
    Path((_, environment, number)): Path<(String, String, u64)>,
    Body(change): Body<ChangeSettings>,
) -> Result<Json<AccountState>, Problem> {
    let customers = service.sandboxes.customers_of(&sandbox.name);
    let customer = customers.into_iter().find(|customer| {
        customer.environment.name() == environment && customer.authenticator.number() == number
    });
    let customer = customer
        .ok_or_else(|| Problem::no(format!("account {number} in that sandbox's {environment}")))?;
    let mut settings = customer.settings();
    change.apply(&mut settings)?;
    if let Some(credits) = change.credits {
        service.set_credits(&customer, credits).await?;
    }
    customer.set(settings);
    service.keep(&sandbox).await?;
    Ok(Json(service.account_state(&customer).await?))
}

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
        let entropy = match new.seed {
            Some(seed) => Entropy::named(seed, name.as_str()),
            None => Entropy::from_os(),
        };
        let accounts = if new.accounts.is_empty() {
            [Environment::Test, Environment::Production]
                .map(|environment| random_account(environment, &entropy))
                .into()
        } else {
            let accounts = new.accounts.iter();
            accounts
                .map(|account| account.read(&entropy))
                .collect::<Result<Vec<_>, _>>()?
        };
        let clock = Clock::default();
        new.clock.apply(&clock);
        let sandbox = Sandbox::new(name.clone(), new.seed, clock, entropy);
        sandbox.set_record_lag(Duration::from_millis(new.record_lag_ms));
        let sandbox = self
            .sandboxes
            .add(sandbox, accounts)
            .map_err(|error| Problem::new(StatusCode::CONFLICT, error.to_string()))?;
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
        let Some(accounts) = self.sandboxes.remove(name) else {
            return Err(Problem::no(format!("sandbox {name}")));
        };
        let mut transaction = self.writer.begin_with("begin immediate").await?;
        for account in accounts {
            for table in ["record", "stored_key", "credit"] {
                sqlx::query(&format!("delete from {table} where account = ?"))
                    .bind(account.to_string())
                    .execute(&mut *transaction)
                    .await?;
            }
        }
        sqlx::query("delete from sandbox where name = ?")
            .bind(name.as_str())
            .execute(&mut *transaction)
            .await?;
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
            let entropy = match definition.seed {
                Some(seed) => Entropy::named(seed, name.as_str()),
                None => Entropy::from_os(),
            };
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
    async fn keep(&self, sandbox: &Sandbox) -> Result<(), Problem> {
        if sandbox.name == SandboxName::of_default() {
            return Ok(());
        }
        let accounts = self.sandboxes.customers_of(&sandbox.name);
        let definition = Definition {
            seed: sandbox.seed,
            record_lag_ms: u64::try_from(sandbox.record_lag().as_millis()).unwrap_or(u64::MAX),
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
    async fn set_credits(&self, customer: &Customer, credits: Option<u64>) -> Result<(), Problem> {
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

    async fn state_of(&self, sandbox: &Sandbox) -> Result<SandboxState, Problem> {
        let mut accounts = vec![];
        for customer in self.sandboxes.customers_of(&sandbox.name) {
            accounts.push(self.account_state(&customer).await?);
        }
        Ok(SandboxState {
            name: sandbox.name.clone(),
            seed: sandbox.seed,
            clock: ClockState::of(&sandbox.clock),
            record_lag_ms: u64::try_from(sandbox.record_lag().as_millis()).unwrap_or(u64::MAX),
            accounts,
        })
    }

    async fn account_state(&self, customer: &Customer) -> Result<AccountState, Problem> {
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

impl NewAccount {
    fn read(&self, entropy: &Entropy) -> Result<Account, Problem> {
        let mut account = match &self.authenticator {
            // What was given is not quoted: it may be a secret with a typo.
            Some(text) => Account::new(
                self.environment,
                text.parse::<CustomerAuthenticator>().map_err(|_| {
                    Problem::new(
                        StatusCode::BAD_REQUEST,
                        "an authenticator is a number, a comma and 32 hexadecimal digits",
                    )
                })?,
            ),
            None => random_account(self.environment, entropy),
        };
        self.settings.apply(&mut account.settings)?;
        Ok(account)
    }
}

fn random_account(environment: Environment, entropy: &Entropy) -> Account {
    // Seven digits, so that nobody takes it for a real one, which has six.
    let number = 1_000_000 + u64::from(u32::from_be_bytes(entropy.bytes())) % 9_000_000;
    Account::new(
        environment,
        CustomerAuthenticator::new(number, entropy.bytes()),
    )
}

impl From<Problem> for Error {
    fn from(problem: Problem) -> Self {
        Self::Control { why: problem.why }
    }
}
