//! Bindery's entitlement server and web host.
//!
//! Start with [`entitlement`]: the seven steps of device binding, by name. Around it:
//!
//! | module | what |
//! |---|---|
//! | [`backend`] | answers the pages (`app::backend::Backend`), one request at a time |
//! | [`browser`] | the browser behind a request: session, cookies |
//! | [`accounts`], `hashing`, `throttle` | viewers, password hashes, and what makes guessing slow |
//! | `sign_ins` | who is signed in where |
//! | [`devices`] | registrations, and which of them a browser is |
//! | [`records`] | what ExpressPlay's records say, and what they leave open |
//! | [`orders`], [`payment`], [`rental`] | what was sold, charged once, and for how long |
//! | [`moves`] | a purchase that moves to another device |
//! | [`positions`] | how far a viewer has come in a title |
//! | [`presenter`] | what a presenter may do to clock, simulator and shop |
//! | [`catalogue`] | the titles and their keys, from `media/catalogue.toml` |
//! | [`workflow`] | every message of it, kept for whoever wants to see how it works |
//! | [`lab`] | what the lab's attempts need that no viewer has: a sandbox, and a neighbour |
//! | `sees`, [`mutual_tls`], [`certificates`] | the sample entitlement server for other shops, who may ask it, and certificates to try it with |
//! | `web`, [`csrf`], `dress` | the web host, which refuses what other sites send, and makes a page of what went wrong |
//! | `health` | whether the process is up, and whether it can sell |
//! | [`config`], [`error`], [`database`], [`demo`], [`shop`] | settings, errors, SQLite, demo viewers, what requests share |
//!
//! [`Storefront::start`] runs one, in `main` as in a test.

use std::{fs::File, io, net::SocketAddr, sync::Arc, time::Duration};

use app::LicenceOrigins;
use expressplay::{Client, CustomerAuthenticator, client::BaseUrl};
use simulator::{Account, Clock, Environment, SandboxName, Simulator};
use sqlx::SqlitePool;
use tokio::{net::TcpListener, sync::watch, task::JoinHandle};
use tower_sessions::ExpiredDeletion;
use tower_sessions_sqlx_store::SqliteStore;

pub mod accounts;
pub mod backend;
pub mod browser;
pub mod catalogue;
pub mod certificates;
pub mod config;
pub mod csrf;
pub mod database;
pub mod demo;
pub mod devices;
mod dress;
pub mod entitlement;
pub mod error;
mod hashing;
mod health;
pub mod lab;
pub mod moves;
pub mod mutual_tls;
pub mod orders;
pub mod payment;
pub mod positions;
pub mod presenter;
pub mod records;
pub mod rental;
mod sees;
pub mod shop;
mod sign_ins;
mod throttle;
mod web;
pub mod workflow;

pub use config::{EntitlementServer, ExpressPlay, Settings};
pub use error::Error;

use crate::{
    accounts::Accounts, catalogue::Catalogue, entitlement::Entitlement, lab::Lab,
    presenter::Presenter, shop::Shop, workflow::Workflow,
};

/// How often sessions that have expired are deleted.
const SESSION_SWEEP: Duration = Duration::from_secs(5 * 60);
/// How long requests that are under way may take to finish when the storefront stops.
const LAST_REQUESTS: Duration = Duration::from_secs(5);

/// A storefront that runs. Dropped, it stops at once; [`Storefront::stop`] lets requests finish.
#[derive(Debug)]
pub struct Storefront {
    address: SocketAddr,
    clock: Clock,
    simulator: Option<Simulator>,
    /// Held for as long as this one serves its database.
    _claim: Option<File>,
    stop: watch::Sender<bool>,
    serving: JoinHandle<()>,
    /// The entitlement server, and where it listens.
    entitlement: Option<(SocketAddr, JoinHandle<()>)>,
    sweeping: JoinHandle<()>,
    /// What the workflow view hears of the embedded simulator.
    listening: Option<JoinHandle<()>>,
}

impl Storefront {
    /// Starts a storefront, and its simulator where that is embedded.
    ///
    /// # Errors
    /// Any of the second half of [`Error`]: a port in use, a database or catalogue that cannot be
    /// used.
    pub async fn start(settings: Settings) -> Result<Self, Error> {
        let catalogue = Catalogue::read(&settings.catalogue)?;
        let (listener, address) = listen("--listen", settings.listen).await?;
        let entitlement = match &settings.entitlement {
            Some(EntitlementServer { listen: at, files }) => {
                let tls = files.read()?;
                Some((listen("--entitlement-listen", *at).await?, tls))
            }
            None => None,
        };
        let claim = database::claim(&settings.database)?;
        let db = database::open(&settings.database).await?;
        let sessions = SqliteStore::new(db.clone());
        sessions.migrate().await?;

        let with_demo_data = settings.has_demo_data();
        let Connection {
            base,
            authenticator,
            origins,
            clock,
            presenter,
            simulator,
        } = connect(&settings).await?;
        let client = Client::with_options(base.clone(), authenticator, &settings.client)?;
        let entropy = settings.entropy.clone();
        let patience = settings.client.clone();
        let lab = Lab::open(simulator.as_ref(), base, patience, entropy.clone()).await?;
        let accounts =
            Accounts::new(db.clone(), clock.clone(), entropy.clone(), with_demo_data).await?;
        if with_demo_data {
            demo::make_viewers(&accounts).await?;
        }
        let (stop, stopped) = watch::channel(false);
        let workflow = Workflow::new(db.clone(), clock.clone(), entropy.clone(), stopped.clone());
        let first = simulator
            .as_ref()
            .and_then(|simulator| simulator.sandbox(&SandboxName::of_default()));
        let listening = first.map(|first| tokio::spawn(workflow.clone().overhear(first)));
        let sweeping = tokio::spawn(sweep(sessions.clone(), db.clone()));
        let shop = Arc::new(Shop {
            db,
            accounts,
            catalogue,
            entitlement: Entitlement::new(client, entropy.clone(), settings.patience),
            workflow,
            lab,
            clock: clock.clone(),
            presenter,
            entropy,
            cdm: settings.cdm,
            https: settings.https,
        });

        let entitlement = match entitlement {
            Some(((listener, address), tls)) => {
                let cannot_listen = cannot_listen("--entitlement-listen", address);
                let listener = mutual_tls::Listener::new(listener, tls).map_err(cannot_listen)?;
                let service = sees::router(Arc::clone(&shop))
                    .into_make_service_with_connect_info::<mutual_tls::Client>();
                let serving = axum::serve(listener, service)
                    .with_graceful_shutdown(until_asked(stopped.clone()));
                tracing::info!(%address, "the entitlement server listens");
                Some((address, tokio::spawn(serve(serving))))
            }
            None => None,
        };
        let own_url = || simulator::url_of(address).parse().ok();
        let place = web::Place {
            licences: origins,
            public: settings.public_url.clone().or_else(own_url),
        };
        let router = web::router(shop, sessions, place, &settings.site);
        let serving = axum::serve(listener, router).with_graceful_shutdown(until_asked(stopped));
        let serving = tokio::spawn(serve(serving));
        tracing::info!(%address, "the storefront listens");
        Ok(Self {
            address,
            clock,
            simulator,
            _claim: claim,
            stop,
            serving,
            entitlement,
            sweeping,
            listening,
        })
    }

    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its URL, without a slash at the end.
    #[must_use]
    pub fn url(&self) -> String {
        simulator::url_of(self.address)
    }

    /// The URL of its entitlement server, if there is one.
    #[must_use]
    pub fn entitlement_url(&self) -> Option<String> {
        let (address, _) = self.entitlement.as_ref()?;
        let at = simulator::url_of(*address).replacen("http", "https", 1);
        Some(format!("{at}/entitlement"))
    }

    /// The time that its orders and rentals go by.
    #[must_use]
    pub const fn clock(&self) -> &Clock {
        &self.clock
    }

    /// The embedded simulator, if there is one.
    #[must_use]
    pub const fn simulator(&self) -> Option<&Simulator> {
        self.simulator.as_ref()
    }

    /// Takes no more requests, lets those under way finish, and stops.
    pub async fn stop(mut self) {
        // The other end lives as long as the server does.
        let _ = self.stop.send(true);
        let entitlement = self.entitlement.as_mut();
        let served = async {
            // A task that panicked has stopped too.
            let _ = (&mut self.serving).await;
            if let Some((_, serving)) = entitlement {
                let _ = serving.await;
            }
        };
        if tokio::time::timeout(LAST_REQUESTS, served).await.is_err() {
            tracing::warn!("some requests did not finish in time");
        }
        if let Some(simulator) = self.simulator.take() {
            simulator.stop().await;
        }
    }
}

impl Drop for Storefront {
    fn drop(&mut self) {
        self.serving.abort();
        if let Some((_, serving)) = &self.entitlement {
            serving.abort();
        }
        self.sweeping.abort();
        if let Some(listening) = &self.listening {
            listening.abort();
        }
    }
}

/// Makes an account in a storefront's database, whether or not the storefront runs.
///
/// # Errors
/// [`Error::Settings`] where there is one with that email already, or email or password can be
/// none; otherwise what the database says.
pub async fn add_viewer(
    settings: &Settings,
    email: &str,
    name: &str,
    password: &str,
) -> Result<(), Error> {
    let db = database::open(&settings.database).await?;
    let (clock, entropy) = (Clock::default(), settings.entropy.clone());
    let accounts = Accounts::new(db, clock, entropy, settings.has_demo_data()).await?;
    if accounts.add(email, name, password).await? {
        Ok(())
    } else {
        Err(Error::Settings(format!(
            "there is a viewer {email} already"
        )))
    }
}

/// The ExpressPlay that a storefront talks to, always over HTTP.
struct Connection {
    base: BaseUrl,
    authenticator: CustomerAuthenticator,
    origins: LicenceOrigins,
    clock: Clock,
    presenter: Option<Presenter>,
    simulator: Option<Simulator>,
}

async fn connect(settings: &Settings) -> Result<Connection, Error> {
    match &settings.expressplay {
        ExpressPlay::Elsewhere {
            base,
            public_url,
            authenticator,
        } => Ok(Connection {
            base: base.clone(),
            authenticator: authenticator.clone(),
            origins: licence_origins(public_url.clone().unwrap_or_else(|| base.of("wv"))),
            clock: Clock::default(),
            presenter: None,
            simulator: None,
        }),
        ExpressPlay::Embedded {
            listen,
            database,
            public_url,
            authenticator,
            test_controls,
            presenter,
        } => {
            let mut builder = Simulator::builder()
                .listen(*listen)
                .database(database.as_str())
                .account(Account::new(Environment::Production, authenticator.clone()))
                .entropy(settings.entropy.clone())
                .control(*test_controls);
            if let Some(url) = public_url {
                builder = builder.public_url(url.as_str());
            }
            // One clock for both: where it was put forward, it is so again after a restart.
            let clock = Clock::default();
            let simulator = builder.clock(clock.clone()).start().await?;
            let presenter = match *presenter {
                true => simulator.sandbox(&SandboxName::of_default()),
                false => None,
            };
            let base: BaseUrl = simulator
                .url()
                .parse()
                .map_err(|_| Error::Settings("the simulator has no usable URL".to_owned()))?;
            Ok(Connection {
                authenticator: authenticator.clone(),
                origins: licence_origins(public_url.clone().unwrap_or_else(|| base.to_string())),
                base,
                clock,
                presenter: presenter.map(Presenter::of),
                simulator: Some(simulator),
            })
        }
    }
}

/// Scheme, host and port of the URL that licences are at: what a Content-Security-Policy allows.
fn licence_origins(url: String) -> LicenceOrigins {
    let url = url::Url::parse(&url).ok();
    let origin = url.map(|url| url.origin().ascii_serialization());
    LicenceOrigins(origin.into_iter().collect())
}

/// A listener, and the address that it has.
async fn listen(
    flag: &'static str,
    address: SocketAddr,
) -> Result<(TcpListener, SocketAddr), Error> {
    let cannot_listen = cannot_listen(flag, address);
    let listener = TcpListener::bind(address).await.map_err(&cannot_listen)?;
    let address = listener.local_addr().map_err(&cannot_listen)?;
    Ok((listener, address))
}

fn cannot_listen(flag: &'static str, address: SocketAddr) -> impl Fn(io::Error) -> Error {
    move |source| Error::Listen {
        flag,
        address,
        source,
    }
}

async fn serve(serving: impl IntoFuture<Output = io::Result<()>>) {
    if let Err(cause) = serving.await {
        tracing::error!(%cause, "a listener ended");
    }
}

/// Waits until the storefront is asked to stop.
async fn until_asked(mut stopped: watch::Receiver<bool>) {
    // An error means that the handle is gone, which stops the server as well.
    let _ = stopped.wait_for(|stop| *stop).await;
}

async fn sweep(sessions: SqliteStore, db: SqlitePool) {
    let mut turns = tokio::time::interval(SESSION_SWEEP);
    loop {
        turns.tick().await;
        if let Err(cause) = sessions.delete_expired().await {
            tracing::warn!(%cause, "expired sessions could not be deleted");
        }
        if let Err(cause) = sign_ins::sweep(&db).await {
            tracing::warn!(%cause, "who was signed in could not be forgotten");
        }
    }
}
