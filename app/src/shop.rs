//! What islands ask of the shop: the browser's half of `api.rs`, with the part of each answer that
//! a browser needs.

use expressplay::{DeviceId, trace_context::TraceId};
use serde::Serialize;
use uuid::Uuid;

use crate::{
    cdm::kids,
    fetch::post,
    json::{Json, written},
    lab::{Attempt, Prepared},
    model::{Cdm, OrderKind, Slug},
    problem::Problem,
    workflow::LicenseReport,
};

/// The content type of what is asked and answered.
const JSON_TYPE: &str = "application/json";

/// A registration that has begun: play this clip, then finish.
pub(crate) struct Registration {
    /// Its number.
    pub(crate) id: Uuid,
    /// The dummy clip and the token for it.
    pub(crate) dummy: HandOver,
}

/// A clip and the token that may make it play.
pub(crate) struct HandOver {
    /// Path of the DASH manifest.
    pub(crate) manifest: String,
    /// Where the licence request goes, token included.
    pub(crate) token_url: String,
    /// Which CDM the player uses.
    pub(crate) cdm: Cdm,
    /// The order it is for; none for the dummy clip.
    pub(crate) order: Option<Bound>,
    /// The trace that the licence request carries on.
    pub(crate) trace: Option<TraceId>,
}

/// An order, and what it is bound to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bound {
    /// Its number.
    pub(crate) id: Uuid,
    /// Bought or rented.
    pub(crate) kind: OrderKind,
    /// The device.
    pub(crate) device_id: DeviceId,
}

/// Seed steps 1 and 2: a token for the dummy clip.
///
/// # Errors
/// As `api::begin_registration`, and [`Problem::Unreachable`].
pub(crate) async fn begin_registration() -> Result<Registration, Problem> {
    #[derive(Serialize)]
    struct Nothing {}

    ask("begin_registration", &Nothing {}, |answer| {
        Some(Registration {
            id: answer.member("id")?.parsed()?,
            dummy: hand_over_of(&answer.member("dummy")?)?,
        })
    })
    .await
}

/// After seed step 3: the device that ExpressPlay recorded.
///
/// # Errors
/// As `api::finish_registration`, and [`Problem::Unreachable`].
pub(crate) async fn finish_registration(id: Uuid) -> Result<DeviceId, Problem> {
    #[derive(Serialize)]
    struct Finish {
        id: Uuid,
    }

    let device_id = |answer: &Json| answer.member("device_id")?.parsed();
    ask("finish_registration", &Finish { id }, device_id).await
}

/// Seed steps 5 and 6: a token bound to the order's device.
///
/// # Errors
/// As `api::hand_over`, and [`Problem::Unreachable`].
pub(crate) async fn hand_over(slug: &Slug) -> Result<HandOver, Problem> {
    #[derive(Serialize)]
    struct Ask<'a> {
        slug: &'a Slug,
    }

    ask("hand_over", &Ask { slug }, hand_over_of).await
}

/// Milliseconds left of a rental that is playing; none while its start is not on record yet, or for
/// a purchase.
///
/// # Errors
/// As `api::playing`, and [`Problem::Unreachable`].
pub(crate) async fn playing(order: Uuid, trace: Option<TraceId>) -> Result<Option<f64>, Problem> {
    let left = |answer: &Json| Some(answer.member("remaining_ms").and_then(|it| it.number()));
    ask("playing", &Playing { order, trace }, left).await
}

/// What [`playing`] sends.
#[derive(Serialize)]
pub(crate) struct Playing {
    /// The order's number.
    pub(crate) order: Uuid,
    /// The trace that came with the token.
    pub(crate) trace: Option<TraceId>,
}

/// Where [`playing`] asks.
pub(crate) const PLAYING: &str = "/api/playing";

/// Tells of a licence request, for the workflow view.
///
/// # Errors
/// As `api::report_license`, and [`Problem::Unreachable`].
pub(crate) async fn report_license(report: &LicenseReport) -> Result<(), Problem> {
    #[derive(Serialize)]
    struct Tell<'a> {
        report: &'a LicenseReport,
    }

    send("report_license", &Tell { report }).await.map(drop)
}

/// What an attempt of the lab's needs.
///
/// # Errors
/// As `api::prepare_attempt`, and [`Problem::Unreachable`].
pub(crate) async fn prepare_attempt(attempt: Attempt, order: Uuid) -> Result<Prepared, Problem> {
    #[derive(Serialize)]
    struct Prepare {
        attempt: Attempt,
        order: Uuid,
    }

    ask("prepare_attempt", &Prepare { attempt, order }, prepared).await
}

/// What the shop declined, as it says so; none where it says anything else.
pub(crate) fn problem(answer: &Json) -> Option<Problem> {
    let text = |name| answer.member(name)?.text();
    Some(match text("problem")?.as_str() {
        "express-play-refused" => Problem::ExpressPlayRefused {
            code: answer.member("code")?.integer()?,
        },
        "bad-input" => Problem::BadInput {
            field: text("field")?,
        },
        name => Problem::named(name)?,
    })
}

fn hand_over_of(answer: &Json) -> Option<HandOver> {
    let order = match answer.member("order") {
        Some(order) => Some(Bound {
            id: order.member("id")?.parsed()?,
            kind: OrderKind::from_path(&order.member("kind")?.text()?)?,
            device_id: order.member("device_id")?.parsed()?,
        }),
        None => None,
    };
    Some(HandOver {
        manifest: answer.member("manifest")?.text()?,
        token_url: answer.member("token_url")?.text()?,
        cdm: answer.member("cdm")?.parsed()?,
        order,
        trace: answer.member("trace").and_then(|trace| trace.parsed()),
    })
}

fn prepared(answer: &Json) -> Option<Prepared> {
    let trace = answer.member("trace")?.parsed()?;
    if let Some(number) = answer.member("number") {
        let number = number.parsed()?;
        return Some(Prepared::Order { number, trace });
    }
    Some(Prepared::Token {
        token_url: answer.member("token_url")?.text()?,
        kids: kids(&answer.member("kids")?)?,
        device_id: answer.member("device_id")?.parsed()?,
        trace,
    })
}

/// Asks, and reads the answer.
async fn ask<T>(
    call: &str,
    question: &impl Serialize,
    read: impl FnOnce(&Json) -> Option<T>,
) -> Result<T, Problem> {
    let answer = Json::read(&send(call, question).await?);
    // What is no answer of the shop's is its fault.
    answer.as_ref().and_then(read).ok_or(Problem::Internal)
}

/// What the shop answers.
async fn send(call: &str, question: &impl Serialize) -> Result<String, Problem> {
    let body = written(question).ok_or(Problem::Internal)?;
    let headers = [("Content-Type", JSON_TYPE), ("Accept", JSON_TYPE)];
    let (status, text) = post(&format!("/api/{call}"), &headers, &body)
        .await
        .map_err(|_| Problem::Unreachable)?;
    if (200..300).contains(&status) {
        return Ok(text);
    }
    Err(Json::read(&text)
        .as_ref()
        .and_then(problem)
        .unwrap_or(Problem::Internal))
}
