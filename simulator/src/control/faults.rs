//! `/__sim/sandboxes/{sandbox}/faults`: what makes its calls slow, or fail, on purpose.

use axum::{Json, extract::Path};
use http::StatusCode;

use super::{Body, Problem, sandboxes::Chosen};
use crate::fault::{FaultState, NewFault};

pub(crate) async fn list(Chosen(sandbox): Chosen) -> Json<Vec<FaultState>> {
    Json(sandbox.faults.list(sandbox.clock.real()))
}

pub(crate) async fn add(
    Chosen(sandbox): Chosen,
    Body(fault): Body<NewFault>,
) -> Result<(StatusCode, Json<FaultState>), Problem> {
    let state = sandbox
        .faults
        .add(fault, sandbox.clock.real())
        .map_err(|why| Problem::new(StatusCode::CONFLICT, why))?;
    tracing::info!(sandbox = %sandbox.name, id = state.id, "a fault was made");
    Ok((StatusCode::CREATED, Json(state)))
}

pub(crate) async fn clear(Chosen(sandbox): Chosen) -> StatusCode {
    sandbox.faults.clear();
    StatusCode::NO_CONTENT
}

pub(crate) async fn remove(
    Chosen(sandbox): Chosen,
    Path((_, id)): Path<(String, u64)>,
) -> Result<StatusCode, Problem> {
    match sandbox.faults.remove(id) {
        true => Ok(StatusCode::NO_CONTENT),
        false => Err(Problem::no(format!(
            "fault {id} in sandbox {}",
            sandbox.name
        ))),
    }
}
