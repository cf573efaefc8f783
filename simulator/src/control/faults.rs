//! `/__sim/sandboxes/{sandbox}/faults`: what makes its calls slow, or fail, on purpose.

use axum::Json;
use http::StatusCode;

use super::{At, Body, Problem, sandboxes::Chosen};
use crate::fault::{FaultState, NewFault, NoFault};

impl From<NoFault> for Problem {
    fn from(fault: NoFault) -> Self {
        let status = match fault {
            NoFault::TooMany => StatusCode::CONFLICT,
            NoFault::Never | NoFault::Latency => StatusCode::BAD_REQUEST,
        };
        Self::new(status, fault.to_string())
    }
}

pub(crate) async fn list(Chosen(sandbox): Chosen) -> Json<Vec<FaultState>> {
    Json(sandbox.faults.list(sandbox.clock.real()))
}

pub(crate) async fn add(
    Chosen(sandbox): Chosen,
    Body(fault): Body<NewFault>,
) -> Result<(StatusCode, Json<FaultState>), Problem> {
    let state = sandbox.faults.add(fault, sandbox.clock.real())?;
    tracing::info!(sandbox = %sandbox.name, id = state.id, "a fault was made");
    Ok((StatusCode::CREATED, Json(state)))
}

pub(crate) async fn clear(Chosen(sandbox): Chosen) -> StatusCode {
    sandbox.faults.clear();
    StatusCode::NO_CONTENT
}

pub(crate) async fn remove(
    Chosen(sandbox): Chosen,
    At((_, id)): At<(String, u64)>,
) -> Result<StatusCode, Problem> {
    match sandbox.faults.remove(id) {
        true => Ok(StatusCode::NO_CONTENT),
        false => Err(Problem::no(format!(
            "fault {id} in sandbox {}",
            sandbox.name
        ))),
    }
}
