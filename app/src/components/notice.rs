//! Something that went well, told once.

use leptos::prelude::*;

use crate::{
    account::Notice,
    i18n::{Locale, td_string},
    words::browsers,
};

/// A notice.
#[component]
pub fn NoticeLine(
    /// The language of the page.
    locale: Locale,
    /// What to tell.
    notice: Notice,
) -> impl IntoView {
    let told = match notice {
        Notice::SignedOutEverywhere { sessions } => {
            let browsers = browsers(locale, sessions);
            td_string!(locale, notice.signed_out_everywhere, browsers)
        }
        Notice::PasswordChanged { others: 0 } => {
            td_string!(locale, notice.password_changed).to_owned()
        }
        Notice::PasswordChanged { others } => {
            let browsers = browsers(locale, others);
            td_string!(locale, notice.password_changed_elsewhere, browsers)
        }
    };
    view! {
        <p class="notice" role="status">
            {told}
        </p>
    }
}
