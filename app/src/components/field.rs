//! A field of a form, and what is wrong with it beside it.

use leptos::prelude::*;

use crate::{
    account::Fault,
    i18n::{Locale, td_string},
};

/// A labelled input. What is wrong with it stands under it and is read out with it.
#[component]
pub fn Field(
    /// The name that the form sends it under.
    name: &'static str,
    /// What it is called.
    label: &'static str,
    /// `text`, `email`, `password`.
    kind: &'static str,
    /// What a browser may fill in.
    autocomplete: &'static str,
    /// What stands in it already.
    #[prop(optional_no_strip)]
    value: Option<String>,
    /// What to know before typing.
    #[prop(optional_no_strip)]
    hint: Option<String>,
    /// What is wrong with the whole form.
    faults: Vec<Fault>,
    /// The language of the page.
    locale: Locale,
) -> impl IntoView {
    let fault = faults.iter().find(|fault| fault.field() == name).copied();
    // The first that is wrong is where to go on.
    let focused = fault.is_some() && fault == faults.first().copied();
    let (fault_id, hint_id) = (format!("{name}-fault"), format!("{name}-hint"));
    let described: Vec<_> = [
        fault.map(|_| fault_id.clone()),
        hint.as_ref().map(|_| hint_id.clone()),
    ]
    .into_iter()
    .flatten()
    .collect();
    view! {
        <div class="field">
            <label for=name>{label}</label>
            {hint.map(|hint| view! { <p class="hint" id=hint_id>{hint}</p> })}
            <input
                id=name
                name=name
                type=kind
                autocomplete=autocomplete
                required
                autofocus=focused
                value=value
                aria-describedby=(!described.is_empty()).then(|| described.join(" "))
                aria-invalid=fault.map(|_| "true")
            />
            {fault
                .map(|fault| {
                    view! {
                        <p class="field-fault" id=fault_id>
                            <span class="field-fault-mark" aria-hidden="true">
                                "!"
                            </span>
                            <span class="for-the-ear">{td_string!(locale, fault.mark)} " "</span>
                            {fault.what(locale)}
                        </p>
                    }
                })}
        </div>
    }
}
