//! The seven steps in a row, and a run again step by step: the presenter says when to go on.

use expressplay::Cookie;
use leptos::{either::Either, prelude::*};

use super::{
    super::WorkflowQuery,
    rows::{Row, arrows, stops},
};
use crate::{i18n::td_string, locale::locale};

/// The controls of a replay of a run's arrows. It stays with its run, whatever else begins
/// meanwhile; after it, the newest is followed again.
pub(super) fn replay(
    rows: &[Row],
    run: Option<Cookie>,
    is_newest: bool,
    query: &WorkflowQuery,
) -> AnyView {
    let locale = locale();
    let all = arrows(rows).count();
    let newest = || arrows(rows).map(|arrow| arrow.message.id).max();
    let until = query.until.or_else(newest);
    let at = |place: usize| {
        (1..=all).contains(&place).then(|| WorkflowQuery {
            run: run.clone(),
            upto: Some(place),
            until,
            message: None,
            ..query.clone()
        })
    };
    let Some(now) = query.upto else {
        return at(1)
            .map(|first| {
                view! {
                    <p class="replay">
                        <a class="quiet-button" href=first.href() data-view data-key="start">
                            {td_string!(locale, workflow.replay.start)}
                        </a>
                    </p>
                }
            })
            .into_any();
    };
    let now = now.clamp(1, all.max(1));
    let live = WorkflowQuery {
        run: run.clone().filter(|_| !is_newest),
        upto: None,
        until: None,
        message: None,
        ..query.clone()
    };
    view! {
        <nav class="replay" aria-label=td_string!(locale, workflow.replay.start)>
            {turn(at(now - 1), "back", td_string!(locale, workflow.replay.back))}
            <span class="replay-at">{td_string!(locale, workflow.replay.at, now, all)}</span>
            {turn(at(now + 1), "next", td_string!(locale, workflow.replay.next))}
            {turn(
                stops(rows).into_iter().find(|place| *place > now).and_then(at),
                "step",
                td_string!(locale, workflow.replay.next_step),
            )}
            <a class="quiet-link" href=live.href() data-view data-key="live">
                {td_string!(locale, workflow.replay.all)}
            </a>
        </nav>
    }
    .into_any()
}

/// A way on; where there is none, its place.
fn turn(to: Option<WorkflowQuery>, key: &'static str, text: &'static str) -> impl IntoView {
    match to {
        Some(to) => Either::Left(view! {
            <a class="quiet-button" href=to.href() data-view data-key=key>
                {text}
            </a>
        }),
        None => Either::Right(view! {
            <span class="quiet-button" aria-disabled="true" role="link">
                {text}
            </span>
        }),
    }
}
