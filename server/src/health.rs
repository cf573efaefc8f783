//! `/healthz` and `/readyz`: whether the process is up, and whether it can sell.

use std::{sync::Arc, time::Duration};

use axum::{
    Json, Router,
    extract::State,
    response::{IntoResponse, Response},
    routing::get,
};
use http::StatusCode;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use tokio::sync::Mutex;

use crate::{error::Error, shop::Shop};

/// How long a probe waits for ExpressPlay.
const PROBE: Duration = Duration::from_secs(3);
/// For so long a good answer of ExpressPlay's counts, so that probes are no load on it.
const GOOD_FOR: SignedDuration = SignedDuration::from_secs(1);

/// The two routes.
pub(crate) fn routes(shop: Arc<Shop>) -> Router {
    let probe = Arc::new(Probe {
        shop,
        answered_at: Mutex::default(),
    });
    Router::new()
        .route("/healthz", get(async || "ok\n"))
        .route("/readyz", get(ready))
        .with_state(probe)
}

/// What asks ExpressPlay, one question at a time.
struct Probe {
    shop: Arc<Shop>,
    /// When it last answered well.
    answered_at: Mutex<Option<Timestamp>>,
}

impl Probe {
    async fn expressplay(&self) -> Result<(), Error> {
        let mut answered_at = self.answered_at.lock().await;
        let now = self.shop.clock.now();
        let age = |at: Timestamp| at.duration_until(now);
        if answered_at.is_some_and(|at| (SignedDuration::ZERO..GOOD_FOR).contains(&age(at))) {
            return Ok(());
        }
        *answered_at = None;
        self.shop.entitlement.answers().await?;
        *answered_at = Some(now);
        Ok(())
    }

    async fn database(&self) -> Result<(), Error> {
        sqlx::query("select 1").execute(&self.shop.db).await?;
        Ok(())
    }
}

#[derive(Serialize)]
struct Readiness {
    database: bool,
    expressplay: bool,
}

async fn ready(State(probe): State<Arc<Probe>>) -> Response {
    let database = probe.database().await;
    let expressplay = match tokio::time::timeout(PROBE, probe.expressplay()).await {
        Ok(answer) => answer,
        Err(_) => Err(Error::Viewer(app::problem::Problem::ExpressPlayDown)),
    };
    for fault in [&database, &expressplay]
        .into_iter()
        .filter_map(|it| it.as_ref().err())
    {
        tracing::warn!(%fault, "not ready");
    }
    let readiness = Readiness {
        database: database.is_ok(),
        expressplay: expressplay.is_ok(),
    };
    let status = if readiness.database && readiness.expressplay {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    (status, Json(readiness)).into_response()
}
