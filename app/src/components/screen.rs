//! Where a film plays: plain html, which the player's island makes work.

use leptos::prelude::*;

use crate::{
    components::controls::Controls, i18n::td_string, islands::player::Player, locale::locale,
    model::Title, words::running_time,
};

/// The film's still with a button over it; then the film, with the controls.
#[component]
pub fn Screen(
    /// What plays.
    title: Title,
    /// Whether to start without a press, where the browser lets it.
    at_once: bool,
    /// Where to start, in seconds.
    from: u32,
) -> impl IntoView {
    let locale = locale();
    let over = view! {
        <div class="screen-over">
            <p class="screen-status" role="status"></p>
            <div class="screen-trouble"></div>
            <button class="button button-play play" type="button" disabled>
                {td_string!(locale, player.play)}
            </button>
            <button class="button try-again" type="button" hidden>
                {td_string!(locale, player.try_again)}
            </button>
        </div>
    }
    .into_any();
    let goes_on = (from > 0).then(|| {
        let at = running_time(from);
        view! { <p class="screen-goes-on">{td_string!(locale, watch.goes_on, at)}</p> }
    });
    view! {
        <Player>
            <div
                class="screen"
                role="group"
                aria-label=title.name
                tabindex="-1"
                data-slug=title.slug.to_string()
                data-from=from
                data-at-once=at_once.then_some("")
            >
                <img class="screen-still" src=title.backdrop alt="" width="1280" height="720" />
                <Controls seconds=title.seconds />
                {over}
            </div>
            <p class="remaining" role="timer"></p>
            {goes_on}
        </Player>
    }
}
