//! The presenter's form: each of its buttons is an [`Act`].

use leptos::prelude::*;

use super::Act;
use crate::{
    api::backend,
    islands::live_presenter::DRAWER_COOKIE,
    local_path::LocalPath,
    model::Failure,
    problem::Problem,
    respond::{leave_open, see_other},
};

/// Where it goes.
pub const PRESENT: &str = "/api/present";

/// Does what a presenter asks for, and goes back to the page, where the drawer shows how things
/// stand. What no button says changes nothing; nor does anything where the shop was not started
/// for a presenter.
///
/// # Errors
/// None on the server.
#[server(endpoint = "present")]
pub async fn present(
    /// An [`Act`].
    #[server(default)]
    act: String,
    /// Where to go back to.
    #[server(default)]
    back: String,
) -> Result<(), Problem> {
    if let (Ok(backend), Ok(act)) = (backend(), act.parse::<Act>())
        && let Err(problem) = backend.present(act).await
    {
        let _ = backend
            .leave_failure(Failure {
                problem,
                typed: None,
            })
            .await;
    }
    leave_open(DRAWER_COOKIE);
    let back = back.parse().unwrap_or_else(|_| LocalPath::home());
    see_other(&back);
    Ok(())
}
