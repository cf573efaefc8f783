//! What a page says outside its html: the status, a redirect, and where the viewer is.

use http::{
    HeaderValue, StatusCode,
    header::{CACHE_CONTROL, COOKIE, LOCATION, SET_COOKIE},
    request::Parts,
};
use leptos::prelude::*;
use leptos_axum::ResponseOptions;

use crate::{
    islands::{OPEN, REMEMBERED},
    local_path::LocalPath,
    problem::Problem,
};

/// Sends the viewer on with 303, whether the request was a page or a form.
pub fn see_other(to: &LocalPath) {
    if let (Some(response), Ok(location)) = (
        use_context::<ResponseOptions>(),
        HeaderValue::from_str(to.as_str()),
    ) {
        response.set_status(StatusCode::SEE_OTHER);
        response.insert_header(LOCATION, location);
    }
}

/// Sets the page's status.
pub fn status(status: StatusCode) {
    if let Some(response) = use_context::<ResponseOptions>() {
        response.set_status(status);
    }
}

/// Pages say who is signed in: no cache keeps them.
pub fn keep_nowhere() {
    if let Some(response) = use_context::<ResponseOptions>() {
        response.insert_header(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
}

/// The path of this request, query included; the catalogue's where it is not a usable one.
#[must_use]
pub fn here() -> LocalPath {
    use_context::<Parts>()
        .and_then(|parts| parts.uri.path_and_query()?.as_str().parse().ok())
        .unwrap_or_else(LocalPath::home)
}

/// Has the next page open what that cookie is named after, whether or not there is script to say so.
pub fn leave_open(cookie: &str) {
    let cookie = format!("{cookie}={OPEN}; {REMEMBERED}");
    if let (Some(response), Ok(cookie)) = (
        use_context::<ResponseOptions>(),
        HeaderValue::from_str(&cookie),
    ) {
        response.append_header(SET_COOKIE, cookie);
    }
}

/// Whether this browser left open what that cookie is named after.
#[must_use]
pub fn left_open(cookie: &str) -> bool {
    kept(cookie).as_deref() == Some(OPEN)
}

/// What this browser keeps under that cookie's name.
#[must_use]
pub fn kept(cookie: &str) -> Option<String> {
    with_context::<Parts, _>(|parts| {
        let pairs = parts
            .headers
            .get_all(COOKIE)
            .into_iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(';'));
        pairs
            .filter_map(|pair| pair.trim().split_once('='))
            .find(|(name, _)| *name == cookie)
            .map(|(_, value)| value.to_owned())
    })
    .flatten()
}

/// The status of an answer that has only a problem to show.
#[must_use]
pub const fn status_of(problem: &Problem) -> StatusCode {
    match problem {
        Problem::SignedOut => StatusCode::UNAUTHORIZED,
        Problem::NoSuchTitle | Problem::NoSuchOrder | Problem::NoSuchDevice => {
            StatusCode::NOT_FOUND
        }
        Problem::ExpressPlayDown | Problem::RecordLate => StatusCode::SERVICE_UNAVAILABLE,
        Problem::ExpressPlayRefused { .. } => StatusCode::BAD_GATEWAY,
        Problem::TooManyAttempts | Problem::TooManySignUps | Problem::Busy => {
            StatusCode::TOO_MANY_REQUESTS
        }
        Problem::BadInput { .. } => StatusCode::BAD_REQUEST,
        Problem::Internal | Problem::Unreachable => StatusCode::INTERNAL_SERVER_ERROR,
        _ => StatusCode::FORBIDDEN,
    }
}
