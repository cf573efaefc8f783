//! One file per route. A page fetches what it shows from the backend, on the server.

pub mod account;
pub mod catalogue;
pub mod checkout;
pub mod devices;
pub mod lab;
pub mod moving;
pub mod not_found;
pub mod order;
pub mod orders;
pub mod refused;
pub mod signin;
pub mod signup;
pub mod title;
pub mod watch;
pub mod workflow;

use leptos::prelude::*;
use leptos_router::hooks::{use_params_map, use_query_map};

use crate::{local_path::LocalPath, model::Slug, problem::Problem};

/// The slug of the route.
fn slug() -> Result<Slug, Problem> {
    param("slug").parse().map_err(|_| Problem::NoSuchTitle)
}

/// A parameter of the route, as it stands there.
fn param(name: &str) -> String {
    use_params_map()
        .with_untracked(|params| params.get(name))
        .unwrap_or_default()
}

/// Where to go on to, if the query says so and it is on this site.
fn next() -> Option<LocalPath> {
    use_query_map()
        .with_untracked(|query| query.get("next"))?
        .parse()
        .ok()
}
