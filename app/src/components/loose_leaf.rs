//! Pictures for pages that have nothing to show: a book whose leaf is missing or has come loose,
//! and a gap on the shelf. They say nothing that the words beside them do not.

use leptos::prelude::*;

/// An open book with a thread that holds nothing.
#[component]
pub fn LooseLeaf(
    /// Whether the leaf is still there, but has come loose.
    loose: bool,
) -> impl IntoView {
    let leaf = match loose {
        true => "loose-leaf-fallen",
        false => "loose-leaf-missing",
    };
    view! {
        <svg class="loose-leaf" viewBox="0 0 320 200" aria-hidden="true">
            <path class="loose-leaf-cover" d="M14 34h292a4 4 0 0 1 4 4v140a4 4 0 0 1-4 4H14a4 4 0 0 1-4-4V38a4 4 0 0 1 4-4z" />
            <path class="loose-leaf-page" d="M160 42c-30-14-92-16-138-8v134c46-8 108-6 138 8z" />
            <path class="loose-leaf-line" d="M42 62c30-4 62-3 96 3M42 84c30-4 62-3 96 3M42 106c30-4 62-3 96 3M42 128c22-3 40-3 62 0" />
            <path class="loose-leaf-place" d="M160 42c30-14 92-16 138-8v134c-46-8-108-6-138 8z" />
            <path class=leaf d="M172 40c30-14 86-16 126-8v130c-40-8-96-6-126 8z" />
            <path class="loose-leaf-thread" d="M160 36v146" />
            <path class="loose-leaf-end" d="M160 182c2 14 22 4 26 12s-16 8-30 4" />
        </svg>
    }
}

/// Books with room between them for one more.
#[component]
pub fn Gap() -> impl IntoView {
    let books = [
        (12, 34, 40),
        (50, 28, 56),
        (82, 40, 30),
        (196, 30, 48),
        (230, 42, 36),
        (276, 28, 62),
    ]
    .map(|(x, width, top)| {
        view! {
            <rect class="gap-book" x=x y=top width=width height=170 - top rx="2" />
            <path class="gap-thread" d=format!("M{} {}V158", x + 7, top + 12) />
        }
    });
    view! {
        <svg class="gap" viewBox="0 0 320 190" aria-hidden="true">
            {books.collect_view()}
            <rect class="gap-room" x="130" y="44" width="58" height="126" rx="2" />
            <path class="gap-shelf" d="M0 172h320" />
        </svg>
    }
}
