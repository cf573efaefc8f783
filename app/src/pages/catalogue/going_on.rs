//! What the viewer is in the middle of.

use leptos::prelude::*;

use super::own::Own;
use crate::{
    components::row::Row, i18n::td_string, locale::locale, model::Title,
    watching::position::Position, words::running_time,
};

/// A film for each position, the newest first, and how much of it has been seen.
#[component]
pub fn GoingOn(
    /// Every film.
    shelf: Vec<Title>,
    /// How far the viewer is in some of them.
    positions: Vec<Position>,
) -> impl IntoView {
    let locale = locale();
    let films: Vec<_> = positions
        .into_iter()
        .filter_map(|position| {
            let title = shelf.iter().find(|title| title.slug == position.slug)?;
            Some(view! { <Begun title=title.clone() position /> })
        })
        .collect();
    (!films.is_empty()).then(|| {
        view! {
            <Row id="going-on-heading" heading=td_string!(locale, catalogue.going_on)>
                <ul class="own-shelf">{films}</ul>
            </Row>
        }
    })
}

#[component]
fn Begun(title: Title, position: Position) -> impl IntoView {
    let locale = locale();
    let film = title.name.clone();
    let (now, whole) = (running_time(position.seconds), running_time(position.whole));
    let seen = td_string!(locale, player.at, now, whole);
    view! {
        <Own
            title
            play=td_string!(locale, catalogue.go_on)
            name=td_string!(locale, catalogue.go_on_with, film)
        >
            <progress
                class="seen"
                max=position.whole
                value=position.seconds
                aria-label=seen.clone()
            ></progress>
            <p aria-hidden="true">{seen}</p>
        </Own>
    }
}
