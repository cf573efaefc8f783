//! Any path that is nobody's.

use http::StatusCode;
use leptos::prelude::*;
use leptos_meta::Title;

use crate::respond::status;

/// The not-found page, with its status.
#[component]
pub fn NotFoundPage() -> impl IntoView {
    status(StatusCode::NOT_FOUND);
    view! {
        <Title text="Page not found" />
        <div class="plain-page missing-leaf">
            <p class="folio" aria-hidden="true">
                "404"
            </p>
            <h1>"This leaf is missing"</h1>
            <p>
                "Nothing is bound in at this address. The link may be old, or a letter may be wrong."
            </p>
            <p>
                <a class="button" href="/">
                    "See all films"
                </a>
            </p>
        </div>
    }
}
