//! What the web host itself refuses, or fails at, for a browser that asked for a page.

use http::StatusCode;
use leptos::prelude::*;
use leptos_meta::Title;

use crate::{
    components::loose_leaf::LooseLeaf, i18n::td_string, locale::locale, problem::Problem,
    respond::status,
};

/// The status of an answer that no page gave. Where the server provides it, it is shown in place of
/// the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refused(pub StatusCode);

/// Why there is no page, and the way back.
#[component]
pub fn RefusedPage(
    /// What happened.
    refused: Refused,
) -> impl IntoView {
    let locale = locale();
    let Refused(code) = refused;
    status(code);
    let internal = Problem::Internal;
    let (heading, text) = match code {
        StatusCode::FORBIDDEN => (
            td_string!(locale, problem_page.other),
            td_string!(locale, refusal.other_site).to_owned(),
        ),
        StatusCode::PAYLOAD_TOO_LARGE => (
            td_string!(locale, problem_page.other),
            td_string!(locale, refusal.too_long).to_owned(),
        ),
        code if code.is_server_error() => (
            td_string!(locale, problem_page.ours),
            format!("{} {}", internal.what(locale), internal.next(locale)),
        ),
        _ => (
            td_string!(locale, problem_page.other),
            td_string!(locale, refusal.no_such_request).to_owned(),
        ),
    };
    view! {
        <Title text=heading />
        <div class="missing-leaf">
            <LooseLeaf loose=true />
            <div>
                <p class="folio" aria-hidden="true">
                    {code.as_u16()}
                </p>
                <h1>{heading}</h1>
                <p>{text}</p>
                <p>
                    <a class="button" href="/">
                        {td_string!(locale, not_found.all)}
                    </a>
                </p>
            </div>
        </div>
    }
}
