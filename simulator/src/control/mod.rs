//! The control plane: `/__sim/…`. For tests and presenters; the real service has none.
//!
//! `sandboxes` makes, changes and drops sandboxes and their accounts; `clock` reads, sets,
//! advances and freezes a sandbox's clock; `faults` makes its calls fail; `journal` tells of its
//! calls; `snapshots` keeps what it holds. What [`crate::SandboxHandle`] offers in Rust goes the same
//! way.
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
pub(crate) use journal::MOST_WAITERS;
pub(crate) use sandboxes::Place;
pub use sandboxes::{AccountState, ChangeSettings, NewAccount, NewSandbox, SandboxState};
pub use snapshots::{Document, SnapshotState};

use axum::{
    Json, Router,
    body::Bytes,
    extract::{DefaultBodyLimit, FromRequest, FromRequestParts, Path, Request, State},
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::{any, delete, get, patch, post},
};
use http::{HeaderMap, Method, StatusCode, header, request::Parts, uri::Authority};
use serde::de::DeserializeOwned;
use subtle::ConstantTimeEq;

use crate::{call::host, database::Trouble, ending::Reason, service::Service};

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
        .route("/__sim/{*rest}", any(no_such_url))
        .method_not_allowed_fallback(no_such_method)
        .layer(middleware::from_fn_with_state(service.clone(), guard))
}

/// Why a call of the control plane came to nothing: a status, and JSON that says why.
#[derive(Debug)]
pub(crate) struct Problem {
    status: StatusCode,
    why: String,
    /// What ends the simulator, where that is why.
    trouble: Option<Trouble>,
}

impl Problem {
    pub(crate) fn new(status: StatusCode, why: impl Into<String>) -> Self {
        Self {
            status,
            why: why.into(),
            trouble: None,
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
        let trouble = Trouble::of(&error);
        let why = match trouble {
            Some(trouble) => format!("{trouble}, and the simulator stops"),
            None => "the database failed; the simulator's log says more".to_owned(),
        };
        Self {
            status: StatusCode::INTERNAL_SERVER_ERROR,
            why,
            trouble,
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let body = Json(serde_json::json!({ "error": self.why }));
        let mut response = (self.status, body).into_response();
        if let Some(trouble) = self.trouble {
            // For the guard, which can end the simulator.
            response.extensions_mut().insert(trouble);
        }
        response
    }
}

/// What stands in a call's path.
pub(crate) struct At<T>(pub(crate) T);

impl<T: DeserializeOwned + Send> FromRequestParts<Service> for At<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, service: &Service) -> Result<Self, Problem> {
        match Path::from_request_parts(parts, service).await {
            Ok(Path(place)) => Ok(Self(place)),
            Err(rejection) => Err(Problem::new(rejection.status(), rejection.body_text())),
        }
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
        // What waits is left with whoever waits for it.
        None if request.method() == Method::GET => answer(&service, next.run(request).await),
        // What changes something is done to the end, even if nobody waits for that.
        None => match tokio::spawn(next.run(request)).await {
            Ok(response) => answer(&service, response),
            Err(error) => {
                tracing::error!(%error, "a call of the control plane was not finished");
                Problem::new(
                    StatusCode::INTERNAL_SERVER_ERROR,
                    "the simulator's log says more",
                )
                .into_response()
            }
        },
        Some(why) => Problem::new(StatusCode::FORBIDDEN, why).into_response(),
    }
}

fn answer(service: &Service, mut response: Response) -> Response {
    if let Some(trouble) = response.extensions_mut().remove::<Trouble>() {
        service.ending.begin(Reason::Broken(trouble.to_string()));
    }
    response
}

async fn no_such_url() -> Problem {
    Problem::new(
        StatusCode::NOT_FOUND,
        "the control plane has no such URL; /__sim/sandboxes is one",
    )
}

async fn no_such_method() -> Problem {
    Problem::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "this URL takes another method; the Allow header of this answer says which",
    )
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
