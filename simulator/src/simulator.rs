//! A running simulator, as a value.

use std::{
    fmt,
    fs::File,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use sqlx::SqlitePool;
use tokio::{net::TcpListener, sync::Semaphore, task::JoinHandle};

use crate::{
    Account, Clock, Entropy, Error, SandboxHandle,
    connection::{Listener, Peer},
    control::{Document, MOST_WAITERS, NewSandbox, Problem},
    cookie_index, database,
    ending::{Ending, Reason},
    log::Log,
    metrics::Metrics,
    sandbox::{Sandbox, SandboxName, Sandboxes},
    seal::Sealer,
    service::{Parts, Service},
    upgrade,
};

/// How long open connections may keep a simulator that is told to stop.
const GRACE: Duration = Duration::from_secs(2);

/// A running simulator. Dropped, it stops.
///
/// ```
/// use simulator::{Clock, Simulator};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), simulator::Error> {
/// let clock = Clock::default();
/// let simulator = Simulator::builder()
///     .account("test=7,000102030405060708090a0b0c0d0e0f,credits=3".parse().expect("an account"))
///     .clock(clock.clone()) // tokens, rentals and records follow it
///     .start()
///     .await?;
/// assert!(simulator.url().starts_with("http://127.0.0.1:"));
/// simulator.stop().await; // what is under way is answered, and the port is free
/// # Ok(())
/// # }
/// ```
pub struct Simulator {
    address: SocketAddr,
    url: String,
    accounts: Vec<Account>,
    sandbox: Arc<Sandbox>,
    service: Service,
    /// Held for as long as this one serves its database.
    _claim: Option<File>,
    serving: JoinHandle<()>,
}

impl Simulator {
    /// Starts one for a test: on a free loopback port, in memory, with the default accounts.
    ///
    /// # Errors
    /// [`Error`], where the machine has no port or memory left.
    pub async fn start() -> Result<Self, Error> {
        Self::builder().start().await
    }

    /// A simulator to be set up.
    #[must_use]
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// Where it listens.
    #[must_use]
    pub const fn addr(&self) -> SocketAddr {
        self.address
    }

    /// The base URL of every call, such as `http://127.0.0.1:4000`.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Its accounts.
    #[must_use]
    pub fn accounts(&self) -> &[Account] {
        &self.accounts
    }

    /// Whether only this machine can reach it.
    #[must_use]
    pub const fn is_on_loopback(&self) -> bool {
        self.address.ip().is_loopback()
    }

    /// Its clock.
    #[must_use]
    pub fn clock(&self) -> &Clock {
        &self.sandbox.clock
    }

    /// From now on records take so long to appear.
    pub fn set_record_lag(&self, lag: Duration) {
        self.sandbox.set_record_lag(lag);
    }

    /// Makes a sandbox: an ExpressPlay of its own, with accounts and a clock that no other sees.
    /// The same as `POST /__sim/sandboxes`.
    ///
    /// # Errors
    /// [`Error::Control`] for a name or an authenticator that another has, or where there are too
    /// many.
    pub async fn make_sandbox(&self, new: NewSandbox) -> Result<SandboxHandle, Error> {
        let service = self.service.clone();
        let making = tokio::spawn(async move { service.make_sandbox(new).await });
        self.handle_of(making).await
    }

    /// Makes a sandbox of what another held, under its name or another: see [`Document::named`].
    /// One for `default` goes into it, in place of what it holds. The same as
    /// `POST /__sim/import`.
    ///
    /// # Errors
    /// [`Error::Control`] for a name or an authenticator that another has, for accounts that
    /// `default` has not, or where the document holds what no simulator writes.
    pub async fn import(&self, document: Document) -> Result<SandboxHandle, Error> {
        let service = self.service.clone();
        let making = tokio::spawn(async move { service.import_sandbox(document).await });
        self.handle_of(making).await
    }

    async fn handle_of(
        &self,
        making: JoinHandle<Result<Arc<Sandbox>, Problem>>,
    ) -> Result<SandboxHandle, Error> {
        let made = making.await.map_err(|error| Error::Control {
            why: format!("it was not finished: {error}"),
        })?;
        Ok(SandboxHandle::new(self.service.clone(), made?))
    }

    /// The sandbox of that name, to be driven; `default` has the accounts that the simulator was
    /// started with.
    #[must_use]
    pub fn sandbox(&self, name: &SandboxName) -> Option<SandboxHandle> {
        let sandbox = self.service.sandboxes.get(name)?;
        Some(SandboxHandle::new(self.service.clone(), sandbox))
    }

    /// All of its sandboxes, by name.
    #[must_use]
    pub fn sandboxes(&self) -> Vec<SandboxHandle> {
        let all = self.service.sandboxes.all().into_iter();
        all.map(|sandbox| SandboxHandle::new(self.service.clone(), sandbox))
            .collect()
    }

    /// Stops it, once what is under way has been answered. The port is free afterwards.
    pub async fn stop(mut self) {
        self.service.ending.begin(Reason::Told);
        self.ended().await;
    }

    /// Waits until it stops by itself, and says why: its database takes no more, or its listener
    /// fails. What is under way has been answered then.
    pub async fn wait(&mut self) -> Error {
        let reason = tokio::select! {
            // In this order: it stops listening because it ends.
            biased;
            reason = self.service.ending.begun() => Some(reason),
            _ = &mut self.serving => None,
        };
        let why = match reason {
            Some(Reason::Broken(why)) => why,
            Some(Reason::Told) => "it was told to stop".to_owned(),
            None => {
                return Error::Broken {
                    why: "it stopped listening".to_owned(),
                };
            }
        };
        self.ended().await;
        Error::Broken { why }
    }

    async fn ended(&mut self) {
        if self.serving.is_finished() {
            return;
        }
        if tokio::time::timeout(GRACE, &mut self.serving)
            .await
            .is_err()
        {
            self.serving.abort();
            // The task was cancelled: there is nothing more to learn from it.
            let _ = (&mut self.serving).await;
        }
    }
}

impl fmt::Debug for Simulator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Simulator")
            .field("url", &self.url)
            .field("accounts", &self.accounts)
            .finish_non_exhaustive()
    }
}

impl Drop for Simulator {
    fn drop(&mut self) {
        self.service.ending.begin(Reason::Told);
    }
}

/// How a simulator is set up.
pub struct Builder {
    listen: SocketAddr,
    database: String,
    public_url: Option<String>,
    accounts: Vec<Account>,
    clock: Clock,
    entropy: Entropy,
    record_lag: Duration,
    control: bool,
    control_token: Option<String>,
}

impl Default for Builder {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            database: database::IN_MEMORY.to_owned(),
            public_url: None,
            accounts: vec![],
            clock: Clock::default(),
            entropy: Entropy::from_os(),
            record_lag: Duration::ZERO,
            control: true,
            control_token: None,
        }
    }
}

/// Without the control token.
impl fmt::Debug for Builder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder")
            .field("listen", &self.listen)
            .field("database", &self.database)
            .field("public_url", &self.public_url)
            .field("accounts", &self.accounts)
            .field("control", &self.control)
            .finish_non_exhaustive()
    }
}

impl Builder {
    /// Where to listen. Default: a free loopback port.
    #[must_use]
    pub const fn listen(mut self, address: SocketAddr) -> Self {
        self.listen = address;
        self
    }

    /// The database's URL, `sqlite://path.db`; the file is made where it is missing. Default: in
    /// memory.
    #[must_use]
    pub fn database(mut self, url: impl Into<String>) -> Self {
        self.database = url.into();
        self
    }

    /// What returned licence URLs start with. Default: the request's own `Host`.
    #[must_use]
    pub fn public_url(mut self, url: impl Into<String>) -> Self {
        self.public_url = Some(url.into());
        self
    }

    /// Adds an account. Default: [`Account::defaults`].
    #[must_use]
    pub fn account(mut self, account: Account) -> Self {
        self.accounts.push(account);
        self
    }

    /// The clock to go by. Default: one of its own.
    #[must_use]
    pub fn clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// The generator to draw from. Default: seeded by the operating system.
    #[must_use]
    pub fn entropy(mut self, entropy: Entropy) -> Self {
        self.entropy = entropy;
        self
    }

    /// How long a record takes to appear. Default: not at all.
    #[must_use]
    pub const fn record_lag(mut self, lag: Duration) -> Self {
        self.record_lag = lag;
        self
    }

    /// Whether there is a control plane. Default: yes.
    #[must_use]
    pub const fn control(mut self, control: bool) -> Self {
        self.control = control;
        self
    }

    /// The token that calls of the control plane must carry.
    #[must_use]
    pub fn control_token(mut self, token: impl Into<String>) -> Self {
        self.control_token = Some(token.into());
        self
    }

    /// Starts it.
    ///
    /// # Errors
    /// [`Error::Listen`], [`Error::Database`], [`Error::SameAccount`], [`Error::PublicUrl`],
    /// [`Error::EmptyControlToken`].
    pub async fn start(mut self) -> Result<Simulator, Error> {
        if self.accounts.is_empty() {
            self.accounts = Account::defaults();
        }
        if self.control_token.as_deref() == Some("") {
            return Err(Error::EmptyControlToken);
        }
        let public_url = self
            .public_url
            .as_deref()
            .map(read_public_url)
            .transpose()?;
        let listener = TcpListener::bind(self.listen)
            .await
            .map_err(|source| Error::Listen {
                address: self.listen,
                source,
            })?;
        let address = listener.local_addr().map_err(|source| Error::Listen {
            address: self.listen,
            source,
        })?;
        let cannot_use = |source| Error::Database {
            url: self.database.clone(),
            source,
        };
        let claim = database::claim(&self.database).map_err(cannot_use)?;
        let (writer, readers) = open(&self.database).await.map_err(cannot_use)?;
        let sealer = sealer(&writer, &self.entropy).await.map_err(cannot_use)?;

        let name = SandboxName::of_default();
        let (clock, entropy) = (self.clock.clone(), self.entropy.clone());
        let first = Sandbox::new(name, None, clock, entropy);
        first.set_record_lag(self.record_lag);
        let sandboxes = Sandboxes::default();
        let sandbox = sandboxes.add(first, self.accounts.clone())?;
        let (metrics, ending) = (Arc::new(Metrics::new()), Ending::default());
        let log = Log::start(
            writer.clone(),
            self.clock,
            Arc::clone(&metrics),
            ending.clone(),
        );
        let service = Service::from(Parts {
            sandboxes,
            sealer,
            log: log.await.map_err(cannot_use)?,
            readers,
            writer,
            entropy: self.entropy,
            public_url,
            on_loopback: address.ip().is_loopback(),
            has_control: self.control,
            control_turn: tokio::sync::Mutex::default(),
            waiters: Arc::new(Semaphore::new(MOST_WAITERS)),
            metrics,
            ending,
            control_token: self.control_token,
        });
        let loaded = service.load_sandboxes().await;
        loaded.map_err(|problem| Error::Broken {
            why: format!("{}: {}", self.database, Error::from(problem)),
        })?;
        let mut transaction = service.writer.begin().await.map_err(cannot_use)?;
        let given = service.give_credits(&mut transaction, &sandbox).await;
        given.map_err(cannot_use)?;
        transaction.commit().await.map_err(cannot_use)?;
        let router = service.clone().router();
        let ending = service.clone();
        let serving = tokio::spawn(async move {
            let ended = async move {
                ending.ending.begun().await;
                // What waits for what is still to come would keep its connection open.
                for sandbox in ending.sandboxes.all() {
                    sandbox.close();
                }
            };
            let service = router.into_make_service_with_connect_info::<Peer>();
            let served = axum::serve(Listener(listener), service)
                .with_graceful_shutdown(ended)
                .await;
            if let Err(error) = served {
                tracing::error!(%error, "the simulator stopped listening");
            }
        });
        Ok(Simulator {
            address,
            url: url_of(address),
            accounts: self.accounts,
            sandbox,
            service,
            _claim: claim,
            serving,
        })
    }
}

/// Reads where to listen: an IP address and a port, or `localhost` and a port.
///
/// ```
/// assert_eq!(simulator::read_address("localhost:4500")?.to_string(), "127.0.0.1:4500");
/// # Ok::<(), simulator::NotAnAddress>(())
/// ```
///
/// # Errors
/// Anything else, which is told how an address is written.
pub fn read_address(text: &str) -> Result<SocketAddr, NotAnAddress> {
    let address = match text.strip_prefix("localhost:") {
        Some(port) => port
            .parse()
            .map(|port| (Ipv4Addr::LOCALHOST, port).into())
            .ok(),
        None => text.parse().ok(),
    };
    address.ok_or(NotAnAddress)
}

/// A text is no address to listen on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it takes an address and a port, such as 127.0.0.1:4000 or localhost:4000")]
pub struct NotAnAddress;

/// The URL of a listener on this machine, which may listen on all of its addresses.
#[must_use]
pub fn url_of(mut address: SocketAddr) -> String {
    match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => address.set_ip(Ipv4Addr::LOCALHOST.into()),
        IpAddr::V6(ip) if ip.is_unspecified() => address.set_ip(Ipv6Addr::LOCALHOST.into()),
        _ => {}
    }
    format!("http://{address}")
}

/// An http or https URL that paths can be appended to, in its normal form.
fn read_public_url(text: &str) -> Result<String, Error> {
    let wrong = || Error::PublicUrl {
        text: text.to_owned(),
    };
    let url = url::Url::parse(text).map_err(|_| wrong())?;
    let web = matches!(url.scheme(), "http" | "https") && url.has_host();
    let bare = url.query().is_none() && url.fragment().is_none() && url.username().is_empty();
    if web && bare {
        Ok(url.as_str().trim_end_matches('/').to_owned())
    } else {
        Err(wrong())
    }
}

/// Opens the database: one connection that writes, and several that read. A database in memory is
/// its one connection, so there the two are the same.
async fn open(url: &str) -> Result<(SqlitePool, SqlitePool), sqlx::Error> {
    let options = database::options(url)?;
    let writer = database::pool(url, 1).connect_with(options.clone()).await?;
    upgrade::run(&writer).await?;
    cookie_index::catch_up(&writer).await?;
    let readers = if database::is_in_memory(url) {
        writer.clone()
    } else {
        database::pool(url, 4).connect_with(options).await?
    };
    Ok((writer, readers))
}

/// The key that tokens are sealed under, made at the first start.
async fn sealer(database: &SqlitePool, entropy: &Entropy) -> Result<Sealer, sqlx::Error> {
    sqlx::query("insert into sealing_key (only, key) values (1, ?) on conflict do nothing")
        .bind(&entropy.bytes::<32>()[..])
        .execute(database)
        .await?;
    let (key,): (Vec<u8>,) = sqlx::query_as("select key from sealing_key")
        .fetch_one(database)
        .await?;
    let key = <[u8; 32]>::try_from(key)
        .map_err(|_| sqlx::Error::Decode("the sealing key has 32 bytes".into()))?;
    Ok(Sealer::new(key))
}
