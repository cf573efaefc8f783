//! `simulator serve`: ExpressPlay over HTTP until told to stop.

use std::{io::Write, net::SocketAddr, time::Duration};

use clap::Args;
use simulator::{Account, Error, Simulator};

#[derive(Args)]
pub(crate) struct Serve {
    /// Where to listen.
    #[arg(long, env = "SIMULATOR_LISTEN", default_value = "127.0.0.1:4000")]
    listen: SocketAddr,
    /// The database, such as sqlite://simulator.db; in memory by default.
    #[arg(long, env = "SIMULATOR_DATABASE", default_value = "sqlite::memory:")]
    database: String,
    /// What returned licence URLs start with; by default the request's own Host.
    #[arg(long, env = "SIMULATOR_PUBLIC_URL")]
    public_url: Option<String>,
    /// An account: test=NUMBER,HEX32 or production=NUMBER,HEX32, with any of ,strict ,plain
    /// ,no-plain ,disabled ,credits=NUMBER ,no-widevine ,no-playready ,no-fairplay
    /// ,no-device-binding behind it. Repeatable.
    #[arg(
        long,
        env = "SIMULATOR_ACCOUNTS",
        value_delimiter = ' ',
        hide_env_values = true
    )]
    account: Vec<String>,
    /// How many seconds a record takes to appear.
    #[arg(long, env = "SIMULATOR_RECORD_LAG", default_value_t = 0)]
    record_lag: u64,
    /// What calls of the control plane carry as a bearer token; needed off loopback.
    #[arg(long, env = "SIMULATOR_CONTROL_TOKEN", hide_env_values = true)]
    control_token: Option<String>,
}

impl Serve {
    pub(crate) async fn run(self) -> Result<(), Box<dyn std::error::Error>> {
        let mut builder = Simulator::builder()
            .listen(self.listen)
            .database(self.database)
            .record_lag(Duration::from_secs(self.record_lag));
        if let Some(url) = self.public_url {
            builder = builder.public_url(url);
        }
        let has_token = self.control_token.is_some();
        if let Some(token) = self.control_token {
            builder = builder.control_token(token);
        }
        for (place, account) in self.account.iter().enumerate() {
            // Read here and not by clap, whose message would quote what may be a secret.
            let account: Account = account
                .parse()
                .map_err(|error| format!("account number {} is none: {error}", place + 1))?;
            builder = builder.account(account);
        }
        let mut simulator = builder.start().await.map_err(with_hint)?;
        greet(&simulator, has_token)?;
        tokio::select! {
            () = simulator.wait() => Err("the simulator stopped listening".into()),
            stopped = stop_signal() => {
                stopped?;
                simulator.stop().await;
                Ok(())
            }
        }
    }
}

fn with_hint(error: Error) -> String {
    match error {
        Error::Listen { .. } => {
            format!("{error}. Stop what uses it, or choose another address with --listen")
        }
        _ => error.to_string(),
    }
}

/// Says where it is and how to begin. The accounts go to standard output, and to no log.
fn greet(simulator: &Simulator, has_token: bool) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(
        out,
        "ExpressPlay simulator at {}\n\nAccounts:",
        simulator.url()
    )?;
    for account in simulator.accounts() {
        let environment = account.environment.name();
        writeln!(
            out,
            "  {environment:<11} {}  {}",
            account.authenticator.reveal(),
            account.settings
        )?;
    }
    if let Some(account) = simulator.accounts().first() {
        writeln!(
            out,
            "\nA first token:\n  curl '{}/hms/wv/token?customerAuthenticator={}\
             &kid=00112233445566778899aabbccddeeff&contentKey=000102030405060708090a0b0c0d0e0f\
             &securityLevel=1&hdcpOutputControl=0&errorFormat=json'\n",
            simulator.url(),
            account.authenticator.reveal(),
        )?;
    }
    if !simulator.is_on_loopback() && !has_token {
        writeln!(
            out,
            "Others can reach this simulator, so its control plane (/__sim/) is shut.\n\
             --control-token opens it to those who know the token.\n"
        )?;
    }
    out.flush()
}

/// Ctrl-C, or what a process manager sends.
async fn stop_signal() -> std::io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        interrupted = tokio::signal::ctrl_c() => interrupted,
        _ = terminate.recv() => Ok(()),
    }
}
