//! Makes and drops the lab's sandboxes: in the simulator of this process, or by the control plane
//! of one elsewhere. Neither its address nor an account of it goes to a browser.

use std::time::Duration;

use app::lab::NoSandbox;
use expressplay::{
    CustomerAuthenticator,
    client::{BaseUrl, Options},
};
use http::Method;
use serde::Deserialize;
use serde_json::{Value, json};
use simulator::{
    Environment, SandboxHandle, SandboxName, Simulator,
    control::{ChangeSettings, NewAccount, NewSandbox},
    fault::CallKind,
    journal::JournalQuery,
};

use crate::error::Error;

/// What the lab's sandboxes are called, before a number of their own.
pub(super) const PREFIX: &str = "lab-";

/// Who makes sandboxes.
#[derive(Debug)]
pub(super) enum Control {
    /// The simulator in this process, by way of its first sandbox.
    Embedded(SandboxHandle),
    /// A simulator elsewhere, if its control plane answers.
    Elsewhere(Plane),
    /// Nobody: it is the real service.
    Nobody,
}

/// A control plane.
#[derive(Debug, Clone)]
pub(super) struct Plane {
    /// Where `/__sim/` is.
    base: String,
    http: reqwest::Client,
}

/// A sandbox of the lab's.
#[derive(Debug, Clone)]
pub(super) enum Sandbox {
    Embedded(SandboxHandle),
    Elsewhere(Plane, SandboxName),
}

/// What of a new sandbox's state matters.
#[derive(Deserialize)]
struct Made {
    name: SandboxName,
    accounts: Vec<MadeAccount>,
}

#[derive(Deserialize)]
struct MadeAccount {
    authenticator: String,
}

impl Control {
    pub(super) async fn of(
        simulator: Option<&Simulator>,
        base: &BaseUrl,
        options: &Options,
    ) -> Result<Self, Error> {
        if let Some(simulator) = simulator {
            for sandbox in simulator.sandboxes() {
                if sandbox.name().as_str().starts_with(PREFIX) {
                    sandbox.remove().await?;
                }
            }
            let first = simulator.sandbox(&SandboxName::of_default());
            return Ok(first.map_or(Self::Nobody, Self::Embedded));
        }
        if base.is_template() {
            return Ok(Self::Nobody);
        }
        let http = reqwest::Client::builder()
            .timeout(options.timeout)
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map_err(failed)?;
        Ok(Self::Elsewhere(Plane {
            base: format!("{base}/__sim"),
            http,
        }))
    }

    pub(super) async fn missing(&self) -> Option<NoSandbox> {
        match self {
            Self::Embedded(_) => None,
            Self::Elsewhere(plane) => {
                let answer = plane.call(Method::GET, "/clock", None, None).await;
                answer.is_err().then_some(NoSandbox::NoControl)
            }
            Self::Nobody => Some(NoSandbox::RealService),
        }
    }

    /// A sandbox with one account, which takes signed licence requests alone, as the shop's own.
    pub(super) async fn make(
        &self,
        name: SandboxName,
    ) -> Result<(Sandbox, CustomerAuthenticator), Error> {
        let (sandbox, authenticator) = match self {
            Self::Embedded(first) => {
                let account = NewAccount {
                    environment: Environment::Production,
                    authenticator: None,
                    settings: ChangeSettings::default(),
                };
                let new = NewSandbox {
                    name: Some(name),
                    accounts: vec![account],
                    ..NewSandbox::default()
                };
                let made = first.make_another(new).await.map_err(failed)?;
                let state = made.state().await.map_err(failed)?;
                let account = state.accounts.into_iter().next();
                let authenticator = account.map(|account| account.authenticator);
                (Sandbox::Embedded(made), authenticator)
            }
            Self::Elsewhere(plane) => {
                let new = json!({ "name": name, "accounts": [{ "environment": "production" }] });
                let made = plane.call(Method::POST, "/sandboxes", Some(new), None);
                let made: Made = serde_json::from_value(made.await?).map_err(failed)?;
                let account = made.accounts.into_iter().next();
                let authenticator = account.map(|account| account.authenticator);
                (Sandbox::Elsewhere(plane.clone(), made.name), authenticator)
            }
            Self::Nobody => return Err(failed("there is nobody to make one")),
        };
        let authenticator = authenticator.and_then(|text| text.parse().ok());
        match authenticator {
            Some(authenticator) => Ok((sandbox, authenticator)),
            None => {
                sandbox.remove().await?;
                Err(failed("it has no account"))
            }
        }
    }
}

impl Sandbox {
    pub(super) async fn advance(&self, by: Duration) -> Result<(), Error> {
        match self {
            Self::Embedded(handle) => {
                handle.advance(by).await.map_err(failed)?;
            }
            Self::Elsewhere(plane, name) => {
                let path = format!("/sandboxes/{name}/clock/advance");
                let by = json!({ "seconds": by.as_secs() });
                plane.call(Method::POST, &path, Some(by), None).await?;
            }
        }
        Ok(())
    }

    /// Waits until a licence was asked for, or so long.
    pub(super) async fn used(&self, within: Duration) {
        let wait = u64::try_from(within.as_millis()).unwrap_or(u64::MAX);
        match self {
            Self::Embedded(handle) => {
                let query = JournalQuery {
                    call: Some(CallKind::License),
                    wait,
                    ..JournalQuery::default()
                };
                handle.journal(&query).await;
            }
            Self::Elsewhere(plane, name) => {
                let path = format!("/sandboxes/{name}/journal?call=license&wait={wait}");
                // One that does not answer drops nothing, either: the caller says so.
                let _ = plane.call(Method::GET, &path, None, Some(within * 2)).await;
            }
        }
    }

    pub(super) async fn remove(self) -> Result<(), Error> {
        match self {
            Self::Embedded(handle) => handle.remove().await.map_err(failed),
            Self::Elsewhere(plane, name) => {
                let path = format!("/sandboxes/{name}");
                plane.call(Method::DELETE, &path, None, None).await?;
                Ok(())
            }
        }
    }
}

impl Plane {
    async fn call(
        &self,
        method: Method,
        path: &str,
        body: Option<Value>,
        patience: Option<Duration>,
    ) -> Result<Value, Error> {
        let mut request = self.http.request(method, format!("{}{path}", self.base));
        if let Some(body) = body {
            request = request.json(&body);
        }
        if let Some(patience) = patience {
            request = request.timeout(patience);
        }
        let answer = request.send().await.map_err(without_url)?;
        let answer = answer.error_for_status().map_err(without_url)?;
        let text = answer.text().await.map_err(without_url)?;
        match &*text {
            "" => Ok(Value::Null),
            text => serde_json::from_str(text).map_err(failed),
        }
    }
}

fn failed(why: impl ToString) -> Error {
    Error::Sandbox(why.to_string())
}

/// A control plane elsewhere is nobody's business who reads the log.
fn without_url(error: reqwest::Error) -> Error {
    failed(error.without_url())
}
