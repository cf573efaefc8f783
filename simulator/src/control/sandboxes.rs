//! `/__sim/sandboxes`: ExpressPlays side by side, made and dropped in one call each.

use std::{fmt, sync::Arc, time::Duration};

use axum::{
    Json, RequestPartsExt,
    extract::{FromRequestParts, RawPathParams, State},
};
use expressplay::{CustomerAuthenticator, Drm, token_request::Strictness};
use http::{StatusCode, request::Parts};
use serde::{Deserialize, Serialize};

use super::{
    At, Body, Problem,
    clock::{ClockState, SetClock},
};
use crate::{
    Account, Entropy, Environment, Settings,
    sandbox::{Sandbox, SandboxName},
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
#[derive(Debug, Clone, Default, Deserialize, utoipa::ToSchema)]
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
#[derive(Clone, Serialize, Deserialize, utoipa::ToSchema)]
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
#[derive(Debug, Clone, Default, Serialize, Deserialize, utoipa::ToSchema)]
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
    #[schema(value_type = Option<u64>)]
    pub credits: Option<Option<u64>>,
}

/// What ExpressPlay has a code for; a setting without one could not be told of.
fn only(member: &str, drms: &[Drm], known: &[Drm]) -> Result<(), Problem> {
    match drms.iter().find(|drm| !known.contains(drm)) {
        None => Ok(()),
        Some(other) => Err(Problem::new(
            StatusCode::BAD_REQUEST,
            format!(
                "{member} takes {}: ExpressPlay has no code to refuse {} with",
                known
                    .iter()
                    .map(|drm| drm.word())
                    .collect::<Vec<_>>()
                    .join(", "),
                other.word()
            ),
        )),
    }
}

/// A member that is there, null included.
fn given<'de, D: serde::Deserializer<'de>>(value: D) -> Result<Option<Option<u64>>, D::Error> {
    Option::deserialize(value).map(Some)
}

impl ChangeSettings {
    pub(super) fn apply(&self, settings: &mut Settings) -> Result<(), Problem> {
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
            only(
                "disabledDrms",
                drms,
                &[Drm::Widevine, Drm::PlayReady, Drm::FairPlay],
            )?;
            settings.disabled_drms = drms.iter().copied().collect();
        }
        if let Some(drms) = &self.unbound_drms {
            only("unboundDrms", drms, &[Drm::Widevine, Drm::FairPlay])?;
            settings.unbound_drms = drms.iter().copied().collect();
        }
        if let Some(credits) = self.credits {
            settings.credits = credits;
        }
        Ok(())
    }

    pub(super) fn of(settings: &Settings) -> Self {
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
#[derive(Debug, Clone, Copy, Default, Deserialize, utoipa::ToSchema)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ChangeSandbox {
    /// How many milliseconds a record takes to appear.
    record_lag_ms: Option<u64>,
}

/// A sandbox, as the control plane shows it.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
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
#[derive(Clone, Serialize, utoipa::ToSchema)]
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

#[utoipa::path(
    get,
    path = "/__sim/sandboxes",
    operation_id = "listTheSandboxes",
    tag = "Sandboxes",
    summary = "List the sandboxes",
    responses((status = 200, description = "All sandboxes", body = Vec<SandboxState>), Problem),
)]
pub(crate) async fn list(
    State(service): State<Service>,
) -> Result<Json<Vec<SandboxState>>, Problem> {
    let mut states = vec![];
    for sandbox in service.sandboxes.all() {
        match service.state_of(&sandbox).await {
            Err(_) if sandbox.is_dropped() => {}
            state => states.push(state?),
        }
    }
    Ok(Json(states))
}

#[utoipa::path(
    get,
    path = "/__sim/sandboxes/{sandbox}",
    operation_id = "showASandbox",
    tag = "Sandboxes",
    summary = "Show a sandbox",
    params(("sandbox" = String, Path, description = "The sandbox's name")),
    responses((status = 200, description = "The sandbox", body = SandboxState), Problem),
)]
pub(crate) async fn show(
    State(service): State<Service>,
    Chosen(sandbox): Chosen,
) -> Result<Json<SandboxState>, Problem> {
    Ok(Json(service.state_of(&sandbox).await?))
}

#[utoipa::path(
    post,
    path = "/__sim/sandboxes",
    operation_id = "makeASandbox",
    tag = "Sandboxes",
    summary = "Make a sandbox",
    request_body = NewSandbox,
    responses((status = 201, description = "The sandbox, with its accounts", body = SandboxState), Problem),
)]
pub(crate) async fn make(
    State(service): State<Service>,
    Body(new): Body<NewSandbox>,
) -> Result<(StatusCode, Json<SandboxState>), Problem> {
    let sandbox = service.make_sandbox(new).await?;
    Ok((StatusCode::CREATED, Json(service.state_of(&sandbox).await?)))
}

#[utoipa::path(
    patch,
    path = "/__sim/sandboxes/{sandbox}",
    operation_id = "changeASandbox",
    tag = "Sandboxes",
    summary = "Change a sandbox",
    params(("sandbox" = String, Path, description = "The sandbox's name")),
    request_body = ChangeSandbox,
    responses((status = 200, description = "The sandbox as it is now", body = SandboxState), Problem),
)]
pub(crate) async fn change(
    State(service): State<Service>,
    Chosen(sandbox): Chosen,
    Body(change): Body<ChangeSandbox>,
) -> Result<Json<SandboxState>, Problem> {
    if let Some(ms) = change.record_lag_ms {
        let lag = Duration::from_millis(ms);
        service.change_record_lag(&sandbox, lag).await?;
    }
    Ok(Json(service.state_of(&sandbox).await?))
}

#[utoipa::path(
    delete,
    path = "/__sim/sandboxes/{sandbox}",
    operation_id = "dropASandbox",
    tag = "Sandboxes",
    summary = "Drop a sandbox",
    params(("sandbox" = String, Path, description = "The sandbox's name")),
    responses((status = 204, description = "It is gone, with all that was in it"), Problem),
)]
pub(crate) async fn remove(
    State(service): State<Service>,
    Chosen(sandbox): Chosen,
) -> Result<StatusCode, Problem> {
    service.drop_sandbox(&sandbox).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[utoipa::path(
    patch,
    path = "/__sim/sandboxes/{sandbox}/accounts/{environment}/{number}",
    operation_id = "changeWhatAnAccountMayDo",
    tag = "Sandboxes",
    summary = "Change what an account may do",
    params(("sandbox" = String, Path, description = "The sandbox's name"), ("environment" = Environment, Path, description = "Where the account lives"), ("number" = u64, Path, description = "What stands before the comma of its authenticator")),
    request_body = ChangeSettings,
    responses((status = 200, description = "The account as it is now", body = AccountState), Problem),
)]
pub(crate) async fn change_account(
    State(service): State<Service>,
    Chosen(sandbox): Chosen,
    At(at): At<(String, String, String)>,
    Body(change): Body<ChangeSettings>,
) -> Result<Json<AccountState>, Problem> {
    let (_, environment, number) = at;
    let place = Place {
        environment: super::part(
            "environment",
            &environment,
            "test or production",
            Environment::named,
        )?,
        number: super::number("number", &number)?,
    };
    let state = service.change_account(&sandbox, place, &change).await?;
    Ok(Json(state))
}

/// Where in a sandbox an account is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place {
    pub(crate) environment: Environment,
    pub(crate) number: u64,
}

impl NewAccount {
    pub(super) fn read(&self, entropy: &Entropy) -> Result<Account, Problem> {
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

pub(super) fn random_account(environment: Environment, entropy: &Entropy) -> Account {
    // Seven digits, so that nobody takes it for a real one, which has six.
    let number = 1_000_000 + u64::from(u32::from_be_bytes(entropy.bytes())) % 9_000_000;
    Account::new(
        environment,
        CustomerAuthenticator::new(number, entropy.bytes()),
    )
}
