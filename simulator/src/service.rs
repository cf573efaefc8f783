//! What every handler shares, and the routes.

use std::{sync::Arc, time::Duration};

use axum::{
    Router,
    extract::{DefaultBodyLimit, State},
    response::{Html, IntoResponse, Response},
    routing::{any, get, post},
};
use expressplay::{Drm, key_storage::KEYS_PATH, record::RECORDS_PATH};
use http::{HeaderName, Method, StatusCode, Uri, header};
use sqlx::SqlitePool;
use tower_http::cors::CorsLayer;

use crate::{
    Entropy, control, keys, license, log::Log, records, sandbox::Sandboxes, seal::Sealer, token,
};

/// The largest body of any call.
pub(crate) const MAX_BODY: usize = 64 * 1024;

/// A running simulator, as its handlers see it.
#[derive(Clone)]
pub(crate) struct Service {
    pub(crate) sandboxes: Arc<Sandboxes>,
    pub(crate) sealer: Sealer,
    pub(crate) log: Log,
    pub(crate) readers: SqlitePool,
    pub(crate) writer: SqlitePool,
    /// For what belongs to no sandbox.
    pub(crate) entropy: Entropy,
    pub(crate) public_url: Option<String>,
    pub(crate) on_loopback: bool,
    pub(crate) has_control: bool,
    pub(crate) control_token: Option<String>,
}

impl Service {
    /// Every route. The control plane is left out where nobody should move the clock.
    pub(crate) fn router(self) -> Router {
        let licenses = Router::new()
            .route(Drm::Widevine.license_path(), post(license::widevine))
            .route(Drm::PlayReady.license_path(), post(license::playready))
            .route(Drm::FairPlay.license_path(), post(license::fairplay))
            // Before the layer, which answers the browsers' preflights.
            .method_not_allowed_fallback(no_such_method)
            .layer(cors());
        let backend = Router::new()
            .route(
                Drm::Widevine.token_path(),
                get(token::widevine).post(token::widevine),
            )
            .route(
                Drm::PlayReady.token_path(),
                get(token::playready).post(token::playready),
            )
            .route(
                Drm::FairPlay.token_path(),
                get(token::fairplay).post(token::fairplay),
            )
            .route(RECORDS_PATH, get(records::retrieve))
            .route(RECORDS_PATH.trim_end_matches('/'), get(records::retrieve))
            .route(KEYS_PATH, get(keys::all).post(keys::all))
            .route(
                &format!("{KEYS_PATH}/{{kid}}"),
                get(keys::one).delete(keys::one),
            );
        let mut router = Router::new()
            .route("/", get(index))
            .route("/healthz", get(|| async { "ok\n" }))
            .route("/readyz", get(ready))
            .merge(licenses)
            .merge(backend)
            .fallback(any(no_such_url));
        if self.has_control {
            router = router.merge(control::routes(&self));
        }
        router
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
        ])
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
        "there is no such URL here; the paths are ExpressPlay's own, such as /hms/wv/token\n"
    };
    (StatusCode::NOT_FOUND, why)
}

async fn no_such_method() -> (StatusCode, &'static str) {
    const WHERE_TO_LOOK: &str =
        "this URL takes another method; the Allow header of this answer says which\n";
    (StatusCode::METHOD_NOT_ALLOWED, WHERE_TO_LOOK)
}

async fn index(State(service): State<Service>) -> Html<String> {
    const CONTROL: &str = "<tr><td>Move the clock</td><td><code>POST /__sim/clock/advance</code> \
        with <code>{\"seconds\": 60}</code></td></tr>\n";
    let control = if service.has_control { CONTROL } else { "" };
    Html(include_str!("index.html").replace("{control}", control))
}
