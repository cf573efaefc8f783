//! All messages as a list: for who reads with the ears, and to copy.

use leptos::{either::Either, prelude::*};

use super::{
    super::{
        Episode, Message, WorkflowQuery,
        words::{act, answer, occasion, party, step, took},
    },
    step_badge,
};
use crate::{i18n::td_string, locale::locale};

/// The list.
pub(super) fn list(episodes: Vec<Episode>, query: &WorkflowQuery) -> AnyView {
    let locale = locale();
    let groups = episodes
        .into_iter()
        .map(|episode| {
            let items = episode
                .messages
                .into_iter()
                .map(|message| item(&message, query))
                .collect_view();
            view! {
                <h3>{occasion(locale, &episode.occasion)}</h3>
                <ol class="message-list">{items}</ol>
            }
        })
        .collect_view();
    view! {
        <details class="as-list">
            <summary>{td_string!(locale, workflow.list)}</summary>
            {groups}
        </details>
    }
    .into_any()
}

fn item(message: &Message, query: &WorkflowQuery) -> impl IntoView + use<> {
    let locale = locale();
    let number = (!message.act.is_beside()).then(|| message.act.step());
    let number = match number {
        Some(number) => Either::Left(view! {
            {step_badge(number)} " " <span class="list-step">{step(locale, number)}</span>
        }),
        None => Either::Right(view! {
            <span class="list-step">{td_string!(locale, workflow.message.beside)}</span>
        }),
    };
    let from = party(locale, message.act.from());
    let to = party(locale, message.act.to());
    let to_message = WorkflowQuery {
        message: Some(message.id),
        ..query.clone()
    };
    let took = message.micros.map(|micros| took(locale, micros));
    view! {
        <li
            data-act=serde_name(message)
            data-traceparent=message.traceparent.to_string()
            data-url=message.url.clone()
            data-method=message.method.clone()
        >
            {number} " "
            <a href=to_message.href() data-view>
                {act(locale, message.act).0}
            </a> " "
            <span class="facts">{td_string!(locale, workflow.message.between, from, to)}</span>
            " → " <span class="list-answer">{answer(locale, message)}</span>
            {took.map(|took| view! { " " <span class="facts">{took}</span> })}
        </li>
    }
}

/// The message's kind, as JSON has it.
fn serde_name(message: &Message) -> String {
    serde_json::to_string(&message.act)
        .unwrap_or_default()
        .trim_matches('"')
        .to_owned()
}
