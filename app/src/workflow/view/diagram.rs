//! The sequence diagram, as plain SVG: four lifelines, and an arrow for each message and answer.
//!
//! Across, places are in percent, so that it is as wide as its page lets it be and its text stays
//! as large as the page's. Down, they are in pixels, one row under the other.

use leptos::prelude::*;

use super::super::{
    Episode, Message, Outcome, Party, WorkflowQuery,
    words::{act, answer, occasion, party, short_party, step},
};
use crate::{i18n::td_string, locale::locale};

/// The height of a row with an arrow in it.
const ARROW: u32 = 44;
/// The height of a row that says what begins.
const HEADING: u32 = 40;
/// Below the last row.
const END: u32 = 12;

/// Something in the diagram, in a row of its own.
enum Row {
    /// An occasion begins.
    Heading(String),
    /// A message goes out.
    Question(Message),
    /// Its answer comes.
    Answer(Message),
    /// ExpressPlay writes a licence request's outcome into its history.
    Recorded(Message),
}

impl Row {
    const fn height(&self) -> u32 {
        match self {
            Self::Heading(_) => HEADING,
            _ => ARROW,
        }
    }
}

/// The diagram.
pub(super) fn diagram(episodes: &[Episode], query: &WorkflowQuery) -> AnyView {
    let locale = locale();
    let rows: Vec<_> = episodes.iter().flat_map(rows).collect();
    let height = rows.iter().map(Row::height).sum::<u32>() + END;
    let lifelines = Party::ALL
        .map(|it| {
            let x = percent(it);
            view! { <line class="lifeline" x1=x.clone() x2=x y1="0" y2=height.to_string() /> }
        })
        .collect_view();
    let mut y = 0;
    let drawn = rows
        .into_iter()
        .map(|row| {
            let top = y;
            y += row.height();
            draw(row, top, query)
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
                        markerWidth="8"
                        markerHeight="8"
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

/// An episode's rows, in the order in which it all happened.
fn rows(episode: &Episode) -> Vec<Row> {
    let locale = locale();
    let mut timed = vec![];
    for message in &episode.messages {
        let asked_at = message.at.as_microsecond();
        timed.push((asked_at, message.id, 0, Row::Question(message.clone())));
        let Some(micros) = message.micros else {
            continue;
        };
        let answered_at = asked_at.saturating_add(i64::try_from(micros).unwrap_or(i64::MAX));
        if was_recorded(message) {
            timed.push((answered_at, message.id, 1, Row::Recorded(message.clone())));
        }
        timed.push((answered_at, message.id, 2, Row::Answer(message.clone())));
    }
    timed.sort_by_key(|(at, id, part, _)| (*at, *id, *part));
    let heading = Row::Heading(occasion(locale, &episode.occasion));
    let rows = timed.into_iter().map(|(_, _, _, row)| row);
    [heading].into_iter().chain(rows).collect()
}

/// ExpressPlay records a licence request that it decides, with a licence or a refusal.
const fn was_recorded(message: &Message) -> bool {
    message.act.is_license()
        && matches!(
            message.outcome,
            Some(Outcome::Granted | Outcome::Refused { .. })
        )
}

fn draw(row: Row, top: u32, query: &WorkflowQuery) -> AnyView {
    let locale = locale();
    match row {
        Row::Heading(text) => view! {
            <g class="occasion">
                <line x1="0" x2="100%" y1=(top + 30).to_string() y2=(top + 30).to_string() />
                <text x="0" y=(top + 22).to_string()>
                    {text}
                </text>
            </g>
        }
        .into_any(),
        Row::Question(message) => {
            let (from, to) = (message.act.from(), message.act.to());
            let text = act(locale, message.act).0;
            arrow(Arrow {
                text: text.to_owned(),
                class: "question",
                badge: Some(message.act.step()),
                from,
                to,
                top,
                message,
                query,
            })
        }
        Row::Answer(message) => {
            let (from, to) = (message.act.to(), message.act.from());
            let class = match message.outcome {
                Some(Outcome::Granted) | None => "answer",
                Some(_) => "answer answer-no",
            };
            arrow(Arrow {
                text: answer(locale, &message),
                class,
                badge: None,
                from,
                to,
                top,
                message,
                query,
            })
        }
        Row::Recorded(message) => {
            let text = match message.outcome {
                Some(Outcome::Granted) => td_string!(locale, workflow.recorded),
                _ => td_string!(locale, workflow.recorded_refusal),
            };
            arrow(Arrow {
                text: text.to_owned(),
                class: "recorded",
                badge: None,
                from: Party::ExpressPlay,
                to: Party::History,
                top,
                message,
                query,
            })
        }
    }
}

struct Arrow<'a> {
    text: String,
    class: &'static str,
    badge: Option<u8>,
    from: Party,
    to: Party,
    top: u32,
    message: Message,
    query: &'a WorkflowQuery,
}

fn arrow(arrow: Arrow<'_>) -> AnyView {
    let Arrow {
        text,
        class,
        badge,
        from,
        to,
        top,
        message,
        query,
    } = arrow;
    let locale = locale();
    let chosen = query.message.or(query.upto) == Some(message.id);
    let followed = query.value.as_ref().map(|value| message.carries(value));
    let class = [
        "message-arrow ",
        class,
        if chosen { " chosen" } else { "" },
        match followed {
            Some(true) => " carries",
            Some(false) => " aside",
            None => "",
        },
    ]
    .concat();
    let to_message = WorkflowQuery {
        message: Some(message.id),
        ..query.clone()
    };
    let name = match badge {
        Some(number) => {
            let of_step = td_string!(locale, workflow.step_n, step = number);
            format!("{of_step}, {}: {text}", step(locale, number).0)
        }
        None => text.clone(),
    };
    let (x1, x2) = (center(from), center(to));
    let left = x1.min(x2);
    let line = (top + 34).to_string();
    let badge = badge.map(|number| {
        view! {
            <g class="badge">
                <circle cx=format!("{}%", center(from)) cy=line.clone() r="9" />
                <text x=format!("{}%", center(from)) y=(top + 38).to_string()>
                    {number}
                </text>
            </g>
        }
    });
    // The tips end short of a badge's edge, and of the next lifeline.
    view! {
        <a
            class=class
            href=to_message.href()
            data-view
            data-key=format!("arrow-{}-{top}", message.id)
            aria-label=name
            aria-current=chosen.then_some("true")
        >
            <rect
                class="hit"
                x=format!("{left}%")
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
            <text class="label" x=format!("{}%", (x1 + x2) / 2.0) y=(top + 26).to_string()>
                {text}
            </text>
            {badge}
        </a>
    }
    .into_any()
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
