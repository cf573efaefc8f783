//! `simulator serve`: ExpressPlay over HTTP until told to stop.

use std::{error::Error as StdError, io::Write, time::Duration};

use simulator::{Error, SandboxName, Simulator, control::SandboxState};
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::config::Settings;

/// What a file's size limit is told by (`ulimit -f`): 25 on Linux and macOS.
const SIGXFSZ: i32 = 25;

pub(crate) async fn run(settings: Settings) -> Result<(), Box<dyn StdError>> {
    let mut stop = StopSignals::new()?;
    // Listened for, so that it ends in a write that fails, and so in a reason, and not in a core dump.
    let _too_large = signal(SignalKind::from_raw(SIGXFSZ))?;
    let mut builder = Simulator::builder()
        .listen(settings.listen)
        .database(settings.database)
        .record_lag(Duration::from_secs(settings.record_lag));
    if let Some(url) = settings.public_url {
        builder = builder.public_url(url);
    }
    let has_token = settings.control_token.is_some();
    if let Some(token) = settings.control_token {
        builder = builder.control_token(token);
    }
    for account in settings.accounts {
        builder = builder.account(account);
    }
    let mut simulator = builder.start().await.map_err(with_hint)?;
    let of_default = simulator.sandbox(&SandboxName::of_default());
    let of_default = of_default.ok_or("the default sandbox is missing")?;
    greet(&simulator, &of_default.state().await?, has_token)?;
    tokio::select! {
        fault = simulator.wait() => Err(fault.into()),
        () = stop.one() => {
            simulator.stop().await;
            Ok(())
        }
    }
}

fn with_hint(error: Error) -> String {
    match error {
        Error::Listen { .. } => {
            format!("{error}. Stop what uses it, or choose another address with --listen")
        }
        Error::Database { .. } => format!("{error} with --database"),
        _ => error.to_string(),
    }
}

/// Says where it is and how to begin. The accounts go to standard output, and to no log.
fn greet(simulator: &Simulator, state: &SandboxState, has_token: bool) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    let url = simulator.url();
    writeln!(out, "ExpressPlay simulator at {url}\n\nAccounts:")?;
    for account in simulator.accounts() {
        let environment = account.environment;
        write!(
            out,
            "  {:<11} {}  {}",
            environment.name(),
            account.authenticator.reveal(),
            account.settings
        )?;
        let number = account.authenticator.number();
        let now = state
            .accounts
            .iter()
            .find(|now| now.environment == environment && now.number == number);
        match now.and_then(|now| now.settings.credits.flatten()) {
            Some(left) if account.settings.credits != Some(left) => {
                writeln!(out, ", of which an earlier start has left {left}")?;
            }
            _ => writeln!(out)?,
        }
    }
    if let Some(account) = simulator.accounts().first() {
        writeln!(
            out,
            "\nA first token:\n  curl '{url}/hms/wv/token?customerAuthenticator={}\
             &kid=00112233445566778899aabbccddeeff&contentKey=000102030405060708090a0b0c0d0e0f\
             &securityLevel=1&hdcpOutputControl=0&errorFormat=json'",
            account.authenticator.reveal(),
        )?;
    }
    writeln!(out, "\nNext:")?;
    let control = match (has_token, simulator.is_on_loopback()) {
        (true, _) => Some("curl -H 'authorization: Bearer …'"),
        (false, true) => Some("curl"),
        (false, false) => None,
    };
    for (what, how) in next_steps(url, control) {
        writeln!(out, "  {what:<24} {how}")?;
    }
    if !simulator.is_on_loopback() && !has_token {
        writeln!(
            out,
            "\nOthers can reach this simulator, so its control plane (/__sim/) is shut.\n\
             --control-token opens it to those who know the token."
        )?;
    }
    writeln!(out, "\nCtrl-C stops it.")?;
    out.flush()
}

/// What to do after the first token, and where to read on. `control` is how the control plane is
/// called, where it can be.
fn next_steps(url: &str, control: Option<&str>) -> Vec<(&'static str, String)> {
    let mut steps = vec![(
        "A device to redeem it",
        "simulator device --help".to_owned(),
    )];
    if let Some(curl) = control {
        let sandboxes = format!("{curl} {url}/__sim/sandboxes");
        steps.extend([
            (
                "A sandbox for a test",
                format!("{sandboxes} -d '{{\"name\": \"my-test\"}}'"),
            ),
            (
                "What was called so far",
                format!("{sandboxes}/default/journal"),
            ),
        ]);
    }
    steps.extend([
        ("Numbers for Prometheus", format!("{url}/metrics")),
        ("Every call, to try out", format!("{url}/docs")),
        ("Every error, explained", format!("{url}/errors")),
    ]);
    steps
}

/// Ctrl-C, or what a process manager sends.
struct StopSignals {
    interrupt: Signal,
    terminate: Signal,
}

impl StopSignals {
    /// From now on, so that neither is missed.
    fn new() -> std::io::Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    async fn one(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}
