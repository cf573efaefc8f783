//! `/__sim/sandboxes/{sandbox}/faults`: what makes its calls slow, or fail, on purpose.

use axum::Json;
use http::StatusCode;

use super::{At, Body, Problem, sandboxes::Chosen};
use crate::fault::{FaultState, NewFault, NoFault};

impl From<NoFault> for Problem {
    fn from(fault: NoFault) -> Self {
        let status = match fault {
            NoFault::TooMany => StatusCode::CONFLICT,
            _ => StatusCode::BAD_REQUEST,
        };
        Self::new(status, fault.to_string())
    }
}

#[utoipa::path(
    get,
    path = "/__sim/sandboxes/{sandbox}/faults",
    operation_id = "listTheFaults",
    tag = "Faults",
    summary = "List the faults",
    params(("sandbox" = String, Path, description = "The sandbox's name")),
    responses((status = 200, description = "The faults that are there", body = Vec<FaultState>), Problem),
)]
pub(crate) async fn list(Chosen(sandbox): Chosen) -> Json<Vec<FaultState>> {
    Json(sandbox.faults.list(sandbox.clock.real()))
}

#[utoipa::path(
    post,
    path = "/__sim/sandboxes/{sandbox}/faults",
    operation_id = "makeAFault",
    tag = "Faults",
    summary = "Make a fault",
    params(("sandbox" = String, Path, description = "The sandbox's name")),
    request_body = NewFault,
    responses((status = 201, description = "The fault", body = FaultState), Problem),
)]
pub(crate) async fn add(
    Chosen(sandbox): Chosen,
    Body(fault): Body<NewFault>,
) -> Result<(StatusCode, Json<FaultState>), Problem> {
    sandbox.there()?;
    let state = sandbox.faults.add(fault, sandbox.clock.real())?;
    tracing::info!(sandbox = %sandbox.name, id = state.id, "a fault was made");
    Ok((StatusCode::CREATED, Json(state)))
}

#[utoipa::path(
    delete,
    path = "/__sim/sandboxes/{sandbox}/faults",
    operation_id = "removeAllFaults",
    tag = "Faults",
    summary = "Remove all faults",
    params(("sandbox" = String, Path, description = "The sandbox's name")),
    responses((status = 204, description = "They are gone"), Problem),
)]
pub(crate) async fn clear(Chosen(sandbox): Chosen) -> StatusCode {
    sandbox.faults.clear();
    StatusCode::NO_CONTENT
}

#[utoipa::path(
    delete,
    path = "/__sim/sandboxes/{sandbox}/faults/{id}",
    operation_id = "removeAFault",
    tag = "Faults",
    summary = "Remove a fault",
    params(("sandbox" = String, Path, description = "The sandbox's name"), ("id" = u64, Path, description = "The fault's number")),
    responses((status = 204, description = "It is gone"), Problem),
)]
pub(crate) async fn remove(
    Chosen(sandbox): Chosen,
    At(at): At<(String, String)>,
) -> Result<StatusCode, Problem> {
    let (_, id) = at;
    let id = super::number("id", &id)?;
    match sandbox.faults.remove(id) {
        true => Ok(StatusCode::NO_CONTENT),
        false => Err(Problem::no(format!(
            "fault {id} in sandbox {}",
            sandbox.name
        ))),
    }
}
