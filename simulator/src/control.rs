//! The control plane: `/__sim/…`. For tests and presenters; the real service has none.
//!
//! A web page must not reach it: it has no CORS, and a foreign `Origin` or a `Host` that is not
//! loopback is refused. A simulator that listens off loopback wants a control token.

use axum::{
    Json, Router,
    body::Bytes,
    extract::{Request, State},
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use http::{HeaderMap, StatusCode, header, uri::Authority};
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq;

use crate::{call::host, service::Service};

/// The clock, as the control plane shows it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct ClockState {
    /// The time that tokens, rentals and records go by.
    now: jiff::Timestamp,
    /// How far that is ahead of the machine's time.
    ahead_ms: i64,
}

/// How far to put the clock forward.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Advance {
    /// Whole seconds.
    seconds: u64,
}

/// What every path of the control plane starts with.
pub(crate) const PREFIX: &str = "/__sim/";

pub(crate) fn routes(service: &Service) -> Router<Service> {
    Router::new()
        .route("/__sim/clock", get(read_clock))
        .route("/__sim/clock/advance", post(advance_clock))
        .layer(middleware::from_fn_with_state(service.clone(), guard))
}

async fn read_clock(State(service): State<Service>) -> Json<ClockState> {
    Json(ClockState {
        now: service.clock.now(),
        ahead_ms: service.clock.ahead_ms(),
    })
}

async fn advance_clock(
    State(service): State<Service>,
    body: Bytes,
) -> Result<Json<ClockState>, (StatusCode, String)> {
    // Whatever the content type: curl's is a form's unless told otherwise.
    let by: Advance = serde_json::from_slice(&body).map_err(|error| {
        let why =
            format!("the body is JSON such as {{\"seconds\": 60}}, and this is not: {error}\n");
        (StatusCode::BAD_REQUEST, why)
    })?;
    service
        .clock
        .advance(std::time::Duration::from_secs(by.seconds));
    tracing::info!(seconds = by.seconds, now = %service.clock.now(), "the clock was put forward");
    Ok(read_clock(State(service)).await)
}

async fn guard(State(service): State<Service>, request: Request, next: Next) -> Response {
    match refusal(&service, request.headers()) {
        None => next.run(request).await,
        Some(why) => (StatusCode::FORBIDDEN, why).into_response(),
    }
}

fn refusal(service: &Service, headers: &HeaderMap) -> Option<&'static str> {
    let host = host(headers);
    let origin = headers.get(header::ORIGIN);
    if let Some(origin) = origin {
        let own = host.as_ref().map(|host| format!("http://{host}"));
        if origin.to_str().ok() != own.as_deref() {
            return Some("the control plane answers no page of another origin\n");
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
        return (!right)
            .then_some("the control plane wants `Authorization: Bearer` and its token\n");
    }
    if !service.on_loopback {
        return Some("off loopback the control plane needs a control token: --control-token\n");
    }
    let local = host.as_ref().is_some_and(is_loopback);
    (!local).then_some("the control plane answers on a loopback host alone\n")
}

fn is_loopback(host: &Authority) -> bool {
    let name = host.host().trim_start_matches('[').trim_end_matches(']');
    name.eq_ignore_ascii_case("localhost")
        || name
            .parse::<std::net::IpAddr>()
            .is_ok_and(|ip| ip.is_loopback())
}
