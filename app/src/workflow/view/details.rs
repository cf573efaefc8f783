//! The message that is chosen: what it carried, what came of it, and how to send it again.

use expressplay::ErrorCode;
use leptos::{
    either::{Either, EitherOf3},
    prelude::*,
};

use super::{
    super::{
        Act, Episode, Field, Message, Outcome, Value, WorkflowQuery,
        curl::Curl,
        words::{self, meaning, party, step, took},
    },
    bound_device, caption,
    check::cross_check,
    episode_of,
    rows::{Arrow, Part},
    step_badge,
};
use crate::{i18n::td_string, locale::locale};

/// What an arrow is about. In a replay, the arrow that has just come, without what has not; else
/// its whole message.
pub(super) fn details(arrow: &Arrow, episodes: &[Episode], query: &WorkflowQuery) -> AnyView {
    let locale = locale();
    let message = arrow.message.clone();
    let act = message.act;
    let is_replayed = query.upto.is_some();
    let whole = !is_replayed || arrow.part == Part::Answer;
    // A message that was chosen goes by its own name, and not by its answer's.
    let is_turned_to = is_replayed && query.message.is_none();
    let is_answer = is_turned_to && arrow.part != Part::Question;
    let (name, from, to) = match is_answer {
        true => {
            let (from, to) = arrow.ends();
            (arrow.label(), from, to)
        }
        false => (words::act(locale, act).0.to_owned(), act.from(), act.to()),
    };
    let between = td_string!(
        locale,
        workflow.message.between,
        from = party(locale, from),
        to = party(locale, to)
    );
    let episode = episode_of(episodes, &message);
    let message = match whole {
        true => message,
        false => message.unanswered(),
    };
    let bound = bound_device(episodes, &message);
    let check = (act == Act::License && whole).then(|| cross_check(bound, &message));
    let check = check.flatten();
    let asks = about_question(&message, episode);
    let answers = about_answer(&message, check.is_some());
    let is_record = is_answer && arrow.part == Part::Recorded && act == Act::License;
    let about = match answers {
        _ if is_record => [
            None,
            Some(td_string!(locale, workflow.answer_text.recorded)),
        ],
        Some(_) if is_answer => [None, answers],
        _ => [Some(asks), answers],
    };
    let close = WorkflowQuery {
        message: None,
        ..query.clone()
    };
    let came = whole.then(|| came(&message));
    let why = why(&message);
    let curl = Curl::of(&message);
    let goes_along = message.shows_its_trace();
    let fields = |of: &'static str, heading: &'static str, fields: &[Field]| {
        view! { <Fields of heading fields=fields.to_vec() query=query.clone() /> }
    };
    let heading = td_string!(locale, workflow.message.request);
    let asked = fields("asked", heading, &message.asked);
    let heading = td_string!(locale, workflow.message.noted);
    let noted = (!message.noted.is_empty()).then(|| fields("noted", heading, &message.noted));
    let heading = td_string!(locale, workflow.message.answer);
    let answered =
        (!message.answered.is_empty()).then(|| fields("answered", heading, &message.answered));
    // What has just come stands first.
    let parts = match is_answer {
        true => [answered, Some(asked), noted],
        false => [Some(asked), noted, answered],
    };
    let closes = query.upto.is_none().then(|| {
        view! {
            <a class="quiet-link message-close" href=close.href() data-view>
                {td_string!(locale, workflow.message.close)}
            </a>
        }
    });
    view! {
        <section
            class="message"
            aria-labelledby="message-heading"
            id="message"
            tabindex="-1"
            data-told=match is_turned_to {
                true => arrow.key(),
                false => format!("message-{}", message.id),
            }
        >
            <header>
                {step_line(&message, whole)}
                <h2 id="message-heading">{name}</h2>
                <p class="facts">{between}</p>
                <p class="facts message-occasion">{episode.map(caption)}</p>
                {closes}
            </header>
            {check}
            {about.map(|text| text.map(|text| view! { <p class="message-about">{text}</p> }))}
            {came}
            {why.map(|(why, lang)| view! { <p lang=lang>{why}</p> })}
            <p class="message-call">
                <code>{format!("{} {}", message.method, message.url)}</code>
            </p>
            {parts}
            <CopyCurl curl of_dummy=act == Act::DummyLicense />
            <p class="facts">
                "traceparent "
                <code class="traceparent">{message.traceparent.to_string()}</code>
                {goes_along.then(|| [" ", td_string!(locale, workflow.message.trace_text)])}
            </p>
        </section>
    }
    .into_any()
}

/// What a message is about.
fn about_question(message: &Message, episode: Option<&Episode>) -> &'static str {
    let locale = locale();
    let plays = episode.and_then(Episode::device);
    match message.act {
        Act::License if message.is_plain() => {
            td_string!(locale, workflow.act_text.license_plain)
        }
        Act::BoundToken if plays.is_some() && plays != message.device() => {
            td_string!(locale, workflow.act_text.bound_token_elsewhere)
        }
        act => words::act(locale, act).2,
    }
}

/// What an answer is about, where that is more than its message is.
fn about_answer(message: &Message, is_checked: bool) -> Option<&'static str> {
    let locale = locale();
    match (message.act, &message.outcome) {
        (Act::HandOver, Some(Outcome::Granted)) => {
            Some(td_string!(locale, workflow.answer_text.hand_over))
        }
        (Act::License, _) if is_checked && !message.is_plain() => {
            Some(td_string!(locale, workflow.answer_text.license))
        }
        _ => None,
    }
}

/// Which of the seven steps it is, as in the diagram: a hand-over is its answer.
fn step_line(message: &Message, whole: bool) -> Option<AnyView> {
    let locale = locale();
    let line = match message.act {
        Act::HandOver if !whole => return None,
        act if act.is_beside() => Either::Left(td_string!(locale, workflow.message.beside)),
        act => {
            let number = act.step();
            let name = step(locale, number);
            let heading = td_string!(locale, workflow.message.heading, step = number, name);
            Either::Right(view! {
                {step_badge(number)}
                " "
                {heading}
            })
        }
    };
    Some(view! { <p class="message-step">{line}</p> }.into_any())
}

/// What came of it, and when.
fn came(message: &Message) -> AnyView {
    let locale = locale();
    let came = words::outcome_of(locale, message);
    let took = message.micros.map(|micros| took(locale, micros));
    view! {
        <p class="message-came" data-outcome=outcome_name(message.outcome.as_ref())>
            <strong>{came}</strong>
            {took.map(|took| view! { " " <span class="facts">{took}</span> })}
        </p>
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
fn Fields(
    /// Which part of the message it is.
    of: &'static str,
    heading: &'static str,
    mut fields: Vec<Field>,
    query: WorkflowQuery,
) -> impl IntoView {
    let locale = locale();
    // First what the workflow is about; of several records, each by itself.
    let of_record = |field: &Field| field.name.rsplit_once('.')?.1.parse::<u32>().ok();
    fields.sort_by_key(|field| (of_record(field), !field.value.can_be_followed()));
    let body = if fields.is_empty() {
        Either::Left(view! {
            <p class="facts">{td_string!(locale, workflow.message.nothing)}</p>
        })
    } else {
        let rows = fields
            .into_iter()
            .enumerate()
            .map(|(nth, field)| {
                let key = format!("{of}-{nth}");
                let meaning = meaning(locale, &field.name);
                view! {
                    <div class="field-row">
                        <dt>
                            <code>{field.name}</code>
                        </dt>
                        <dd>
                            {shown(field.value, key, &query)} <span class="field-meaning">{meaning}</span>
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
fn shown(value: Value, key: String, query: &WorkflowQuery) -> impl IntoView + use<> {
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
                <a class="value" href=to.href() data-view data-key=key aria-current=current>
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
