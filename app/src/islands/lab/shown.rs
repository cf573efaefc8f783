//! What came of an attempt, as its card shows it.

use leptos::prelude::*;

use super::WORKFLOW_WINDOW;
use crate::{
    components::alert::Alert,
    i18n::{Locale, td_string},
    lab::outcome::{Answer, Outcome, Says},
    trouble::Trouble,
};

/// Whether the promise was kept, and by what.
pub(super) fn verdict(locale: Locale, outcome: &Outcome) -> impl IntoView + use<> {
    let (sign, words) = match outcome.is_as_promised() {
        true => ("✓", td_string!(locale, lab.kept)),
        false => ("✗", td_string!(locale, lab.broken)),
    };
    let came = came(locale, &outcome.answer);
    view! {
        <span class="try-sign" aria-hidden="true">
            {sign}
        </span>
        " "
        <strong>{words}</strong>
        " "
        {came}
    }
}

/// What came back, in a few words.
fn came(locale: Locale, answer: &Answer) -> String {
    match (&answer.says, answer.status) {
        (Says::License(keys), _) => td_string!(locale, lab.came.license, keys = *keys),
        (Says::Refused { code, .. }, _) => td_string!(locale, lab.came.refused, code = *code),
        (Says::Declined(problem), _) => {
            let what = problem.what(locale);
            td_string!(locale, lab.came.declined, what)
        }
        (Says::Other, Some(status)) => td_string!(locale, lab.came.other, status),
        (Says::Other, None) => td_string!(locale, lab.came.nothing).to_owned(),
    }
}

/// What was sent and what came back, in full.
pub(super) fn told(locale: Locale, outcome: Outcome) -> impl IntoView {
    let Outcome {
        sent,
        first,
        answer,
        millis,
        trace,
        ..
    } = outcome;
    let href = format!("/workflow/at/{trace}");
    let fields = sent.fields.into_iter().map(|(name, value)| {
        view! {
            <li>
                <code class="try-name">{name}</code>
                " "
                <code class="try-value">{value}</code>
            </li>
        }
    });
    let first = first.map(|first| {
        let came = came(locale, &first);
        view! {
            <dt>{td_string!(locale, lab.first)}</dt>
            <dd>{came}</dd>
        }
    });
    let words = match answer.says {
        Says::Refused { words, .. } => Some(view! {
            <span class="try-words" lang="en">
                {words}
            </span>
        }),
        _ => None,
    };
    let status = answer
        .status
        .map(|status| td_string!(locale, lab.status, status, millis));
    view! {
        <dl class="try-told">
            {first}
            <dt>{td_string!(locale, lab.answer)}</dt>
            <dd>{status} {words}</dd>
        </dl>
        <details class="try-sent">
            <summary>{td_string!(locale, lab.sent)}</summary>
            <ul>
                <li>
                    <code class="try-value">{format!("POST {}", sent.url)}</code>
                </li>
                <li>
                    <code class="try-name">"Content-Type"</code>
                    " "
                    <code>{sent.content_type}</code>
                </li>
                {fields.collect_view()}
            </ul>
        </details>
        <a class="quiet-link" href=href target=WORKFLOW_WINDOW>
            {td_string!(locale, lab.see)}
        </a>
    }
}

/// Why an attempt could not be made.
pub(super) fn failed(locale: Locale, trouble: Trouble) -> impl IntoView {
    view! { <Alert locale trouble /> }
}
