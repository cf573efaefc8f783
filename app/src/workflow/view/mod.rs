//! The workflow as one looks at it: a diagram, the message that is chosen, and all of it as a list.
//!
//! All that a view shows is in its query, so each of its links leads to a page that works without
//! script. Where there is script, an island fetches the view alone.

mod check;
mod details;
mod diagram;
mod list;
mod replay;
mod rows;

use std::collections::HashMap;

use expressplay::{Cookie, DeviceId};
use leptos::{either::Either, prelude::*};

use self::{
    details::details,
    diagram::diagram,
    list::list,
    replay::replay,
    rows::{Arrow, Part, Row, arrows, rows, upto},
};
use super::{
    Act, Episode, Message, Run, Workflow, WorkflowQuery,
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
        viewer,
        runs,
        shown,
        earlier,
        episodes,
    } = workflow;
    // Of a run that is not the viewer's, nothing that was asked for says anything of another.
    let query = match &query.run {
        Some(_) if query.run != shown => WorkflowQuery::default(),
        _ => query,
    };
    let episodes = as_replayed(episodes, &query);
    let is_newest = runs.first().map(|run| &run.cookie) == shown.as_ref();
    let shown_run = shown.clone();
    let every = rows(&episodes);
    let body = if every.is_empty() {
        Either::Left(view! { <Nothing /> })
    } else {
        let replay = replay(&every, shown_run, is_newest, &query);
        let shown = match query.upto {
            Some(last) => upto(every, last.max(1)),
            None => every,
        };
        let chosen = chosen(&shown, &query);
        let details = chosen.map(|arrow| details(arrow, &episodes, &query));
        let chosen = chosen.map(|arrow| arrow.message.id);
        let told = as_told(episodes, &shown);
        Either::Right(view! {
            {before(earlier, &query)}
            {replay}
            <Followed all=messages(&told) query=query.clone() />
            <div class="workflow-body">
                {diagram(&shown, chosen, &query)} {details}
            </div>
            {list(told, &query)}
        })
    };
    let total = runs
        .iter()
        .find(|run| Some(&run.cookie) == shown.as_ref())
        .map_or(0, |run| run.messages);
    view! {
        <div class="workflow" data-count=count(locale(), total) data-viewer=viewer>
            {run_list(runs, shown.as_ref())}
            {body}
        </div>
    }
}

/// A replay's episodes: without what has come since it began. One that began before all that is
/// there is none.
fn as_replayed(episodes: Vec<Episode>, query: &WorkflowQuery) -> Vec<Episode> {
    let until = query.until.filter(|_| query.upto.is_some());
    let is_kept = |message: &Message| until.is_none_or(|until| message.id <= until);
    let has_any = |episode: &Episode| episode.messages.iter().any(is_kept);
    match episodes.iter().any(has_any) {
        true => keep(episodes, |message| is_kept(&message).then_some(message)),
        false => episodes,
    }
}

/// As much of the episodes as arrows tell: a question without its answer, where that has yet to
/// come.
fn as_told(episodes: Vec<Episode>, shown: &[Row]) -> Vec<Episode> {
    // Of each message the last arrow: the answer comes after all others.
    let last: HashMap<i64, Part> = arrows(shown)
        .map(|arrow| (arrow.message.id, arrow.part))
        .collect();
    keep(episodes, |message| match last.get(&message.id)? {
        Part::Answer => Some(message),
        Part::Question | Part::Recorded => Some(message.unanswered()),
    })
}

/// The episodes with what is kept of their messages, if any is.
fn keep(episodes: Vec<Episode>, kept: impl Fn(Message) -> Option<Message>) -> Vec<Episode> {
    let kept = episodes.into_iter().map(|episode| Episode {
        messages: episode.messages.into_iter().filter_map(&kept).collect(),
        ..episode
    });
    kept.filter(|episode| !episode.messages.is_empty())
        .collect()
}

/// What a long run had before.
fn before(earlier: u32, query: &WorkflowQuery) -> Option<AnyView> {
    let locale = locale();
    (earlier > 0).then(|| {
        let whole = WorkflowQuery {
            whole: true,
            ..query.clone()
        };
        view! {
            <p class="facts">
                {td_string!(locale, workflow.earlier, count = earlier)} " "
                <a href=whole.href() data-view>
                    {td_string!(locale, workflow.earlier_link)}
                </a>
            </p>
        }
        .into_any()
    })
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
fn run_list(runs: Vec<Run>, shown: Option<&Cookie>) -> Option<AnyView> {
    if runs.len() < 2 {
        return None;
    }
    let locale = locale();
    let items = runs
        .into_iter()
        .map(|run| {
            let (time, count) = (moment(locale, run.at), count(locale, run.messages));
            let current = (Some(&run.cookie) == shown).then_some("true");
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
    Some(
        view! {
            <details class="runs">
                <summary>{td_string!(locale, workflow.runs)}</summary>
                <ul>{items}</ul>
            </details>
        }
        .into_any(),
    )
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

/// What an occasion is called, and the device that it was: all of it, whatever of it a replay has
/// come to yet.
fn caption(episode: &Episode) -> impl IntoView + use<> {
    let name = words::occasion(locale(), &episode.occasion);
    let whole = name.clone();
    let device = episode.device().map(|device| {
        view! { <span>{format!("· {}", device.short())}</span> }
    });
    view! {
        <span title=whole>{name}</span>
        " "
        {device}
    }
}

/// The occasion that brought a message about.
fn episode_of<'a>(episodes: &'a [Episode], message: &Message) -> Option<&'a Episode> {
    let has = |it: &&Episode| it.messages.iter().any(|it| it.id == message.id);
    episodes.iter().find(has)
}

/// The device that the token of a licence request is bound to; none where it is bound to none, or
/// the shop had it from nobody.
fn bound_device(episodes: &[Episode], message: &Message) -> Option<DeviceId> {
    let token = message.token()?;
    let mut messages = episodes.iter().flat_map(|episode| &episode.messages);
    let made = messages.find(|it| it.act == Act::BoundToken && it.gave(token))?;
    made.device()
}

/// A step's number as a badge, with its name for who cannot see it.
fn step_badge(step: u8) -> impl IntoView {
    let name = words::step(locale(), step);
    view! {
        <span class="step-badge" title=name>
            {step}
        </span>
    }
}

#[cfg(test)]
mod tests {
    use expressplay::trace_context::{SpanId, TraceId, TraceParent};
    use jiff::Timestamp;

    use super::*;
    use crate::{
        i18n::Locale,
        workflow::{Field, Occasion, Outcome, Value},
    };

    pub(super) fn message(id: i64, act: Act, asked: Vec<Field>, answered: Vec<Field>) -> Message {
        Message {
            id,
            traceparent: TraceParent {
                trace: TraceId::from_random([1; 16]),
                span: SpanId::from_random([2; 8]),
            },
            act,
            at: Timestamp::UNIX_EPOCH,
            micros: Some(1),
            method: "POST".to_owned(),
            url: "/".to_owned(),
            asked,
            outcome: Some(Outcome::Granted),
            answered,
            noted: vec![],
        }
    }

    fn episode(messages: Vec<Message>) -> Episode {
        Episode {
            trace: TraceId::from_random([1; 16]),
            occasion: Occasion::Registration,
            at: Timestamp::UNIX_EPOCH,
            messages,
        }
    }

    #[test]
    fn what_comes_late_does_not_move_the_places_of_a_replay() {
        let begun = |id: &i64| message(*id, Act::Begin, vec![], vec![]);
        let episode = |ids: &[i64]| episode(ids.iter().map(begun).collect());
        let told = || vec![episode(&[1, 2, 5]), episode(&[3]), episode(&[4])];
        let replay = WorkflowQuery {
            upto: Some(2),
            until: Some(3),
            ..WorkflowQuery::default()
        };
        let kept = as_replayed(told(), &replay);
        assert_eq!(kept, [episode(&[1, 2]), episode(&[3])]);
        let live = WorkflowQuery {
            upto: None,
            ..replay
        };
        assert_eq!(as_replayed(told(), &live), told());
        let of_nothing = WorkflowQuery {
            upto: Some(1),
            until: Some(0),
            ..WorkflowQuery::default()
        };
        assert_eq!(as_replayed(told(), &of_nothing), told());
    }

    #[test]
    fn the_list_of_a_replay_tells_no_more_than_its_arrows() {
        let first = || message(1, Act::Begin, vec![], vec![Field::text("id", "7")]);
        let later = || message(2, Act::Finish, vec![], vec![]);
        let all = || vec![episode(vec![first()]), episode(vec![later()])];
        let upto = |last| as_told(all(), &upto(rows(&all()), last));
        assert_eq!(upto(1), [episode(vec![first().unanswered()])]);
        assert_eq!(upto(2), [episode(vec![first()])]);
        assert_eq!(upto(4), all());
    }

    #[test]
    fn a_request_is_held_against_the_device_of_its_own_token_and_of_no_other() {
        let token = |text: &str| Field::new("ExpressPlayToken", Value::Token(text.to_owned()));
        let [first, second] = [1, 2].map(|id| DeviceId::from_bytes([id; 16]).unwrap());
        let bound = |id| vec![Field::new("deviceId", Value::Device(id))];
        let asked = |text| message(3, Act::License, vec![token(text)], vec![]);
        let episodes = [episode(vec![
            message(1, Act::BoundToken, bound(first), vec![token("a")]),
            message(2, Act::BoundToken, bound(second), vec![token("b")]),
        ])];
        assert_eq!(bound_device(&episodes, &asked("a")), Some(first));
        assert_eq!(bound_device(&episodes, &asked("b")), Some(second));
        assert_eq!(bound_device(&episodes, &asked("of somebody's own")), None);
    }

    #[test]
    fn a_question_is_answered_where_a_request_is_granted() {
        let told = |act, outcome| {
            let message = Message {
                outcome: Some(outcome),
                ..message(1, act, vec![], vec![])
            };
            words::outcome_of(Locale::en, &message)
        };
        let questions = [
            Act::Finish,
            Act::FindDevice,
            Act::DeviceForSale,
            Act::Playing,
            Act::LookBack,
        ];
        for act in Act::ALL {
            let words = match questions.contains(&act) {
                true => "Answered",
                false => "Granted",
            };
            assert_eq!(told(act, Outcome::Granted), words, "{act:?}");
            let senseless = told(act, Outcome::Senseless { status: 500 });
            assert!(senseless.starts_with("Status 500"), "{senseless}");
        }
    }
}
