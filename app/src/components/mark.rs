//! The shop's mark: a B whose spine is a row of stitches.

use leptos::prelude::*;

/// The mark, coloured by the style sheet.
#[component]
pub fn Mark() -> impl IntoView {
    view! {
        <svg class="mark" viewBox="0 0 32 32" width="32" height="32" aria-hidden="true">
            <rect class="mark-cloth" width="32" height="32" rx="6" />
            <path
                class="mark-page"
                d="M11 6.6h6.3a4.6 4.6 0 0 1 0 9.2H11m0 0h7.7a4.8 4.8 0 0 1 0 9.6H11"
            />
            <path class="mark-thread" d="M11 4.2v24" />
        </svg>
    }
}
