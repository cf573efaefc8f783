//! The bottom of every page: what the shop is, what it is not, and the other languages.

use leptos::prelude::*;

use crate::{
    forms::CHOOSE_LANGUAGE,
    i18n::{I18nLocaleTrait, Locale, td_string},
    lab,
    locale::{locale, tag},
    respond::here,
};

/// The footer.
#[component]
pub fn Footer() -> impl IntoView {
    let locale = locale();
    view! {
        <footer class="footer">
            <p>{td_string!(locale, footer.demonstration)}</p>
            <p>{td_string!(locale, footer.limits)}</p>
            <p>
                <a href=lab::PAGE>{td_string!(locale, footer.lab)}</a>
            </p>
            <Languages locale />
        </footer>
    }
}

/// A button for each language, in its own words.
#[component]
fn Languages(locale: Locale) -> impl IntoView {
    let buttons = Locale::get_all().iter().map(|&language| {
        view! {
            <button
                class="quiet-button"
                type="submit"
                name="language"
                value=language.as_str()
                lang=tag(language)
                aria-current=(language == locale).then_some("true")
            >
                {td_string!(language, language.name)}
            </button>
        }
    });
    view! {
        <form
            class="languages"
            method="post"
            action=CHOOSE_LANGUAGE
            aria-label=td_string!(locale, footer.language)
        >
            <input type="hidden" name="back" value=here().to_string() />
            {buttons.collect_view()}
        </form>
    }
}
