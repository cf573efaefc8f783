//! The forms of an account and of its orders.

use leptos::prelude::*;
use uuid::Uuid;

use super::{leave_failure, path};
use crate::{
    account::SignUpForm, api::backend, local_path::LocalPath, model::Failure, problem::Problem,
    respond::see_other,
};

/// Where the sign-up form goes.
pub const SIGN_UP: &str = "/api/sign_up";
/// Where the form goes that ends every session.
pub const SIGN_OUT_EVERYWHERE: &str = "/api/sign_out_everywhere";
/// Where the form for another password goes.
pub const CHANGE_PASSWORD: &str = "/api/change_password";
/// Where the form goes that has ExpressPlay's records of an order read anew.
pub const READ_RECORDS: &str = "/api/read_records";

/// Makes an account and signs in with it, then goes on to `next`, or to the catalogue.
///
/// # Errors
/// None on the server.
#[server(endpoint = "sign_up")]
pub async fn sign_up(
    /// What to call the viewer, as typed.
    #[server(default)]
    name: String,
    /// The email, as typed.
    #[server(default)]
    email: String,
    /// The password, as typed.
    #[server(default)]
    new_password: String,
    /// Where to go on to.
    #[server(default)]
    next: String,
) -> Result<(), Problem> {
    let Ok(backend) = backend() else {
        see_other(&LocalPath::home());
        return Ok(());
    };
    let next = next.parse().unwrap_or_else(|_| LocalPath::home());
    let answer = match SignUpForm::read(&name, &email, &new_password) {
        Ok(form) => backend.sign_up(form).await,
        Err(faults) => Err(Problem::unfit(faults)),
    };
    match answer {
        Ok(_) => see_other(&next),
        Err(problem) => {
            let failure = Failure {
                problem,
                typed: Some(email),
                name: Some(name),
            };
            // Where it cannot be kept, the log says why.
            let _ = backend.leave_failure(failure).await;
            see_other(&next.after("/signup"));
        }
    }
    Ok(())
}

/// Signs out in every browser, and goes to the sign-in page.
///
/// # Errors
/// None on the server.
#[server(endpoint = "sign_out_everywhere")]
pub async fn sign_out_everywhere() -> Result<(), Problem> {
    let mut to = "/signin";
    if let Ok(backend) = backend()
        && let Err(problem) = backend.sign_out_everywhere().await
        && problem != Problem::SignedOut
    {
        leave_failure(&*backend, problem, None).await;
        to = "/account";
    }
    see_other(&path(to.to_owned()));
    Ok(())
}

/// Changes the password, and goes back to the account.
///
/// # Errors
/// None on the server.
#[server(endpoint = "change_password")]
pub async fn change_password(
    /// The password as it is, as typed.
    #[server(default)]
    current_password: String,
    /// What it is to be, as typed.
    #[server(default)]
    new_password: String,
) -> Result<(), Problem> {
    if let Ok(backend) = backend() {
        let answer = backend.change_password(&current_password, &new_password);
        match answer.await {
            // The page itself leads on to the sign-in page.
            Ok(()) | Err(Problem::SignedOut) => {}
            Err(problem) => leave_failure(&*backend, problem, None).await,
        }
    }
    see_other(&path("/account".to_owned()));
    Ok(())
}

/// Reads ExpressPlay's records of an order anew, and goes back to its history.
///
/// # Errors
/// None on the server.
#[server(endpoint = "read_records")]
pub async fn read_records(
    /// The order's number.
    #[server(default)]
    order: String,
) -> Result<(), Problem> {
    let (Ok(backend), Ok(order)) = (backend(), order.parse::<Uuid>()) else {
        see_other(&path("/orders".to_owned()));
        return Ok(());
    };
    match backend.read_records(order).await {
        // The page itself says what there is to say of an order that is not there.
        Ok(()) | Err(Problem::SignedOut | Problem::NoSuchOrder) => {}
        Err(problem) => leave_failure(&*backend, problem, None).await,
    }
    see_other(&path(format!("/orders/{order}#history")));
    Ok(())
}
