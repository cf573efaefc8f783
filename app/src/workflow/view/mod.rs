//! The workflow as one looks at it: a diagram, the message that is chosen, and all of it as a list.
//!
//! All that a view shows is in its query, so each of its links leads to a page that works without
//! script. Where there is script, an island fetches the view alone.

mod details;
mod diagram;
mod list;
mod replay;
mod rows;

use leptos::{either::Either, prelude::*};

use self::{
    details::details,
    diagram::diagram,
    list::list,
    replay::replay,
    rows::{Arrow, Part, Row, arrows, rows, upto},
};
use super::{
    Episode, Message, Run, Workflow, WorkflowQuery,
    words::{self, count},
};
use crate::{i18n::td_string, locale::locale, words::moment};

/// The path of the page that shows nothing else.
pub const PAGE: &str = "/workflow";

/// The view as html.
#[must_use]
pub fn to_html(workflow: Workflow, query: WorkflowQuery) -> String {
    view! { <WorkflowView workflow query /> }.to_html()
}

/// The view.
#[component]
pub fn WorkflowView(
    /// What there is.
    workflow: Workflow,
    /// What is looked at.
    query: WorkflowQuery,
) -> impl IntoView {
    let Workflow {
        runs,
        shown,
        episodes,
    } = workflow;
    let every = rows(&episodes);
    let count_of_arrows = arrows(&every).count();
    let body = if count_of_arrows == 0 {
        Either::Left(view! { <Nothing /> })
    } else {
        let shown = match query.upto {
            Some(last) => upto(every, last.max(1)),
            None => every,
        };
        let chosen = chosen(&shown, &query);
        let details = chosen.map(|arrow| {
            // In a replay, what has not come yet is not told.
            let whole = query.upto.is_none() || arrow.part != Part::Question;
            let bound = bound_device(&episodes, &arrow.message);
            details(arrow.message.clone(), whole, bound, &query)
        });
        let chosen = chosen.map(|arrow| arrow.message.id);
        Either::Right(view! {
            {replay(count_of_arrows, &query)}
            <Followed all=messages(&episodes) query=query.clone() />
            <div class="workflow-body">
                {diagram(&shown, chosen, &query)} {details}
            </div>
            {list(episodes, &query)}
        })
    };
    let total = runs
        .iter()
        .find(|run| Some(&run.cookie) == shown.as_ref())
        .map_or(0, |run| run.messages);
    view! {
        <div class="workflow" data-count=count(locale(), total)>
            <Runs runs query />
            {body}
        </div>
    }
}

/// Where nothing has happened yet.
#[component]
fn Nothing() -> impl IntoView {
    let locale = locale();
    view! {
        <div class="empty">
            <p class="empty-heading">{td_string!(locale, workflow.empty)}</p>
            <p>{td_string!(locale, workflow.empty_text)}</p>
            <p>
                <a href="/devices">{td_string!(locale, workflow.empty_link)}</a>
            </p>
        </div>
    }
}

/// The runs, if there are several to choose from.
#[component]
fn Runs(runs: Vec<Run>, query: WorkflowQuery) -> impl IntoView {
    if runs.len() < 2 {
        return None;
    }
    let locale = locale();
    let shown = query
        .run
        .or_else(|| runs.first().map(|run| run.cookie.clone()));
    let items = runs
        .into_iter()
        .map(|run| {
            let (time, count) = (moment(locale, run.at), count(locale, run.messages));
            let current = (Some(&run.cookie) == shown.as_ref()).then_some("true");
            let to = WorkflowQuery {
                run: Some(run.cookie),
                ..WorkflowQuery::default()
            };
            view! {
                <li>
                    <a href=to.href() data-view aria-current=current>
                        {td_string!(locale, workflow.run, time, count)}
                    </a>
                </li>
            }
        })
        .collect_view();
    Some(view! {
        <details class="runs">
            <summary>{td_string!(locale, workflow.runs)}</summary>
            <ul>{items}</ul>
        </details>
    })
}

/// The value that is followed, and how far it goes.
#[component]
fn Followed(all: Vec<Message>, query: WorkflowQuery) -> impl IntoView {
    let locale = locale();
    let value = query.value.clone()?;
    let count = count(
        locale,
        all.iter()
            .filter(|message| message.carries(&value))
            .count()
            .try_into()
            .unwrap_or(u32::MAX),
    );
    let stop = WorkflowQuery {
        value: None,
        ..query
    };
    Some(view! {
        <p class="followed">
            <span>{td_string!(locale, workflow.follow.heading, value, count)}</span>
            " "
            <a href=stop.href() data-view>
                {td_string!(locale, workflow.follow.stop)}
            </a>
        </p>
    })
}

fn messages(episodes: &[Episode]) -> Vec<Message> {
    let messages = episodes.iter().map(|episode| episode.messages.clone());
    messages.flatten().collect()
}

/// The arrow whose message is shown: the one that was chosen; in a replay, the last.
fn chosen<'a>(shown: &'a [Row], query: &WorkflowQuery) -> Option<&'a Arrow> {
    match query.message {
        Some(id) => arrows(shown).filter(|arrow| arrow.message.id == id).last(),
        None => query.upto.and_then(|_| arrows(shown).last()),
    }
}

/// The device that the token of a licence request is bound to.
fn bound_device(episodes: &[Episode], message: &Message) -> Option<expressplay::DeviceId> {
    let trace = message.traceparent.trace;
    let episode = episodes.iter().find(|episode| episode.trace == trace)?;
    let bound = episode
        .messages
        .iter()
        .rfind(|message| message.act == super::Act::BoundToken)?;
    bound.asked.iter().find_map(|field| match field.value {
        super::Value::Device(id) => Some(id),
        _ => None,
    })
}

/// A step's number as a badge, with its name for who cannot see it.
fn step_badge(step: u8) -> impl IntoView {
    let name = words::step(locale(), step).0;
    view! {
        <span class="step-badge" title=name>
            {step}
        </span>
    }
}
