//! `GET /metrics`: what a simulator does, in numbers that Prometheus reads.
//!
//! Open to whoever reaches the simulator, and without CORS: it counts, and names no account,
//! sandbox, cookie or device.

use std::{sync::Arc, time::Duration};

use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use expressplay::Drm;
use http::header;
use prometheus_client::{
    encoding::{EncodeLabelSet, text::encode},
    metrics::{
        counter::Counter,
        family::Family,
        gauge::Gauge,
        histogram::{Histogram, exponential_buckets},
    },
    registry::{Registry, Unit},
};

use crate::{fault::CallKind, journal::Outcome, service::Service};

/// What Prometheus takes for OpenMetrics' text.
const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Ended {
    call: &'static str,
    drm: &'static str,
    outcome: &'static str,
    /// ExpressPlay's, for a refusal.
    code: Option<i32>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Kind {
    call: &'static str,
}

/// The numbers of one simulator.
#[derive(Debug)]
pub(crate) struct Metrics {
    registry: Registry,
    calls: Family<Ended, Counter>,
    durations: Family<Kind, Histogram, fn() -> Histogram>,
    commits: Histogram,
    sandboxes: Gauge,
}

impl Metrics {
    pub(crate) fn new() -> Self {
        let mut registry = Registry::with_prefix("simulator");
        let calls = Family::default();
        registry.register(
            "calls",
            "Calls of ExpressPlay's API, by what came of them",
            calls.clone(),
        );
        // A quarter of a millisecond to four seconds.
        let durations: Family<Kind, Histogram, fn() -> Histogram> =
            Family::new_with_constructor(|| Histogram::new(exponential_buckets(0.000_25, 2.0, 15)));
        registry.register_with_unit(
            "call_duration",
            "How long they took, what faults made them wait included",
            Unit::Seconds,
            durations.clone(),
        );
        let commits = Histogram::new(exponential_buckets(1.0, 2.0, 10));
        registry.register(
            "commit_records",
            "Records that shared one durable commit",
            commits.clone(),
        );
        let sandboxes = Gauge::default();
        registry.register("sandboxes", "Sandboxes that there are", sandboxes.clone());
        Self {
            registry,
            calls,
            durations,
            commits,
            sandboxes,
        }
    }

    /// Counts a call.
    pub(crate) fn call(
        &self,
        call: CallKind,
        drm: Option<Drm>,
        outcome: Outcome,
        code: Option<i32>,
        took: Duration,
    ) {
        let call = call.name();
        let ended = Ended {
            call,
            drm: drm.map_or("", Drm::code),
            outcome: outcome.name(),
            code,
        };
        self.calls.get_or_create(&ended).inc();
        let duration = self.durations.get_or_create(&Kind { call });
        duration.observe(took.as_secs_f64());
    }

    /// Counts a commit of so many records.
    pub(crate) fn committed(&self, records: usize) {
        // No commit has so many that a float would round them.
        self.commits.observe(records as f64);
    }
}

/// `GET /metrics`.
pub(crate) async fn answer(State(service): State<Service>) -> Response {
    let metrics: &Arc<Metrics> = &service.metrics;
    let sandboxes = service.sandboxes.count();
    metrics
        .sandboxes
        .set(i64::try_from(sandboxes).unwrap_or(i64::MAX));
    let mut text = String::new();
    // A String takes all that is written to it.
    let _ = encode(&mut text, &metrics.registry);
    ([(header::CONTENT_TYPE, OPEN_METRICS)], text).into_response()
}
