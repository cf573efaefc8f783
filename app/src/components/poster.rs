//! A title's poster, bound as a volume.

use leptos::prelude::*;

use crate::{locale::locale, model::Title};

/// The poster with its cloth spine. The frame's `data-title` gives it the colour.
#[component]
pub fn Poster(
    /// The title.
    title: Title,
    /// Whether it is in view at once, so that the browser fetches it first.
    #[prop(optional)]
    first: bool,
) -> impl IntoView {
    let alt = title.about(locale()).poster_alt.clone();
    view! {
        <span class="volume">
            <img
                src=title.poster
                alt=alt
                width="400"
                height="600"
                loading=if first { "eager" } else { "lazy" }
                decoding="async"
            />
        </span>
    }
}
