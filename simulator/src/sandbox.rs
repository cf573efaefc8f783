//! Sandboxes: ExpressPlays side by side in one process, which know nothing of each other.
//!
//! A sandbox has accounts, and with them tokens, records and stored keys; a clock; and a generator,
//! which a seed makes come out the same each time. Every call finds its sandbox by what it carries
//! anyway, the customer authenticator or the token. The first, `default`, has the accounts that
//! the simulator was started with.

use std::{
    collections::{BTreeMap, HashMap},
    fmt,
    str::FromStr,
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use expressplay::{CustomerAuthenticator, ErrorCode, Refusal};
use http::uri::Authority;
use jiff::SignedDuration;
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq;
use tokio::sync::watch;

use crate::{
    Account, Clock, Entropy, Environment, Error, Settings,
    account::{AUTHENTICATOR, AccountId, read_authenticator},
    fault::Faults,
    journal::{Entry, Journal, JournalQuery},
};

/// A sandbox's name: 1 to 64 of `a-z`, `0-9` and `-`.
#[derive(
    Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema,
)]
#[serde(try_from = "String", into = "String")]
#[schema(value_type = String, pattern = "^[a-z0-9-]{1,64}$")]
pub struct SandboxName(String);

impl SandboxName {
    /// The sandbox of the accounts that a simulator is started with.
    #[must_use]
    pub fn of_default() -> Self {
        Self("default".to_owned())
    }

    /// A name that no other sandbox has.
    pub(crate) fn random(bits: [u8; 8]) -> Self {
        Self(hex::encode(bits))
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for SandboxName {
    type Err = NotAName;

    fn from_str(text: &str) -> Result<Self, NotAName> {
        let fits = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        if (1..=64).contains(&text.len()) && text.bytes().all(fits) {
            Ok(Self(text.to_owned()))
        } else {
            Err(NotAName)
        }
    }
}

impl TryFrom<String> for SandboxName {
    type Error = NotAName;

    fn try_from(text: String) -> Result<Self, NotAName> {
        text.parse()
    }
}

impl From<SandboxName> for String {
    fn from(name: SandboxName) -> Self {
        name.0
    }
}

impl fmt::Display for SandboxName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The text is no sandbox's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a sandbox's name is 1 to 64 of a-z, 0-9 and -")]
pub struct NotAName;

/// One ExpressPlay among several.
#[derive(Debug)]
pub(crate) struct Sandbox {
    pub(crate) name: SandboxName,
    /// What its generator was seeded with, where it was.
    pub(crate) seed: Option<u64>,
    /// What tells it from others of its name, before and after it, so that their tokens open
    /// nothing here. None of the default one, nor of those that older databases keep.
    pub(crate) incarnation: Option<String>,
    pub(crate) clock: Clock,
    pub(crate) entropy: Entropy,
    pub(crate) faults: Faults,
    pub(crate) journal: Journal,
    record_lag_ms: AtomicU64,
    closed: watch::Sender<bool>,
    dropped: AtomicBool,
}

impl Sandbox {
    pub(crate) fn new(
        name: SandboxName,
        seed: Option<u64>,
        clock: Clock,
        entropy: Entropy,
    ) -> Self {
        let faults = Faults::new(Self::chance(seed, &name));
        Self {
            name,
            seed,
            incarnation: None,
            clock,
            entropy,
            faults,
            journal: Journal::default(),
            record_lag_ms: AtomicU64::new(0),
            closed: watch::Sender::new(false),
            dropped: AtomicBool::new(false),
        }
    }

    /// What decides when its faults strike, and for how long.
    pub(crate) fn chance(seed: Option<u64>, name: &SandboxName) -> Entropy {
        Entropy::of(seed, &format!("{name}'s faults"))
    }

    /// Ends all that waits in it: it was dropped, or the simulator ends.
    pub(crate) fn close(&self) {
        self.closed.send_replace(true);
    }

    /// Whether it was dropped: nothing may be written for it then, or the next of its name would
    /// find it. Who is about to write holds the writing connection, which a drop waits for.
    pub(crate) fn is_dropped(&self) -> bool {
        self.dropped.load(Ordering::SeqCst)
    }

    /// Waits until it is closed.
    pub(crate) async fn closed(&self) {
        // The sender is this sandbox's own, so it is there.
        let _ = self.closed.subscribe().wait_for(|closed| *closed).await;
    }

    /// Waits so long, or until it is closed.
    pub(crate) async fn sleep(&self, time: Duration) {
        // Both are as good.
        let _ = tokio::time::timeout(time, self.closed()).await;
    }

    /// The calls that match, once there are as many as the query wants, or its time is up, or the
    /// sandbox is closed.
    pub(crate) async fn wait_for(&self, query: &JournalQuery) -> Vec<Arc<Entry>> {
        tokio::select! {
            entries = self.journal.wait_for(query) => entries,
            () = self.closed() => self.journal.find(query),
        }
    }

    /// How long a record takes to appear.
    pub(crate) fn record_lag(&self) -> SignedDuration {
        let lag = Duration::from_millis(self.record_lag_ms());
        SignedDuration::try_from(lag).unwrap_or(SignedDuration::MAX)
    }

    /// The same in milliseconds.
    pub(crate) fn record_lag_ms(&self) -> u64 {
        self.record_lag_ms.load(Ordering::SeqCst)
    }

    /// From now on records take so long to appear.
    pub(crate) fn set_record_lag(&self, lag: Duration) {
        let ms = u64::try_from(lag.as_millis()).unwrap_or(u64::MAX);
        self.record_lag_ms.store(ms, Ordering::SeqCst);
    }
}

/// An account, and the sandbox that it is in.
#[derive(Debug)]
pub(crate) struct Customer {
    pub(crate) id: AccountId,
    pub(crate) sandbox: Arc<Sandbox>,
    pub(crate) environment: Environment,
    pub(crate) authenticator: CustomerAuthenticator,
    settings: RwLock<Settings>,
}

impl Customer {
    fn new(sandbox: Arc<Sandbox>, account: Account) -> Self {
        Self {
            id: account.id_in(&sandbox.name, sandbox.incarnation.as_deref()),
            sandbox,
            environment: account.environment,
            authenticator: account.authenticator,
            settings: RwLock::new(account.settings),
        }
    }

    /// What the account may do now.
    pub(crate) fn settings(&self) -> Settings {
        *self.settings.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes what the account may do.
    pub(crate) fn set(&self, settings: Settings) {
        *self
            .settings
            .write()
            .unwrap_or_else(PoisonError::into_inner) = settings;
    }

    fn has_secret_of(&self, given: &CustomerAuthenticator) -> bool {
        let secret = self.authenticator.reveal_secret();
        secret.ct_eq(given.reveal_secret()).into()
    }
}

/// Every sandbox of a simulator.
#[derive(Debug, Default)]
pub(crate) struct Sandboxes(RwLock<Registry>);

#[derive(Debug, Default)]
struct Registry {
    by_name: BTreeMap<SandboxName, Arc<Sandbox>>,
    by_id: HashMap<AccountId, Arc<Customer>>,
    by_number: HashMap<u64, Vec<Arc<Customer>>>,
}

impl Sandboxes {
    /// Adds a sandbox with its accounts.
    ///
    /// # Errors
    /// [`Error::SameSandbox`]; [`Error::SameAccount`] for two accounts with one number in one
    /// environment; [`Error::TakenAccount`] for an authenticator that another sandbox has.
    pub(crate) fn add(
        &self,
        sandbox: Sandbox,
        accounts: Vec<Account>,
    ) -> Result<Arc<Sandbox>, Error> {
        let sandbox = Arc::new(sandbox);
        let mut registry = self.write();
        if registry.by_name.contains_key(&sandbox.name) {
            return Err(Error::SameSandbox {
                name: sandbox.name.clone(),
            });
        }
        let mut added: Vec<Arc<Customer>> = vec![];
        for account in accounts {
            let customer = Customer::new(Arc::clone(&sandbox), account);
            let number = customer.authenticator.number();
            let others = registry.by_number.get(&number).into_iter().flatten();
            for other in others.chain(&added) {
                if other.id == customer.id {
                    return Err(Error::SameAccount {
                        number,
                        environment: customer.environment,
                    });
                }
                let elsewhere = other.sandbox.name != sandbox.name;
                if elsewhere && other.has_secret_of(&customer.authenticator) {
                    return Err(Error::TakenAccount {
                        number,
                        environment: other.environment,
                        sandbox: other.sandbox.name.clone(),
                    });
                }
            }
            added.push(Arc::new(customer));
        }
        for customer in added {
            let number = customer.authenticator.number();
            registry.by_id.insert(customer.id, Arc::clone(&customer));
            registry.by_number.entry(number).or_default().push(customer);
        }
        let name = sandbox.name.clone();
        registry.by_name.insert(name, Arc::clone(&sandbox));
        Ok(sandbox)
    }

    /// Drops a sandbox with its accounts; it, if there was one.
    pub(crate) fn remove(&self, name: &SandboxName) -> Option<Arc<Sandbox>> {
        let mut registry = self.write();
        let sandbox = registry.by_name.remove(name)?;
        sandbox.dropped.store(true, Ordering::SeqCst);
        sandbox.close();
        registry
            .by_id
            .retain(|_, customer| customer.sandbox.name != *name);
        registry.by_number.retain(|_, customers| {
            customers.retain(|customer| customer.sandbox.name != *name);
            !customers.is_empty()
        });
        Some(sandbox)
    }

    /// The sandbox of that name.
    pub(crate) fn get(&self, name: &SandboxName) -> Option<Arc<Sandbox>> {
        self.read().by_name.get(name).cloned()
    }

    /// How many there are.
    pub(crate) fn count(&self) -> usize {
        self.read().by_name.len()
    }

    /// All of them, by name.
    pub(crate) fn all(&self) -> Vec<Arc<Sandbox>> {
        self.read().by_name.values().cloned().collect()
    }

    /// The accounts of a sandbox, by environment and number; none of one that was dropped, even if
    /// there is another of its name by now.
    pub(crate) fn customers_of(&self, sandbox: &Sandbox) -> Vec<Arc<Customer>> {
        let registry = self.read();
        let mut customers: Vec<_> = registry
            .by_id
            .values()
            .filter(|customer| std::ptr::eq(&*customer.sandbox, sandbox))
            .cloned()
            .collect();
        customers.sort_by_key(|customer| {
            (
                customer.environment == Environment::Production,
                customer.authenticator.number(),
            )
        });
        customers
    }

    /// The account of a token.
    pub(crate) fn customer(&self, id: AccountId) -> Option<Arc<Customer>> {
        self.read().by_id.get(&id).cloned()
    }

    /// The account whose authenticator a call carries, in whichever environment it lives.
    pub(crate) fn owner_of(&self, authenticator: Option<&str>) -> Option<Arc<Customer>> {
        let given = read_authenticator(authenticator).ok()?;
        let registry = self.read();
        let mut known = registry.by_number.get(&given.number())?.iter();
        known.find(|one| one.has_secret_of(&given)).cloned()
    }

    /// The account that a back-end call belongs to.
    ///
    /// # Errors
    /// -2017 without an authenticator; -2018 with one that is unknown, or known in the other
    /// environment than the host's.
    pub(crate) fn authenticate(
        &self,
        authenticator: Option<&str>,
        host: &Authority,
    ) -> Result<Arc<Customer>, Refusal> {
        let given = read_authenticator(authenticator)?;
        let registry = self.read();
        let known: Vec<_> = registry
            .by_number
            .get(&given.number())
            .into_iter()
            .flatten()
            .filter(|customer| customer.has_secret_of(&given))
            .collect();
        let environment = Environment::of_host(host.host());
        let fits =
            |customer: &&&Arc<Customer>| environment.is_none_or(|it| it == customer.environment);
        known
            .iter()
            .find(fits)
            .map(|customer| Arc::clone(customer))
            .ok_or_else(|| {
                let detail = match (known.first(), environment) {
                    (Some(customer), Some(host)) => format!(
                        "this customerAuthenticator belongs to {}, and the host to {host}",
                        customer.environment
                    ),
                    _ => "no account has this customerAuthenticator".to_owned(),
                };
                let given = authenticator.unwrap_or_default();
                Refusal::wrong(ErrorCode::AuthenticatorInvalid, AUTHENTICATOR, given)
                    .because(detail)
            })
    }

    fn read(&self) -> std::sync::RwLockReadGuard<'_, Registry> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> std::sync::RwLockWriteGuard<'_, Registry> {
        self.0.write().unwrap_or_else(PoisonError::into_inner)
    }
}
