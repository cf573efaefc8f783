//! The message that is chosen: what it carried, what came of it, and how to send it again.

use expressplay::{DeviceId, ErrorCode};
use leptos::{
    either::{Either, EitherOf3},
    prelude::*,
};

use super::{
    super::{
        Act, Field, Message, Outcome, Value, WorkflowQuery,
        curl::Curl,
        words::{act, meaning, outcome, party, step, took},
    },
    check::cross_check,
    step_badge,
};
use crate::{i18n::td_string, locale::locale};

/// The message, with its answer or without, and the device that its token is bound to.
pub(super) fn details(
    message: Message,
    whole: bool,
    bound: Option<DeviceId>,
    query: &WorkflowQuery,
) -> AnyView {
    let locale = locale();
    // As in the diagram: what is asked beside the steps is none, and a hand-over is its answer.
    let is_step = !message.act.is_beside() && (whole || message.act != Act::HandOver);
    let heading = match is_step {
        true => {
            let number = message.act.step();
            let name = step(locale, number);
            let heading = td_string!(locale, workflow.message.heading, step = number, name);
            Either::Left(view! {
                {step_badge(number)}
                " "
                {heading}
            })
        }
        false => Either::Right(td_string!(locale, workflow.message.beside)),
    };
    let (name, _, text) = act(locale, message.act);
    let from = party(locale, message.act.from());
    let to = party(locale, message.act.to());
    let close = WorkflowQuery {
        message: None,
        ..query.clone()
    };
    let message = match whole {
        true => message,
        false => Message {
            micros: None,
            outcome: None,
            answered: vec![],
            ..message
        },
    };
    let came = outcome(locale, message.outcome.as_ref());
    let took = message.micros.map(|micros| took(locale, micros));
    let why = why(&message);
    let check = (message.act == Act::License && whole).then(|| cross_check(bound, &message));
    let curl = Curl::of(&message);
    let fields = |heading: &'static str, fields: Vec<Field>| {
        view! { <Fields heading fields query=query.clone() /> }
    };
    let noted = (!message.noted.is_empty()).then(|| {
        fields(
            td_string!(locale, workflow.message.noted),
            message.noted.clone(),
        )
    });
    let answered = (!message.answered.is_empty()).then(|| {
        fields(
            td_string!(locale, workflow.message.answer),
            message.answered.clone(),
        )
    });
    let closes = query.upto.is_none().then(|| {
        view! {
            <a class="quiet-link message-close" href=close.href() data-view>
                {td_string!(locale, workflow.message.close)}
            </a>
        }
    });
    view! {
        <section class="message" aria-labelledby="message-heading" id="message">
            <header>
                <p class="message-step">{heading}</p>
                <h2 id="message-heading">{name}</h2>
                <p class="facts">
                    {td_string!(locale, workflow.message.between, from, to)}
                </p>
                {closes}
            </header>
            {check}
            <p class="message-about">{text}</p>
            <p class="message-came" data-outcome=outcome_name(message.outcome.as_ref())>
                <strong>{came}</strong>
                {took.map(|took| view! { " " <span class="facts">{took}</span> })}
            </p>
            {why.map(|(why, lang)| view! { <p lang=lang>{why}</p> })}
            <p class="message-call">
                <code>{format!("{} {}", message.method, message.url)}</code>
            </p>
            {fields(td_string!(locale, workflow.message.request), message.asked.clone())}
            {noted}
            {answered}
            <CopyCurl curl of_dummy=message.act == Act::DummyLicense />
            <p class="facts">
                "traceparent "
                <code class="traceparent">{message.traceparent.to_string()}</code> " "
                {td_string!(locale, workflow.message.trace_text)}
            </p>
        </section>
    }
    .into_any()
}

/// Why it came to nothing, in the words of whoever said so, and their language where it is not the
/// page's.
fn why(message: &Message) -> Option<(String, Option<&'static str>)> {
    match message.outcome.as_ref()? {
        Outcome::Refused { code, .. } => {
            let code = ErrorCode::from_number(*code)?;
            Some((format!("“{}”", code.text()), Some("en")))
        }
        Outcome::Declined { problem } => Some((problem.what(locale()), None)),
        Outcome::Lost { why } => Some((why.clone(), Some("en"))),
        Outcome::Granted | Outcome::Senseless { .. } => None,
    }
}

const fn outcome_name(outcome: Option<&Outcome>) -> &'static str {
    match outcome {
        None => "pending",
        Some(Outcome::Granted) => "granted",
        Some(_) => "refused",
    }
}

/// What a message or an answer carries.
#[component]
fn Fields(heading: &'static str, fields: Vec<Field>, query: WorkflowQuery) -> impl IntoView {
    let locale = locale();
    let body = if fields.is_empty() {
        Either::Left(view! {
            <p class="facts">{td_string!(locale, workflow.message.nothing)}</p>
        })
    } else {
        let rows = fields
            .into_iter()
            .map(|field| {
                let meaning = meaning(locale, &field.name);
                view! {
                    <div class="field-row">
                        <dt>
                            <code>{field.name}</code>
                        </dt>
                        <dd>
                            {shown(field.value, &query)} <span class="field-meaning">{meaning}</span>
                        </dd>
                    </div>
                }
            })
            .collect_view();
        Either::Right(view! { <dl class="fields">{rows}</dl> })
    };
    view! {
        <h3>{heading}</h3>
        {body}
    }
}

/// A value; one that can be followed is a link that does.
fn shown(value: Value, query: &WorkflowQuery) -> impl IntoView + use<> {
    let locale = locale();
    match value.as_text() {
        None => EitherOf3::A(view! {
            <span class="secret">{td_string!(locale, workflow.message.secret)}</span>
        }),
        Some(text) if value.can_be_followed() => {
            let current = (query.value.as_ref() == Some(&text)).then_some("true");
            let to = WorkflowQuery {
                value: Some(text.clone()),
                ..query.clone()
            };
            EitherOf3::B(view! {
                <a class="value" href=to.href() data-view aria-current=current>
                    <code>{text}</code>
                </a>
            })
        }
        Some(text) => EitherOf3::C(view! { <code>{text}</code> }),
    }
}

/// The message as a command.
#[component]
fn CopyCurl(curl: Curl, of_dummy: bool) -> impl IntoView {
    let locale = locale();
    let variables = curl.variables.join(", ");
    let hint = match curl.variables.is_empty() {
        true => td_string!(locale, workflow.message.curl_plain).to_owned(),
        false => td_string!(locale, workflow.message.curl_text, variables),
    };
    view! {
        <details class="curl">
            <summary>{td_string!(locale, workflow.message.curl)}</summary>
            <p class="facts">{hint}</p>
            {of_dummy
                .then(|| {
                    view! { <p class="facts">{td_string!(locale, workflow.message.curl_dummy)}</p> }
                })}
            <pre tabindex="0">
                <code>{curl.command}</code>
            </pre>
            <button
                class="quiet-button with-script"
                type="button"
                data-copy
                data-copied=td_string!(locale, workflow.message.copied)
            >
                {td_string!(locale, workflow.message.copy)}
            </button>
        </details>
    }
}
