//! Which keys the player knows.

use leptos::prelude::*;

use crate::{i18n::td_string, locale::locale};

/// The keys and what they do: a popover, which the browser itself opens and closes. That it takes
/// the focus then, the island says: a page with `autofocus` on it looks for a focus as it loads.
#[component]
pub fn KeyList(
    /// What it is known by on the page.
    id: &'static str,
) -> impl IntoView {
    let locale = locale();
    let keys: [(&[&str], _); 10] = [
        (
            &[td_string!(locale, player.key.space), "k"],
            td_string!(locale, player.key.toggle),
        ),
        (&["←", "→"], td_string!(locale, player.key.five)),
        (&["j", "l"], td_string!(locale, player.key.ten)),
        (&["Home", "End"], td_string!(locale, player.key.ends)),
        (&["0–9"], td_string!(locale, player.key.tenths)),
        (&["↑", "↓"], td_string!(locale, player.key.louder)),
        (&["m"], td_string!(locale, player.key.mute)),
        (&["c"], td_string!(locale, player.key.subtitles)),
        (&["f"], td_string!(locale, player.key.full)),
        (&["?"], td_string!(locale, player.key.help)),
    ];
    let rows = keys.map(|(keys, does)| {
        let keys = keys.iter().map(|&key| view! { <kbd>{key}</kbd> " " });
        view! {
            <div>
                <dt>{keys.collect_view()}</dt>
                <dd>{does}</dd>
            </div>
        }
    });
    view! {
        <div
            class="key-list"
            id=id
            popover="auto"
            role="dialog"
            tabindex="-1"
            aria-label=td_string!(locale, player.keys)>
            <dl>{rows.collect_view()}</dl>
        </div>
    }
    .into_any()
}
