//! The plain html forms: each works without script, and each answers with a redirect.
//!
//! What a browser sends is read here, once, into types. A form that fails leaves a [`Failure`]
//! for the page that it came from; nothing of it goes into a URL. None answers with an error:
//! leptos would make of it a redirect to wherever the browser says it came from.

use leptos::prelude::*;
use uuid::Uuid;

use crate::{
    api::backend,
    local_path::LocalPath,
    model::{Failure, OrderForm, OrderKind, Slug},
    problem::{Problem, field},
    respond::see_other,
};

/// Where the sign-in form goes.
pub const SIGN_IN: &str = "/api/sign_in";
/// Where the sign-out form goes.
pub const SIGN_OUT: &str = "/api/sign_out";
/// Where the order form goes.
pub const PLACE_ORDER: &str = "/api/place_order";
/// Where the form goes that moves a purchase here.
pub const MOVE_ORDER: &str = "/api/move_order";
/// Where the form goes that says which device of this browser to use.
pub const CHOOSE_DEVICE: &str = "/api/choose_device";
/// Where the language form goes.
pub const CHOOSE_LANGUAGE: &str = "/api/choose_language";

/// Signs in, then goes on to `next`, or to the catalogue.
///
/// # Errors
/// None on the server.
#[server(endpoint = "sign_in")]
pub async fn sign_in(
    /// The email, as typed.
    #[server(default)]
    email: String,
    /// The password, as typed.
    #[server(default)]
    password: String,
    /// Where to go on to.
    #[server(default)]
    next: String,
) -> Result<(), Problem> {
    let Ok(backend) = backend() else {
        see_other(&LocalPath::home());
        return Ok(());
    };
    let next: Option<LocalPath> = next.parse().ok();
    let email = email.trim().to_owned();
    let answer = if email.is_empty() {
        Err(Problem::BadInput {
            field: field::EMAIL.to_owned(),
        })
    } else {
        backend.sign_in(&email, &password).await
    };
    match answer {
        Ok(_) => see_other(&next.unwrap_or_else(LocalPath::home)),
        Err(problem) => {
            leave_failure(&*backend, problem, Some(email)).await;
            let next = next.unwrap_or_else(LocalPath::home);
            see_other(&next.after("/signin"));
        }
    }
    Ok(())
}

/// Signs out, and goes to the catalogue.
///
/// # Errors
/// None on the server.
#[server(endpoint = "sign_out")]
pub async fn sign_out() -> Result<(), Problem> {
    if let Ok(backend) = backend() {
        // Where it fails, the log says why, and the page says that the viewer is still signed in.
        let _ = backend.sign_out().await;
    }
    see_other(&LocalPath::home());
    Ok(())
}

/// Places an order, then goes to where it plays; a failure goes back to the checkout. A
/// form that does not say what it is for leads to the title, or to the catalogue.
///
/// # Errors
/// None on the server.
#[server(endpoint = "place_order")]
pub async fn place_order(
    /// The title's name in URLs.
    #[server(default)]
    slug: String,
    /// `buy` or `rent`.
    #[server(default)]
    kind: String,
    /// The idempotency key of the page.
    #[server(default)]
    order_key: String,
    /// The registration to bind to; empty for this browser's own.
    #[server(default)]
    device: String,
    /// The card's number, as typed.
    #[server(default)]
    card_number: String,
) -> Result<(), Problem> {
    let (Ok(backend), Ok(slug)) = (backend(), slug.parse::<Slug>()) else {
        see_other(&LocalPath::home());
        return Ok(());
    };
    let Some(kind) = OrderKind::from_path(&kind) else {
        see_other(&path(format!("/title/{slug}")));
        return Ok(());
    };
    let checkout = checkout_path(&slug, kind);

    let answer = match order_form(slug.clone(), kind, &order_key, &device, card_number) {
        Ok(form) => backend.place_order(form).await,
        Err(problem) => Err(problem),
    };
    match answer {
        Ok(order) => see_other(&path(format!("/watch/{}", order.slug))),
        Err(Problem::SignedOut) => see_other(&checkout.after("/signin")),
        Err(problem) => {
            leave_failure(&*backend, problem, None).await;
            see_other(&checkout);
        }
    }
    Ok(())
}

/// Moves a purchase to this browser's device, then goes to the devices, where it is bound now; a
/// failure goes back to the page that it came from. What is no order's number leads to the devices.
///
/// # Errors
/// None on the server.
#[server(endpoint = "move_order")]
pub async fn move_order(
    /// The order's number.
    #[server(default)]
    order: String,
) -> Result<(), Problem> {
    let devices = path("/devices".to_owned());
    let (Ok(backend), Ok(order)) = (backend(), order.parse::<Uuid>()) else {
        see_other(&devices);
        return Ok(());
    };
    let page = move_path(order);
    match backend.move_order(order).await {
        Ok(_) => see_other(&devices),
        Err(Problem::SignedOut) => see_other(&page.after("/signin")),
        Err(problem) => {
            leave_failure(&*backend, problem, None).await;
            see_other(&page);
        }
    }
    Ok(())
}

/// Keeps the language that a viewer chose, and goes back to the page where it was chosen. One that
/// the shop does not speak changes nothing.
///
/// # Errors
/// None on the server.
#[server(endpoint = "choose_language")]
pub async fn choose_language(
    /// `en` or `sv`.
    #[server(default)]
    language: String,
    /// Where to go back to.
    #[server(default)]
    back: String,
) -> Result<(), Problem> {
    if let (Ok(backend), Ok(locale)) = (backend(), language.parse()) {
        backend.keep_locale(locale);
    }
    see_other(&back.parse().unwrap_or_else(|_| LocalPath::home()));
    Ok(())
}

/// Has this browser be the other of its devices, and goes back to the page where that was chosen.
/// One that there is not changes nothing.
///
/// # Errors
/// None on the server.
#[server(endpoint = "choose_device")]
pub async fn choose_device(
    /// `a` or `b`.
    #[server(default)]
    slot: String,
    /// Where to go back to.
    #[server(default)]
    back: String,
) -> Result<(), Problem> {
    if let (Ok(backend), Ok(slot)) = (backend(), slot.parse()) {
        backend.keep_slot(slot);
    }
    see_other(&back.parse().unwrap_or_else(|_| LocalPath::home()));
    Ok(())
}

/// Leaves a failure for the next page. Where it cannot be kept, the log says why.
async fn leave_failure(
    backend: &dyn crate::backend::Backend,
    problem: Problem,
    typed: Option<String>,
) {
    let _ = backend.leave_failure(Failure { problem, typed }).await;
}

fn order_form(
    slug: Slug,
    kind: OrderKind,
    order_key: &str,
    device: &str,
    card_number: String,
) -> Result<OrderForm, Problem> {
    let order_key: Uuid = order_key.parse().map_err(|_| bad(field::ORDER_KEY))?;
    let device = match device {
        "" => None,
        text => Some(text.parse().map_err(|_| bad(field::DEVICE))?),
    };
    Ok(OrderForm {
        slug,
        kind,
        order_key,
        device,
        card_number,
    })
}

/// The checkout of a title.
#[must_use]
pub fn checkout_path(slug: &Slug, kind: OrderKind) -> LocalPath {
    path(format!("/checkout/{slug}/{}", kind.as_path()))
}

/// The page that moves a purchase to this browser's device.
#[must_use]
pub fn move_path(order: Uuid) -> LocalPath {
    path(format!("/move/{order}"))
}

/// A path that we made of slugs and words of our own.
fn path(text: String) -> LocalPath {
    text.parse().unwrap_or_else(|_| LocalPath::home())
}

fn bad(field: &str) -> Problem {
    Problem::BadInput {
        field: field.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(order_key: &str, device: &str) -> Result<OrderForm, Problem> {
        let slug = "tidewater".parse().unwrap();
        order_form(slug, OrderKind::Buy, order_key, device, "4242".to_owned())
    }

    #[test]
    fn an_order_without_a_device_is_for_this_browsers_own() {
        let key = "67e55044-10b1-426f-9247-bb680e5fe0c8";
        assert_eq!(form(key, "").unwrap().device, None);
        assert_eq!(form(key, key).unwrap().device, Some(key.parse().unwrap()));
    }

    #[test]
    fn what_is_no_number_is_named() {
        let key = "67e55044-10b1-426f-9247-bb680e5fe0c8";
        assert_eq!(form("", "").unwrap_err(), bad(field::ORDER_KEY));
        assert_eq!(form(key, "my phone").unwrap_err(), bad(field::DEVICE));
    }
}
