//! The step before all others, where a browser has yet to be registered as a device.

use leptos::prelude::*;

use crate::{components::registration::Registration, i18n::td_string, locale::locale, model::Cdm};

/// Registers this browser, and loads the page again.
#[component]
pub fn RegisterFirst(
    /// What it would register with.
    cdm: Cdm,
    /// Why it is needed here.
    why: &'static str,
) -> impl IntoView {
    let locale = locale();
    view! {
        <section class="step" aria-labelledby="register-heading">
            <h2 id="register-heading">{td_string!(locale, checkout.register)}</h2>
            <p>{why}</p>
            <Registration registered=None cdm reload=true />
            <WithoutScript />
        </section>
    }
}

/// Why registration needs script. Shown where the browser runs none: as a paragraph, since what
/// stands in `noscript` is no part of the page to every tool that reads one.
#[component]
pub fn WithoutScript() -> impl IntoView {
    view! {
        <p class="note without-script">{td_string!(locale(), devices.without_script)}</p>
    }
}
