//! The control plane: `/__sim/…`. For tests and presenters; the real service has none.
//!
//! `sandboxes` makes, changes and drops sandboxes and their accounts; `clock` reads, sets,
//! advances and freezes a sandbox's clock; `faults` makes its calls fail; `journal` tells of its
//! calls; `snapshots` keeps what it holds. What [`crate::Simulator`] offers in Rust goes the same way.
//!
//! A web page must not reach it: it has no CORS, and a foreign `Origin` or a `Host` that is not
//! loopback is refused. A simulator that listens off loopback wants a control token.

mod clock;
mod faults;
mod journal;
mod sandboxes;
mod snapshots;
mod store;

pub use clock::{ClockState, SetClock};
pub use sandboxes::{AccountState, ChangeSettings, NewAccount, NewSandbox, SandboxState};

use axum::{
    Json, Router,
    body::Bytes,
    extract::{DefaultBodyLimit, FromRequest, Request, State},
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::{delete, get, patch, post},
};
use http::{HeaderMap, StatusCode, header, uri::Authority};
use serde::de::DeserializeOwned;
use subtle::ConstantTimeEq;

use crate::{
    call::host,
    service::{Service, no_such_method},
};

/// What every path of the control plane starts with.
pub(crate) const PREFIX: &str = "/__sim/";

/// The largest sandbox that can be brought in as a file.
const MAX_IMPORT: usize = 64 * 1024 * 1024;

pub(crate) fn routes(service: &Service) -> Router<Service> {
    Router::new()
        .route("/__sim/clock", get(clock::read).put(clock::set))
        .route("/__sim/clock/advance", post(clock::advance))
        .route(
            "/__sim/sandboxes",
            get(sandboxes::list).post(sandboxes::make),
        )
        .route(
            "/__sim/sandboxes/{sandbox}",
            get(sandboxes::show)
                .patch(sandboxes::change)
                .delete(sandboxes::remove),
        )
        .route(
            "/__sim/sandboxes/{sandbox}/accounts/{environment}/{number}",
            patch(sandboxes::change_account),
        )
        .route(
            "/__sim/sandboxes/{sandbox}/clock",
            get(clock::read).put(clock::set),
        )
        .route(
            "/__sim/sandboxes/{sandbox}/clock/advance",
            post(clock::advance),
        )
        .route(
            "/__sim/sandboxes/{sandbox}/faults",
            get(faults::list).post(faults::add).delete(faults::clear),
        )
        .route(
            "/__sim/sandboxes/{sandbox}/faults/{id}",
            delete(faults::remove),
        )
        .route(
            "/__sim/sandboxes/{sandbox}/journal",
            get(journal::find).delete(journal::clear),
        )
        .route(
            "/__sim/sandboxes/{sandbox}/journal/events",
            get(journal::events),
        )
        .route(
            "/__sim/import",
            post(snapshots::import).layer(DefaultBodyLimit::max(MAX_IMPORT)),
        )
        .route("/__sim/sandboxes/{sandbox}/export", get(snapshots::export))
        .route("/__sim/sandboxes/{sandbox}/reset", post(snapshots::reset))
        .route(
            "/__sim/sandboxes/{sandbox}/snapshots",
            get(snapshots::list).post(snapshots::take),
        )
        .route(
            "/__sim/sandboxes/{sandbox}/snapshots/{name}",
            delete(snapshots::remove),
        )
        .route(
            "/__sim/sandboxes/{sandbox}/snapshots/{name}/restore",
            post(snapshots::restore),
        )
        .method_not_allowed_fallback(no_such_method)
        .layer(middleware::from_fn_with_state(service.clone(), guard))
}

/// Why a call of the control plane came to nothing: a status, and JSON that says why.
#[derive(Debug)]
pub(crate) struct Problem {
    status: StatusCode,
    why: String,
}

impl Problem {
    pub(crate) fn new(status: StatusCode, why: impl Into<String>) -> Self {
        Self {
            status,
            why: why.into(),
        }
    }

    /// 404 for what is not there.
    pub(crate) fn no(what: impl std::fmt::Display) -> Self {
        Self::new(StatusCode::NOT_FOUND, format!("there is no {what}"))
    }
}

impl From<sqlx::Error> for Problem {
    fn from(error: sqlx::Error) -> Self {
        tracing::error!(%error, "the database failed");
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "the database failed; the simulator's log says more",
        )
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        (self.status, Json(serde_json::json!({ "error": self.why }))).into_response()
    }
}

/// A JSON body, whatever its content type: curl's is a form's unless told otherwise. No body is
/// an empty object.
pub(crate) struct Body<T>(pub(crate) T);

impl<T: DeserializeOwned> FromRequest<Service> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, service: &Service) -> Result<Self, Problem> {
        let bytes = Bytes::from_request(request, service)
            .await
            .map_err(|rejection| Problem::new(rejection.status(), rejection.body_text()))?;
        let text = match bytes.trim_ascii() {
            [] => b"{}",
            text => text,
        };
        let mut json = serde_json::Deserializer::from_slice(text);
        serde_path_to_error::deserialize(&mut json)
            .map(Self)
            .map_err(|error| {
                let (place, fault) = (error.path().to_string(), error.inner());
                let why = match place.as_str() {
                    "." => format!("the body is not the JSON that this call takes: {fault}"),
                    _ => format!("{place}: {fault}"),
                };
                Problem::new(StatusCode::BAD_REQUEST, why)
            })
    }
}

async fn guard(State(service): State<Service>, request: Request, next: Next) -> Response {
    match refusal(&service, request.headers()) {
        None => next.run(request).await,
        Some(why) => Problem::new(StatusCode::FORBIDDEN, why).into_response(),
    }
}

fn refusal(service: &Service, headers: &HeaderMap) -> Option<&'static str> {
    let host = host(headers);
    let origin = headers.get(header::ORIGIN);
    if let Some(origin) = origin {
        let own = host.as_ref().map(|host| format!("http://{host}"));
        if origin.to_str().ok() != own.as_deref() {
            return Some("the control plane answers no page of another origin");
        }
    }
    if let Some(token) = &service.control_token {
        let given = headers
            .get(header::AUTHORIZATION)
            .map(http::HeaderValue::as_bytes);
        let given = given
            .and_then(|value| value.strip_prefix(b"Bearer "))
            .unwrap_or_default();
        let right: bool = given.ct_eq(token.as_bytes()).into();
        return (!right).then_some("the control plane wants `Authorization: Bearer` and its token");
    }
    if !service.on_loopback {
        return Some("off loopback the control plane needs a control token: --control-token");
    }
    let local = host.as_ref().is_some_and(is_loopback);
    (!local).then_some("the control plane answers on a loopback host alone")
}

fn is_loopback(host: &Authority) -> bool {
    let name = host.host().trim_start_matches('[').trim_end_matches(']');
    name.eq_ignore_ascii_case("localhost")
        || name
            .parse::<std::net::IpAddr>()
            .is_ok_and(|ip| ip.is_loopback())
}
