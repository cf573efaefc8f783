//! A film that is the viewer's, in a row of such.

use leptos::prelude::*;

use crate::{components::poster::Poster, model::Title};

/// Its poster, what there is to say of it, and the way to play it.
#[component]
pub fn Own(
    /// The film.
    title: Title,
    /// What the link to play it says …
    play: &'static str,
    /// … and is called, where it stands beside others.
    name: String,
    /// What there is to say.
    children: Children,
) -> impl IntoView {
    view! {
        <li class="own" data-title=title.slug.to_string()>
            <Poster title=title.clone() again=true />
            <div class="own-text">
                <h3>
                    <a href=format!("/title/{}", title.slug)>{title.name}</a>
                </h3>
                {children()}
                <a
                    class="button button-play"
                    href=format!("/watch/{}?play", title.slug)
                    aria-label=name
                >
                    {play}
                </a>
            </div>
        </li>
    }
}
