//! Any path that is nobody's.

use http::StatusCode;
use leptos::prelude::*;
use leptos_meta::Title;

use crate::{
    components::{loose_leaf::LooseLeaf, search::SearchWords},
    i18n::td_string,
    locale::locale,
    respond::status,
};

/// The not-found page, with its status.
#[component]
pub fn NotFoundPage() -> impl IntoView {
    status(StatusCode::NOT_FOUND);
    let locale = locale();
    view! {
        <Title text=td_string!(locale, not_found.title) />
        <div class="missing-leaf">
            <LooseLeaf loose=false />
            <div>
                <p class="folio" aria-hidden="true">
                    "404"
                </p>
                <h1>{td_string!(locale, not_found.heading)}</h1>
                <p>{td_string!(locale, not_found.text)}</p>
                <SearchWords />
                <p>
                    <a class="quiet-link" href="/">
                        {td_string!(locale, not_found.all)}
                    </a>
                </p>
            </div>
        </div>
    }
}
