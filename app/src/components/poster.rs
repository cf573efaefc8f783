//! A title's poster, bound as a volume.

use leptos::prelude::*;

use crate::model::Title;

/// The poster with its cloth spine. The frame's `data-title` gives it the colour.
#[component]
pub fn Poster(
    /// The title.
    title: Title,
    /// Whether it is in view at once, so that the browser fetches it first.
    #[prop(optional)]
    first: bool,
    /// Whether it stands on the page elsewhere already: only one of them can move to the next page.
    #[prop(optional)]
    again: bool,
) -> impl IntoView {
    view! {
        <span class="volume" class:volume-again=again>
            <img
                src=title.poster
                alt=title.about.poster_alt
                width="400"
                height="600"
                loading=if first { "eager" } else { "lazy" }
                decoding="async"
            />
        </span>
    }
}
