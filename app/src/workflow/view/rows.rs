//! A run as rows, one under the other: each arrow of the diagram by itself.

use super::super::{
    Act, Episode, Message, Outcome, Party, Value,
    words::{act, answer},
};
use crate::{i18n::td_string, locale::locale};

/// Something in a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Row {
    /// An occasion begins.
    Occasion(Episode),
    /// An arrow.
    Arrow(Arrow),
}

/// An arrow, and the message that it belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Arrow {
    pub(super) part: Part,
    pub(super) message: Message,
    /// Its place among the run's arrows, from 1.
    pub(super) place: usize,
}

/// Which part of a message an arrow is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Part {
    /// It goes out.
    Question,
    /// ExpressPlay writes a licence request's outcome into its history.
    Recorded,
    /// Its answer comes.
    Answer,
}

impl Arrow {
    /// From which lifeline to which.
    pub(super) const fn ends(&self) -> (Party, Party) {
        let act = self.message.act;
        match self.part {
            Part::Question => (act.from(), act.to()),
            Part::Recorded => (Party::ExpressPlay, Party::History),
            Part::Answer => (act.to(), act.from()),
        }
    }

    /// What it says.
    pub(super) fn label(&self) -> String {
        let (locale, message) = (locale(), &self.message);
        match self.part {
            Part::Question => act(locale, message.act).0.to_owned(),
            Part::Answer => answer(locale, message),
            Part::Recorded if message.outcome == Some(Outcome::Granted) => {
                td_string!(locale, workflow.recorded).to_owned()
            }
            Part::Recorded => td_string!(locale, workflow.recorded_refusal).to_owned(),
        }
    }

    /// What it is known by in a view.
    pub(super) fn key(&self) -> String {
        format!("arrow-{}", self.place)
    }

    /// Whether the workflow turns on it: which device a token is for, an answer that says which
    /// device it is, what came of the cross-check, or a no. What is tried again in its occasion is
    /// told once.
    fn tells(&self, episode: &Episode) -> bool {
        let Message { id, act, .. } = self.message;
        let mut tries = episode.messages.iter().filter(|it| it.act == act);
        let granted = matches!(self.message.outcome, Some(Outcome::Granted) | None);
        match (self.part, act) {
            (Part::Question, Act::BoundToken) => tries.all(|it| it.id >= id),
            (Part::Answer, Act::License) => true,
            (Part::Answer, _) => {
                let says_who = matches!(act, Act::FindDevice | Act::DeviceForSale);
                (says_who || !granted) && tries.all(|it| it.id <= id)
            }
            _ => false,
        }
    }

    /// The step that it is, where it is what the step is named for: the hand-over is an answer, and
    /// what only looks back is none.
    pub(super) const fn step(&self) -> Option<u8> {
        match (self.message.act, self.part) {
            (act, _) if act.is_beside() => None,
            (Act::HandOver, Part::Question) => None,
            (Act::HandOver, Part::Answer) | (_, Part::Question) => Some(self.message.act.step()),
            _ => None,
        }
    }
}

/// All rows of a run, as it all happened.
pub(super) fn rows(episodes: &[Episode]) -> Vec<Row> {
    let mut place = 0;
    let mut rows = vec![];
    for episode in episodes {
        rows.push(Row::Occasion(episode.clone()));
        rows.extend(parts(episode).into_iter().map(|(part, message)| {
            place += 1;
            Row::Arrow(Arrow {
                part,
                message,
                place,
            })
        }));
    }
    rows
}

/// The rows up to an arrow.
pub(super) fn upto(rows: Vec<Row>, last: usize) -> Vec<Row> {
    let is_kept = |row: &Row| !matches!(row, Row::Arrow(arrow) if arrow.place > last);
    let mut kept: Vec<_> = rows.into_iter().take_while(is_kept).collect();
    // What nothing has come of yet has not begun.
    if matches!(kept.last(), Some(Row::Occasion(_))) {
        kept.pop();
    }
    kept
}

/// The places at which there is something to tell: where one of the seven steps begins for the
/// first time, and what the workflow turns on.
pub(super) fn stops(rows: &[Row]) -> Vec<usize> {
    let mut begun = vec![];
    let mut places = vec![];
    let mut occasion = None;
    for row in rows {
        let arrow = match row {
            Row::Occasion(episode) => {
                occasion = Some(episode);
                continue;
            }
            Row::Arrow(arrow) => arrow,
        };
        let step = arrow.step().filter(|step| !begun.contains(step));
        if step.is_some() || occasion.is_some_and(|episode| arrow.tells(episode)) {
            places.push(arrow.place);
        }
        begun.extend(step);
    }
    places
}

/// The arrows of rows.
pub(super) fn arrows(rows: &[Row]) -> impl Iterator<Item = &Arrow> {
    rows.iter().filter_map(|row| match row {
        Row::Arrow(arrow) => Some(arrow),
        Row::Occasion(_) => None,
    })
}

fn parts(episode: &Episode) -> Vec<(Part, Message)> {
    let mut timed = vec![];
    for message in &episode.messages {
        let asked_at = message.at.as_microsecond();
        timed.push((asked_at, Part::Question, message));
        let Some(micros) = message.micros else {
            continue;
        };
        let answered_at = asked_at.saturating_add(i64::try_from(micros).unwrap_or(i64::MAX));
        if was_recorded(episode, message) {
            timed.push((answered_at, Part::Recorded, message));
        }
        timed.push((answered_at, Part::Answer, message));
    }
    timed.sort_by_key(|(at, part, message)| (*at, message.id, *part));
    timed
        .into_iter()
        .map(|(_, part, message)| (part, message.clone()))
        .collect()
}

/// ExpressPlay records a licence request that it decides, with a licence or a refusal. A token that
/// it has not given out opens nothing: such a request has no account, and so no record.
fn was_recorded(episode: &Episode, message: &Message) -> bool {
    let decided = matches!(
        message.outcome,
        Some(Outcome::Granted | Outcome::Refused { .. })
    );
    let given = |token: &Value| episode.messages.iter().any(|it| it.gave(token));
    message.act.is_license() && decided && message.token().is_none_or(given)
}

#[cfg(test)]
mod tests {
    use expressplay::trace_context::{SpanId, TraceId, TraceParent};
    use jiff::Timestamp;

    use super::*;
    use crate::workflow::{Field, Occasion};

    fn message(id: i64, act: Act, at: i64, micros: u64) -> Message {
        Message {
            id,
            traceparent: TraceParent {
                trace: TraceId::from_random([1; 16]),
                span: SpanId::from_random([2; 8]),
            },
            act,
            at: Timestamp::from_microsecond(at).unwrap(),
            micros: Some(micros),
            method: "POST".to_owned(),
            url: "/".to_owned(),
            asked: vec![],
            outcome: Some(Outcome::Granted),
            answered: vec![],
            noted: vec![],
        }
    }

    fn played() -> Vec<Row> {
        rows(&[episode(vec![
            message(1, Act::HandOver, 0, 100),
            message(2, Act::BoundToken, 10, 50),
            message(3, Act::License, 200, 40),
        ])])
    }

    fn episode(messages: Vec<Message>) -> Episode {
        Episode {
            trace: TraceId::from_random([1; 16]),
            occasion: Occasion::Play("Tidewater".to_owned()),
            at: Timestamp::UNIX_EPOCH,
            messages,
        }
    }

    #[test]
    fn a_token_that_was_not_given_out_leaves_no_record() {
        let token = |text: &str| Field::new("ExpressPlayToken", Value::Token(text.to_owned()));
        let recorded = |sent: &str| {
            let given = Message {
                answered: vec![token("given")],
                ..message(1, Act::BoundToken, 0, 10)
            };
            let asked = Message {
                asked: vec![token(sent)],
                ..message(2, Act::License, 20, 10)
            };
            let rows = rows(&[episode(vec![given, asked])]);
            arrows(&rows).any(|arrow| arrow.part == Part::Recorded)
        };
        assert!(recorded("given"));
        assert!(!recorded("changed"));
    }

    #[test]
    fn answers_come_after_what_they_waited_for_and_a_licence_is_recorded_before_it_comes() {
        let rows = played();
        let order: Vec<_> = arrows(&rows)
            .map(|arrow| (arrow.message.id, arrow.part, arrow.step()))
            .collect();
        assert_eq!(
            order,
            [
                (1, Part::Question, None),
                (2, Part::Question, Some(5)),
                (2, Part::Answer, None),
                (1, Part::Answer, Some(6)),
                (3, Part::Question, Some(7)),
                (3, Part::Recorded, None),
                (3, Part::Answer, None),
            ]
        );
    }

    /// The arrows at which *Next step* stops.
    fn told(rows: &[Row]) -> Vec<(i64, Part)> {
        let stops = stops(rows);
        arrows(rows)
            .filter(|arrow| stops.contains(&arrow.place))
            .map(|arrow| (arrow.message.id, arrow.part))
            .collect()
    }

    #[test]
    fn a_presenter_stops_where_there_is_something_to_tell() {
        let refused = Some(Outcome::Refused {
            status: 403,
            code: -4001,
        });
        let registered = episode(vec![
            message(1, Act::Begin, 0, 100),
            message(2, Act::DummyToken, 10, 50),
            message(3, Act::DummyLicense, 200, 10),
            message(4, Act::Finish, 300, 90),
            message(5, Act::FindDevice, 310, 10),
        ]);
        let looked_at = episode(vec![message(6, Act::LookBack, 500, 10)]);
        let played = |id, outcome| {
            episode(vec![
                message(id, Act::HandOver, 600, 100),
                message(id + 1, Act::BoundToken, 610, 50),
                Message {
                    outcome,
                    ..message(id + 2, Act::License, 800, 40)
                },
            ])
        };
        let rows = rows(&[
            registered,
            looked_at,
            played(7, Some(Outcome::Granted)),
            played(10, refused),
        ]);
        assert_eq!(
            told(&rows),
            [
                (1, Part::Question),
                (2, Part::Question),
                (3, Part::Question),
                (5, Part::Answer),
                (8, Part::Question),
                (7, Part::Answer),
                (9, Part::Question),
                (9, Part::Answer),
                (11, Part::Question),
                (12, Part::Answer),
            ]
        );
    }

    #[test]
    fn what_is_tried_again_is_told_once() {
        let down = || Some(Outcome::Senseless { status: 503 });
        let tried = |id, act, outcome| Message {
            outcome,
            ..message(id, act, 100 * id, 10)
        };
        let rows = rows(&[episode(vec![
            tried(1, Act::BoundToken, down()),
            tried(2, Act::BoundToken, down()),
            tried(3, Act::BoundToken, down()),
        ])]);
        assert_eq!(told(&rows), [(1, Part::Question), (3, Part::Answer)]);
    }

    #[test]
    fn a_replay_shows_one_arrow_more_each_time() {
        for last in 1..=7 {
            let rows = upto(played(), last);
            assert_eq!(arrows(&rows).count(), last);
            assert!(matches!(rows[0], Row::Occasion(_)));
        }
        assert!(upto(played(), 0).is_empty(), "nothing has begun");
    }
}
