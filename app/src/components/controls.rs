//! The controls over a film: plain html, which the player's island makes work.
//!
//! What a press does stands in `data-do`, what shows a state in `data-part`. So none of
//! their names and pictures is in the wasm.

use leptos::prelude::*;

use crate::{
    components::{control_bar::ControlBar, key_list::KeyList},
    i18n::td_string,
    locale::locale,
};

/// What the list of keys is known by on the page.
const KEYS: &str = "player-keys";

/// The bar, the words under the picture, and what is shown over it when it stalls or ends. The
/// style shows them while a film is on.
#[component]
pub fn Controls(
    /// The film's length in seconds.
    seconds: u32,
) -> impl IntoView {
    let locale = locale();
    // Views of their own types: all in one would be too deep for the compiler.
    let bar = view! { <ControlBar seconds keys=KEYS /> }.into_any();
    let keys = view! { <KeyList id=KEYS /> }.into_any();
    let over = view! {
        <p class="cue" data-part="cue"></p>
        <p class="stalled" role="status" data-part="status" data-stalled=td_string!(locale, player.stalled)></p>
        <button class="button button-play again" type="button" data-do="again" data-part="again" hidden>
            {td_string!(locale, player.again)}
        </button>
    }
    .into_any();
    view! { <div class="controls">{over} {bar} {keys}</div> }.into_any()
}
