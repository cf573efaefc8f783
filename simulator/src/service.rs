//! What every handler shares, and the routes.

use std::{ops::Deref, sync::Arc, time::Duration};

use axum::{
    Router,
    extract::{DefaultBodyLimit, State},
    response::{Html, IntoResponse, Response},
    routing::{any, get, post},
};
use expressplay::{
    Drm,
    key_storage::KEYS_PATH,
    record::{ARCHIVED_RECORDS_PATH, RECORDS_BY_TIME_PATH, RECORDS_PATH},
};
use http::{HeaderName, Method, StatusCode, Uri, header};
use sqlx::SqlitePool;
use tower_http::cors::CorsLayer;

use crate::{
    Entropy, broadband, control,
    ending::Ending,
    error,
    exchange::{self, Operation},
    hints,
    log::Log,
    metrics::{self, Metrics},
    openapi,
    sandbox::Sandboxes,
    seal::Sealer,
};

/// The largest body of any call.
pub(crate) const MAX_BODY: usize = 64 * 1024;

/// A running simulator, as its handlers see it: every call is given one.
#[derive(Clone)]
pub(crate) struct Service(Arc<Parts>);

/// What a running simulator is made of.
pub(crate) struct Parts {
    pub(crate) sandboxes: Sandboxes,
    pub(crate) sealer: Sealer,
    pub(crate) log: Log,
    pub(crate) readers: SqlitePool,
    pub(crate) writer: SqlitePool,
    /// For what belongs to no sandbox.
    pub(crate) entropy: Entropy,
    pub(crate) public_url: Option<String>,
    pub(crate) on_loopback: bool,
    pub(crate) has_control: bool,
    /// Held while a sandbox is made, changed or dropped: one at a time.
    pub(crate) control_turn: tokio::sync::Mutex<()>,
    /// The places for calls that wait.
    pub(crate) waiters: Arc<tokio::sync::Semaphore>,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) ending: Ending,
    pub(crate) control_token: Option<String>,
}

impl Deref for Service {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

impl From<Parts> for Service {
    fn from(parts: Parts) -> Self {
        Self(Arc::new(parts))
    }
}

impl Service {
    /// Every route. The control plane is left out where nobody should move the clock.
    pub(crate) fn router(self) -> Router {
        let handle = |operation: Operation| {
            move |state, peer, call| exchange::answer(state, peer, operation, call)
        };
        let mut licenses = Router::new();
        let mut backend = Router::new()
            .route(broadband::CONFIGURATION_PATH, get(broadband::configuration))
            .route(
                KEYS_PATH,
                get(handle(Operation::Keys)).post(handle(Operation::Keys)),
            )
            .route(
                &format!("{KEYS_PATH}/{{kid}}"),
                get(handle(Operation::Key)).delete(handle(Operation::Key)),
            );
        for (path, operation) in [
            (RECORDS_PATH, Operation::Records),
            (RECORDS_BY_TIME_PATH, Operation::RecordsByTime),
            (ARCHIVED_RECORDS_PATH, Operation::ArchivedRecords),
        ] {
            for path in [path, path.trim_end_matches('/')] {
                backend = backend.route(path, get(handle(operation)));
            }
        }
        for drm in Drm::ALL {
            let (token, license) = (Operation::Token(drm), Operation::License(drm));
            backend = backend.route(drm.token_path(), get(handle(token)).post(handle(token)));
            licenses = licenses.route(drm.license_path(), post(handle(license)));
        }
        let licenses = licenses
            // Before the layer, which answers the browsers' preflights.
            .method_not_allowed_fallback(redeemed_by_post)
            .layer(cors());
        let mut router = Router::new()
            .route("/", get(index))
            .route("/healthz", get(|| async { "ok\n" }))
            .route("/readyz", get(ready))
            .route(error::PAGE, get(error::page_of_codes))
            .route("/metrics", get(metrics::answer))
            .merge(licenses)
            .merge(backend)
            .fallback(any(no_such_url));
        let mut described = None;
        if self.has_control {
            let (control, description) = control::routes(&self);
            router = router.merge(control);
            described = Some(description);
        }
        router
            .merge(openapi::routes(described))
            .method_not_allowed_fallback(no_such_method)
            .layer(DefaultBodyLimit::max(MAX_BODY))
            .with_state(self)
    }
}

/// Players in a browser call redemption from any origin (API section 3).
fn cors() -> CorsLayer {
    CorsLayer::new()
        .allow_origin(tower_http::cors::Any)
        .allow_methods([Method::POST])
        .allow_headers([
            header::CONTENT_TYPE,
            HeaderName::from_static("expressplaytoken"),
            HeaderName::from_static("traceparent"),
        ])
        .expose_headers([hints::HEADER])
        .max_age(Duration::from_secs(600))
}

async fn ready(State(service): State<Service>) -> Response {
    match sqlx::query("select 1").execute(&service.readers).await {
        Ok(_) => "ready\n".into_response(),
        Err(error) => {
            tracing::error!(%error, "the database does not answer");
            (
                StatusCode::SERVICE_UNAVAILABLE,
                "the database does not answer\n",
            )
                .into_response()
        }
    }
}

async fn no_such_url(State(service): State<Service>, url: Uri) -> (StatusCode, &'static str) {
    let why = if url.path().starts_with(control::PREFIX) && !service.has_control {
        "this simulator was started without its control plane\n"
    } else {
        "there is no such URL here; the paths are ExpressPlay's own, such as /hms/wv/token (or pr, fp, \
         ms3, bb), and /docs shows them all\n"
    };
    (StatusCode::NOT_FOUND, why)
}

async fn redeemed_by_post() -> (StatusCode, &'static str) {
    const HOW: &str = "POST the device's licence request to this URL: it takes no other method\n";
    (StatusCode::METHOD_NOT_ALLOWED, HOW)
}

pub(crate) async fn no_such_method() -> (StatusCode, &'static str) {
    const WHERE_TO_LOOK: &str =
        "this URL takes another method; the Allow header of this answer says which\n";
    (StatusCode::METHOD_NOT_ALLOWED, WHERE_TO_LOOK)
}

async fn index(State(service): State<Service>) -> Html<String> {
    const CONTROL: &str = "<tr><td>Move the clock</td><td><code>POST /__sim/clock/advance</code> \
        with <code>{\"seconds\": 60}</code></td></tr>\n\
        <tr><td>Sandboxes, faults, journal</td><td><code>/__sim/sandboxes</code></td></tr>\n";
    let control = if service.has_control { CONTROL } else { "" };
    Html(include_str!("index.html").replace("{control}", control))
}
