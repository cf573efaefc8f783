//! The presenter's form: each of its buttons is an [`Act`].

use leptos::prelude::*;

use super::{Act, Said};
use crate::{
    api::backend,
    islands::live_presenter::DRAWER_COOKIE,
    local_path::LocalPath,
    problem::Problem,
    respond::{leave_open, see_other},
};

/// Where it goes.
pub const PRESENT: &str = "/api/present";
/// The drawer's place on its page.
pub(super) const DRAWER_ID: &str = "presenter";

/// Does what a presenter asks for, and goes back to the page, down to the drawer, which shows how
/// things stand. What no button says changes nothing; nor does anything where the shop was not
/// started for a presenter.
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
        && backend.has_presenter()
    {
        let afresh = act == Act::StartAfresh;
        let said = match backend.present(act).await {
            Ok(()) => afresh.then_some(Said::Afresh),
            Err(_) => Some(Said::Failed),
        };
        let _ = backend.leave_said(said).await;
    }
    leave_open(DRAWER_COOKIE);
    let back: LocalPath = back.parse().unwrap_or_else(|_| LocalPath::home());
    let drawer = format!("{back}#{DRAWER_ID}").parse();
    see_other(&drawer.unwrap_or(back));
    Ok(())
}
