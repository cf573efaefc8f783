//! The workflow as one looks at it: a diagram, the message that is chosen, and all of it as a list.
//!
//! All that a view shows is in its query, so each of its links leads to a page that works without
//! script. Where there is script, an island fetches the view alone.

mod details;
mod diagram;
mod list;
mod replay;

use leptos::{either::Either, prelude::*};

use self::{details::details, diagram::diagram, list::list, replay::replay};
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
        mut episodes,
    } = workflow;
    let all = messages(&episodes);
    let chosen = chosen(&all, &query);
    if let Some(upto) = query.upto {
        keep_upto(&mut episodes, &all, upto);
    }
    let body = if all.is_empty() {
        Either::Left(view! { <Nothing /> })
    } else {
        let ids: Vec<i64> = all.iter().map(|message| message.id).collect();
        let details = chosen.map(|message| {
            let bound = bound_device(&episodes, &message);
            details(message, bound, &query)
        });
        Either::Right(view! {
            {replay(&ids, &query)}
            <Followed all=messages(&episodes) query=query.clone() />
            <div class="workflow-body">
                {diagram(&episodes, &query)}
                {details}
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
        .clone()
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
    let mut all: Vec<_> = episodes
        .iter()
        .flat_map(|episode| episode.messages.clone())
        .collect();
    all.sort_by_key(|message| (message.at, message.id));
    all
}

/// The message that is shown: the one that was chosen; in a replay, the last.
fn chosen(all: &[Message], query: &WorkflowQuery) -> Option<Message> {
    let id = query.message.or(query.upto)?;
    all.iter().find(|message| message.id == id).cloned()
}

/// Leaves out what comes after a message, for a replay.
fn keep_upto(episodes: &mut Vec<Episode>, all: &[Message], upto: i64) {
    let place = |id: i64| all.iter().position(|message| message.id == id);
    let last = place(upto).unwrap_or(0);
    for episode in &mut *episodes {
        let kept = |message: &Message| place(message.id).is_some_and(|at| at <= last);
        episode.messages.retain(kept);
    }
    episodes.retain(|episode| !episode.messages.is_empty());
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
