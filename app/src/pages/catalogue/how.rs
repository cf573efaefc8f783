//! What the shop is about, in three steps.

use leptos::prelude::*;

use crate::{i18n::td_string, locale::locale, workflow::view::PAGE};

/// Register, buy, play.
#[component]
pub fn How() -> impl IntoView {
    let locale = locale();
    view! {
        <section class="how" id="how" aria-labelledby="how-heading">
            <h2 id="how-heading">{td_string!(locale, catalogue.how)}</h2>
            <ol class="how-steps">
                <li>
                    <h3>{td_string!(locale, catalogue.register)}</h3>
                    <p>{td_string!(locale, catalogue.register_text)}</p>
                </li>
                <li>
                    <h3>{td_string!(locale, catalogue.buy_or_rent)}</h3>
                    <p>{td_string!(locale, catalogue.buy_or_rent_text)}</p>
                </li>
                <li>
                    <h3>{td_string!(locale, catalogue.play)}</h3>
                    <p>{td_string!(locale, catalogue.play_text)}</p>
                </li>
            </ol>
            <p>
                <a href=PAGE>{td_string!(locale, catalogue.watch_it)}</a>
            </p>
        </section>
    }
}
