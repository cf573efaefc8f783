//! `/__sim/clock`, the default sandbox's, and `/__sim/sandboxes/{sandbox}/clock`: the time that
//! tokens, rentals and records go by.

use std::{sync::Arc, time::Duration};

use axum::{Json, extract::State};
use http::StatusCode;
use jiff::Timestamp;
use serde::{
    Deserialize, Deserializer, Serialize,
    de::{Error as _, Unexpected},
};

use super::{Body, Problem, sandboxes::Chosen};
use crate::{Clock, clock::Hands, sandbox::Sandbox, service::Service};

/// A clock, as the control plane shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ClockState {
    /// The time that tokens, rentals and records go by.
    #[schema(value_type = String, format = DateTime)]
    pub now: Timestamp,
    /// How far that is ahead of the machine's time, in milliseconds.
    pub ahead_ms: i64,
    /// Whether the hands stand still.
    pub frozen: bool,
}

impl ClockState {
    pub(crate) fn of(clock: &Clock) -> Self {
        let now = clock.now();
        let (ahead, frozen) = match clock.hands() {
            Hands::Running { ahead } => (ahead, false),
            Hands::Frozen { at } => (at.duration_since(clock.real()), true),
        };
        Self {
            now,
            ahead_ms: i64::try_from(ahead.as_millis()).unwrap_or(i64::MAX),
            frozen,
        }
    }
}

/// How a clock is set.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct SetClock {
    /// To this time.
    #[serde(deserialize_with = "moment")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub now: Option<Timestamp>,
    /// Whether its hands stand still from now on.
    pub frozen: Option<bool>,
}

/// A time, or a refusal that says how one is written.
fn moment<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Timestamp>, D::Error> {
    let read = |text: String| {
        let wants = "RFC 3339 with Z, such as 2030-01-01T00:00:00Z";
        let wrong = |_| D::Error::invalid_value(Unexpected::Str(&text), &wants);
        text.parse().map_err(wrong)
    };
    Option::<String>::deserialize(deserializer)?
        .map(read)
        .transpose()
}

impl SetClock {
    pub(crate) fn apply(self, clock: &Clock) {
        match self.frozen {
            Some(true) => clock.freeze(),
            Some(false) => clock.resume(),
            None => {}
        }
        if let Some(now) = self.now {
            clock.set(now);
        }
    }
}

/// How far a clock is put forward in one call: a hundred years.
const FURTHEST: u64 = 100 * 365 * 24 * 3600;

/// How far to put a clock forward.
#[derive(Debug, Clone, Copy, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Advance {
    /// Whole seconds; those of a hundred years at most.
    #[schema(maximum = 3_153_600_000u64)]
    seconds: u64,
}

#[utoipa::path(
    get,
    path = "/__sim/sandboxes/{sandbox}/clock",
    operation_id = "readTheClock",
    tag = "Clock",
    summary = "Read the clock",
    params(("sandbox" = String, Path, description = "The sandbox's name")),
    responses((status = 200, description = "The clock", body = ClockState), Problem),
)]
pub(crate) async fn read(Chosen(sandbox): Chosen) -> Json<ClockState> {
    Json(ClockState::of(&sandbox.clock))
}

#[utoipa::path(
    put,
    path = "/__sim/sandboxes/{sandbox}/clock",
    operation_id = "setFreezeOrLetGoTheClock",
    tag = "Clock",
    summary = "Set, freeze or let go the clock",
    params(("sandbox" = String, Path, description = "The sandbox's name")),
    request_body = SetClock,
    responses((status = 200, description = "The clock as it is now", body = ClockState), Problem),
)]
pub(crate) async fn set(
    State(service): State<Service>,
    Chosen(sandbox): Chosen,
    Body(how): Body<SetClock>,
) -> Result<Json<ClockState>, Problem> {
    Ok(Json(service.set_clock(&sandbox, how).await?))
}

#[utoipa::path(
    post,
    path = "/__sim/sandboxes/{sandbox}/clock/advance",
    operation_id = "putTheClockForward",
    tag = "Clock",
    summary = "Put the clock forward",
    params(("sandbox" = String, Path, description = "The sandbox's name")),
    request_body = Advance,
    responses((status = 200, description = "The clock as it is now", body = ClockState), Problem),
)]
pub(crate) async fn advance(
    State(service): State<Service>,
    Chosen(sandbox): Chosen,
    Body(by): Body<Advance>,
) -> Result<Json<ClockState>, Problem> {
    if by.seconds > FURTHEST {
        let why = format!("seconds: it takes {FURTHEST}, a hundred years, at most");
        return Err(Problem::new(StatusCode::BAD_REQUEST, why));
    }
    let by = Duration::from_secs(by.seconds);
    Ok(Json(service.advance_clock(&sandbox, by).await?))
}

impl Service {
    /// Sets a sandbox's clock, which is there again after a restart.
    pub(crate) async fn set_clock(
        &self,
        sandbox: &Arc<Sandbox>,
        how: SetClock,
    ) -> Result<ClockState, Problem> {
        let _turn = self.turn_of(sandbox).await?;
        how.apply(&sandbox.clock);
        self.keep_hands(sandbox).await?;
        Ok(ClockState::of(&sandbox.clock))
    }

    /// Puts a sandbox's clock forward, which is there again after a restart.
    pub(crate) async fn advance_clock(
        &self,
        sandbox: &Arc<Sandbox>,
        by: Duration,
    ) -> Result<ClockState, Problem> {
        let _turn = self.turn_of(sandbox).await?;
        sandbox.clock.advance(by);
        self.keep_hands(sandbox).await?;
        tracing::info!(sandbox = %sandbox.name, seconds = by.as_secs(), "the clock was put forward");
        Ok(ClockState::of(&sandbox.clock))
    }
}
