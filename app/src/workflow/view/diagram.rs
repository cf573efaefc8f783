//! The sequence diagram, as plain SVG: four lifelines, and an arrow for each message and answer.
//!
//! Across, places are in percent, so that it is as wide as its page lets it be and its text stays
//! as large as the page's. Down, they are in pixels, one row under the other.

use leptos::prelude::*;

use super::{
    super::{
        Episode, Outcome, Party, WorkflowQuery,
        words::{party, short_party, step},
    },
    caption,
    rows::{Arrow, Part, Row},
};
use crate::{i18n::td_string, locale::locale};

/// The height of a row with an arrow in it.
const ARROW: u32 = 44;
/// The height of a row that says what begins.
const HEADING: u32 = 40;
/// Below the last row.
const END: u32 = 12;

impl Row {
    const fn height(&self) -> u32 {
        match self {
            Self::Occasion(_) => HEADING,
            Self::Arrow(_) => ARROW,
        }
    }
}

/// The diagram.
pub(super) fn diagram(rows: &[Row], chosen: Option<i64>, query: &WorkflowQuery) -> AnyView {
    let locale = locale();
    let height = rows.iter().map(Row::height).sum::<u32>() + END;
    let lifelines = Party::ALL
        .map(|it| {
            let x = percent(it);
            view! { <line class="lifeline" x1=x.clone() x2=x y1="0" y2=height.to_string() /> }
        })
        .collect_view();
    let mut y = 0;
    let drawn = rows
        .iter()
        .map(|row| {
            let top = y;
            y += row.height();
            match row {
                Row::Occasion(episode) => heading(episode, top),
                Row::Arrow(it) => arrow(it, top, chosen, query),
            }
        })
        .collect_view();
    let heads = Party::ALL
        .map(|it| {
            view! {
                <span title=party(locale, it)>
                    <span class="party-long">{party(locale, it)}</span>
                    <span class="party-short" aria-hidden="true">{short_party(locale, it)}</span>
                </span>
            }
        })
        .collect_view();
    view! {
        <figure class="sequence" aria-label=td_string!(locale, workflow.diagram)>
            <div class="lifeline-heads">{heads}</div>
            <svg
                class="sequence-drawing"
                width="100%"
                height=height.to_string()
                role="group"
                aria-label=td_string!(locale, workflow.diagram)
            >
                <defs>
                    <marker
                        id="arrow-head"
                        viewBox="0 0 8 8"
                        refX="7.5"
                        refY="4"
                        markerWidth="10"
                        markerHeight="10"
                        markerUnits="userSpaceOnUse"
                        orient="auto-start-reverse"
                    >
                        <path d="M0 0.5 L8 4 L0 7.5 Z" class="arrow-tip" />
                    </marker>
                </defs>
                {lifelines}
                {drawn}
            </svg>
        </figure>
    }
    .into_any()
}

/// What begins; where that is too long for the width, its end is left out, and its device is not.
fn heading(episode: &Episode, top: u32) -> AnyView {
    let line = (top + 30).to_string();
    view! {
        <g class="occasion">
            <line x1="0" x2="100%" y1=line.clone() y2=line />
            <foreignObject x="0" y=(top + 6).to_string() width="100%" height="22">
                <p>{caption(episode)}</p>
            </foreignObject>
        </g>
    }
    .into_any()
}

fn arrow(arrow: &Arrow, top: u32, chosen: Option<i64>, query: &WorkflowQuery) -> AnyView {
    let locale = locale();
    let message = &arrow.message;
    let text = arrow.label();
    let is_chosen = chosen == Some(message.id);
    let to_message = WorkflowQuery {
        message: Some(message.id),
        ..query.clone()
    };
    let name = match arrow.step() {
        Some(number) => {
            let of_step = td_string!(locale, workflow.step_n, step = number);
            format!("{of_step}, {}: {text}", step(locale, number))
        }
        None => text.clone(),
    };
    let (from, to) = arrow.ends();
    let (x1, x2) = (center(from), center(to));
    let line = (top + 34).to_string();
    let badge = arrow.step().map(|number| {
        view! {
            <g class="badge">
                <circle cx=format!("{x1}%") cy=line.clone() r="9" />
                <text x=format!("{x1}%") y=(top + 38).to_string()>
                    {number}
                </text>
            </g>
        }
    });
    view! {
        <a
            class=class(arrow, is_chosen, query)
            href=to_message.href()
            data-view
            data-key=arrow.key()
            aria-label=name
            aria-current=is_chosen.then_some("true")
        >
            <rect
                class="hit"
                x=format!("{}%", x1.min(x2))
                width=format!("{}%", (x1 - x2).abs())
                y=top.to_string()
                height=ARROW.to_string()
            />
            <line
                class="shaft"
                x1=format!("{x1}%")
                x2=format!("{x2}%")
                y1=line.clone()
                y2=line
                marker-end="url(#arrow-head)"
            />
            <text class="label" x=format!("{}%", (x1 + x2) / 2.0) y=(top + 20).to_string()>
                {text}
            </text>
            {badge}
        </a>
    }
    .into_any()
}

fn class(arrow: &Arrow, chosen: bool, query: &WorkflowQuery) -> String {
    let kind = match (arrow.part, &arrow.message.outcome) {
        (Part::Question, _) => "question",
        (Part::Recorded, _) => "recorded",
        (Part::Answer, Some(Outcome::Granted) | None) => "answer",
        (Part::Answer, Some(_)) => "answer answer-no",
    };
    let carries = query
        .value
        .as_ref()
        .map(|value| arrow.message.carries(value));
    let followed = match carries {
        Some(true) => " carries",
        Some(false) => " aside",
        None => "",
    };
    let chosen = if chosen { " chosen" } else { "" };
    format!("message-arrow {kind}{chosen}{followed}")
}

/// The place of a lifeline, in percent of the width.
const fn center(party: Party) -> f32 {
    match party {
        Party::Device => 12.5,
        Party::Entitlement => 37.5,
        Party::ExpressPlay => 62.5,
        Party::History => 87.5,
    }
}

fn percent(party: Party) -> String {
    format!("{}%", center(party))
}

#[cfg(test)]
mod tests {
    use super::super::super::Act;

    #[test]
    fn every_message_goes_from_one_lifeline_to_another() {
        for act in Act::ALL {
            assert_ne!(act.from(), act.to(), "{act:?}");
            assert!((1..=7).contains(&act.step()));
        }
    }
}
