//! The calls that islands make to the server, as JSON.
//!
//! Plain html forms are in [`crate::forms`]. What a page needs to render, it asks of
//! [`crate::backend::Backend`] itself, on the server.

use expressplay::trace_context::TraceId;
use leptos::{
    prelude::*,
    server_fn::{
        codec::{Json, JsonEncoding},
        error::{FromServerFnError, ServerFnErrorErr},
    },
};
use uuid::Uuid;

use crate::{
    lab::{Attempt, Prepared},
    model::{HandOver, Playing, Registered, Registration, Slug},
    problem::{Problem, field},
    workflow::LicenseReport,
};

/// The server behind this request.
///
/// # Errors
/// [`Problem::Internal`] where the server has not provided one.
pub fn backend() -> Result<std::sync::Arc<dyn crate::backend::Backend>, Problem> {
    use_context().ok_or(Problem::Internal)
}

/// The answer, under the problem's own status where it is one: a viewer's mistake is no fault of
/// the server's.
fn answer<T>(answer: Result<T, Problem>) -> Result<T, Problem> {
    answer.inspect_err(|problem| crate::respond::status(crate::respond::status_of(problem)))
}

/// Seed steps 1 and 2: a token for the dummy clip, for this browser to play.
///
/// # Errors
/// See [`crate::backend::Backend::begin_registration`].
#[server(endpoint = "begin_registration", input = Json)]
pub async fn begin_registration() -> Result<Registration, Problem> {
    answer(backend()?.begin_registration().await)
}

/// After seed step 3: the device that ExpressPlay recorded, now this browser's.
///
/// # Errors
/// See [`crate::backend::Backend::finish_registration`].
#[server(endpoint = "finish_registration", input = Json)]
pub async fn finish_registration(
    /// The registration's number.
    id: Uuid,
) -> Result<Registered, Problem> {
    answer(backend()?.finish_registration(id).await)
}

/// Seed steps 5 and 6: a token bound to the order's device.
///
/// # Errors
/// See [`crate::backend::Backend::hand_over`].
#[server(name = HandOverCall, endpoint = "hand_over", input = Json)]
pub async fn hand_over(
    /// What to play.
    slug: Slug,
) -> Result<HandOver, Problem> {
    answer(backend()?.hand_over(&slug).await)
}

/// How a rental that is playing stands. One that has just ended is an answer too: nothing left.
///
/// # Errors
/// [`Problem::SignedOut`], [`Problem::NoSuchOrder`].
#[server(name = PlayingCall, endpoint = "playing", input = Json)]
pub async fn playing(
    /// The order's number.
    order: Uuid,
    /// The trace that came with the token.
    #[server(default)]
    trace: Option<TraceId>,
) -> Result<Playing, Problem> {
    match backend()?.playing(order, trace).await {
        // A rental ends in the ordinary course of things, and a browser puts every failed request
        // into its console.
        Err(Problem::RentalOver) => Ok(Playing {
            remaining_ms: Some(0),
        }),
        playing => answer(playing),
    }
}

/// What the browser says of a licence request, for the workflow view.
///
/// # Errors
/// See [`crate::backend::Backend::report_license`].
#[server(name = ReportLicenseCall, endpoint = "report_license", input = Json)]
pub async fn report_license(
    /// The request and its answer.
    report: LicenseReport,
) -> Result<(), Problem> {
    answer(backend()?.report_license(report).await)
}

/// What an attempt of the lab's needs.
///
/// # Errors
/// See [`crate::backend::Backend::prepare_attempt`].
#[server(name = PrepareAttemptCall, endpoint = "prepare_attempt", input = Json)]
pub async fn prepare_attempt(
    /// Which.
    attempt: Attempt,
    /// The number of the purchase that it is tried on.
    order: Uuid,
) -> Result<Prepared, Problem> {
    answer(backend()?.prepare_attempt(attempt, order).await)
}

impl FromServerFnError for Problem {
    type Encoder = JsonEncoding;

    fn from_server_fn_error(error: ServerFnErrorErr) -> Self {
        let bad_input = Self::BadInput {
            field: field::REQUEST.to_owned(),
        };
        match error {
            // Of a form, whose answer is a page to go to.
            ServerFnErrorErr::Args(_) | ServerFnErrorErr::MissingArg(_) => bad_input,
            // Of a script's call.
            ServerFnErrorErr::Deserialization(_) => {
                crate::respond::status(crate::respond::status_of(&bad_input));
                bad_input
            }
            _ => Self::Internal,
        }
    }
}

#[cfg(test)]
mod tests {
    use expressplay::DeviceId;
    use jiff::Timestamp;

    use super::*;
    use crate::model::{Cdm, Order, OrderKind, Price};

    #[test]
    fn a_problem_crosses_the_wire_as_itself() {
        let problem = Problem::ExpressPlayRefused { code: -4010 };
        assert_eq!(Problem::de(problem.ser()), problem);
    }

    /// The members of an object, as `shop.rs` asks for them in the browser.
    fn members(answer: &impl serde::Serialize) -> Vec<String> {
        let value = serde_json::to_value(answer).unwrap();
        value.as_object().unwrap().keys().cloned().collect()
    }

    #[test]
    fn an_answer_has_the_members_that_the_browser_reads() {
        let order = Order {
            id: Uuid::nil(),
            slug: "tidewater".parse().unwrap(),
            title: String::new(),
            kind: OrderKind::Rent,
            price: Price(1),
            device_id: DeviceId::from_bytes([1; 16]).unwrap(),
            ordered_at: Timestamp::UNIX_EPOCH,
            bound_at: Timestamp::UNIX_EPOCH,
            rental: None,
        };
        let written = serde_json::to_value(&order).unwrap();
        for member in ["id", "kind", "device_id"] {
            assert!(written[member].is_string(), "{member}");
        }
        assert_eq!(written["kind"], OrderKind::Rent.as_path());
        let dummy = HandOver {
            manifest: String::new(),
            token_url: String::new(),
            cdm: Cdm::Simulated,
            order: Some(order),
            trace: None,
        };
        let all = ["cdm", "manifest", "order", "token_url", "trace"];
        assert_eq!(members(&dummy), all);
        let id = Uuid::nil();
        assert_eq!(members(&Registration { id, dummy }), ["dummy", "id"]);
        let device_id = DeviceId::from_bytes([1; 16]).unwrap();
        assert_eq!(members(&Registered { id, device_id }), ["device_id", "id"]);
        let remaining_ms = Some(1);
        assert_eq!(members(&Playing { remaining_ms }), ["remaining_ms"]);
        let trace = TraceId::from_random([1; 16]);
        let prepared = Prepared::Order { number: id, trace };
        assert_eq!(members(&prepared), ["number", "prepared", "trace"]);
        let prepared = Prepared::Token {
            token_url: String::new(),
            kids: vec![],
            device_id: DeviceId::from_bytes([1; 16]).unwrap(),
            trace,
        };
        let all = ["device_id", "kids", "prepared", "token_url", "trace"];
        assert_eq!(members(&prepared), all);
    }
}
