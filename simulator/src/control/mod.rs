//! The control plane: `/__sim/…`. For tests and presenters; the real service has none.
//!
//! `sandboxes` makes, changes and drops sandboxes and their accounts; `clock` reads, sets,
//! advances and freezes a sandbox's clock; `faults` makes its calls fail; `journal` tells of its
//! calls; `snapshots` keeps what it holds. What [`crate::SandboxHandle`] offers in Rust goes the same
//! way.
//!
//! A web page must not reach it: it has no CORS, and a foreign `Origin` or a `Host` that is not
//! loopback is refused. A simulator that listens off loopback wants a control token.

mod body;
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

use std::collections::BTreeMap;

use axum::{
    Json, Router,
    extract::{DefaultBodyLimit, FromRequestParts, Path, Request, State},
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::{any, get, post},
};
use http::{HeaderMap, Method, StatusCode, header, request::Parts, uri::Authority};
use serde::de::DeserializeOwned;
use subtle::ConstantTimeEq;
use utoipa::{
    IntoResponses, OpenApi, ToSchema,
    openapi::{Content, RefOr, ResponseBuilder, schema::Schema},
};
use utoipa_axum::{router::OpenApiRouter, routes};

pub(crate) use self::body::Body;
use crate::{call::host, database::Trouble, ending::Reason, fault::NewFault, service::Service};

/// What every path of the control plane starts with.
pub(crate) const PREFIX: &str = "/__sim/";

/// The largest sandbox that can be brought in as a file.
const MAX_IMPORT: usize = 64 * 1024 * 1024;

/// The routes of the control plane, and what they look like.
pub(crate) fn routes(service: &Service) -> (Router<Service>, utoipa::openapi::OpenApi) {
    let import = OpenApiRouter::new()
        .routes(routes!(snapshots::import))
        .layer(DefaultBodyLimit::max(MAX_IMPORT));
    let (router, mut api) = OpenApiRouter::with_openapi(Description::openapi())
        .routes(routes!(sandboxes::list, sandboxes::make))
        .routes(routes!(
            sandboxes::show,
            sandboxes::change,
            sandboxes::remove
        ))
        .routes(routes!(sandboxes::change_account))
        .routes(routes!(clock::read, clock::set))
        .routes(routes!(clock::advance))
        .routes(routes!(faults::list, faults::add, faults::clear))
        .routes(routes!(faults::remove))
        .routes(routes!(journal::find, journal::clear))
        .routes(routes!(journal::events))
        .routes(routes!(snapshots::list, snapshots::take))
        .routes(routes!(snapshots::remove))
        .routes(routes!(snapshots::restore))
        .routes(routes!(snapshots::reset))
        .routes(routes!(snapshots::export))
        .merge(import)
        .split_for_parts();
    open_up::<NewFault>(&mut api);
    let router = router
        .route("/__sim/clock", get(clock::read).put(clock::set))
        .route("/__sim/clock/advance", post(clock::advance))
        .route(PREFIX, any(no_such_url))
        .route("/__sim/{*rest}", any(no_such_url))
        .method_not_allowed_fallback(no_such_method)
        .layer(middleware::from_fn_with_state(service.clone(), guard));
    (router, api)
}

/// Lets a schema stand beside other members in an answer, as a fault's does: it says that it takes
/// no others, which is true of a request.
fn open_up<T: ToSchema>(api: &mut utoipa::openapi::OpenApi) {
    let components = api.components.as_mut();
    let schema = components.and_then(|all| all.schemas.get_mut(T::name().as_ref()));
    if let Some(RefOr::T(Schema::Object(object))) = schema {
        object.additional_properties = None;
    }
}

#[derive(OpenApi)]
#[openapi(
    info(
        title = "The simulator's control plane",
        description = "What tests do to a simulated ExpressPlay: sandboxes, clocks, faults, journals, \
                   snapshots. The sandbox `default` has the accounts that the simulator was started \
                   with, and its clock is at `/__sim/clock` too. Bodies are JSON whatever their \
                   content type says."
    ),
    components(schemas(ProblemBody))
)]
struct Description;

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

/// Why a call of the control plane came to nothing.
#[derive(Debug, serde::Serialize, ToSchema)]
struct ProblemBody {
    /// What was wrong, and what the call takes.
    error: String,
}

impl IntoResponses for Problem {
    fn responses() -> BTreeMap<String, RefOr<utoipa::openapi::Response>> {
        let body = || utoipa::openapi::Ref::from_schema_name(ProblemBody::name());
        [
            ("400", "The call is not one that this URL takes"),
            (
                "403",
                "A page of another origin, a foreign host, or no control token",
            ),
            ("404", "There is nothing of that name"),
            ("409", "Something of that name or number is there already"),
            ("413", "The body is too large"),
            ("429", "Too many wait already, or too much is kept"),
            ("500", "The simulator failed; its log says more"),
        ]
        .into_iter()
        .map(|(status, what)| {
            let content = Content::new(Some(body()));
            let response = ResponseBuilder::new()
                .description(what)
                .content("application/json", content);
            (status.to_owned(), response.build().into())
        })
        .collect()
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let body = Json(ProblemBody { error: self.why });
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

/// What stands in a part of a path.
///
/// # Errors
/// 400 where that is nothing that the part takes.
fn part<T>(
    name: &str,
    text: &str,
    takes: &str,
    read: impl FnOnce(&str) -> Option<T>,
) -> Result<T, Problem> {
    read(text).ok_or_else(|| {
        let why = format!("{name}: it takes {takes}, and got {text}");
        Problem::new(StatusCode::BAD_REQUEST, why)
    })
}

/// A number in a path.
fn number(name: &str, text: &str) -> Result<u64, Problem> {
    part(name, text, "a whole number", |text| text.parse().ok())
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
            .and_then(|value| value.as_bytes().strip_prefix(b"Bearer "));
        let right = given.is_some_and(|given| given.ct_eq(token.as_bytes()).into());
        return (!right).then_some("the control plane wants `Authorization: Bearer` and its token");
    }
    if !service.on_loopback {
        return Some(
            "a simulator that listens off loopback needs a control token for this: --control-token",
        );
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
