//! The shop's own calls to ExpressPlay, as its client tells of them: each attempt by itself.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use app::workflow::{Act, Field, Outcome, Value};
use async_trait::async_trait;
use expressplay::{
    Record,
    client::{Answer, Question, Witness},
    parameter::base_of,
    record::Status,
    trace_context::{SpanId, TraceParent},
};

use super::{
    Episode,
    store::{Closing, NewMessage},
};

/// So many records of an answer are shown: all that it can hold.
const RECORDS: usize = expressplay::record::MAX_RECORDS;

/// Listens to the requests of one kind.
#[derive(Debug)]
pub(super) struct Listener {
    episode: Episode,
    act: Act,
    under_way: Mutex<HashMap<SpanId, Instant>>,
}

impl Listener {
    pub(super) fn new(episode: Episode, act: Act) -> Self {
        Self {
            episode,
            act,
            under_way: Mutex::default(),
        }
    }

    fn under_way(&self) -> MutexGuard<'_, HashMap<SpanId, Instant>> {
        self.under_way
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Witness for Listener {
    async fn asked(&self, question: Question) -> TraceParent {
        let parent = self.episode.next_parent();
        let clock = &self.episode.workflow.clock;
        let asked = asked(&question);
        let message = NewMessage {
            parent,
            act: self.act,
            at: clock.real(),
            method: &question.method,
            url: &question.url,
            asked: &asked,
            noted: &[],
        };
        self.episode.keep(&message).await;
        self.under_way().insert(parent.span, clock.monotonic());
        parent
    }

    async fn answered(&self, to: TraceParent, answer: Answer) {
        let started = self.under_way().remove(&to.span);
        let (outcome, answered) = read(answer);
        let closing = Closing {
            micros: micros(started.map(|at| at.elapsed()).unwrap_or_default()),
            outcome: &outcome,
            answered: &answered,
        };
        self.episode.close(to, &closing).await;
    }
}

pub(super) fn micros(took: Duration) -> u64 {
    u64::try_from(took.as_micros()).unwrap_or(u64::MAX)
}

fn asked(question: &Question) -> Vec<Field> {
    let header = question
        .cookie
        .iter()
        .map(|cookie| Field::new("Cookie: cookie", Value::Cookie(cookie.clone())));
    let parameters = question.parameters.iter().map(|(name, value)| {
        let value = value.as_ref().map_or(Value::Secret, |text| {
            known(base_of(name), text).unwrap_or_else(|| Value::Text(text.clone()))
        });
        Field::new(name, value)
    });
    header.chain(parameters).collect()
}

/// A value that can be followed.
fn known(name: &str, text: &str) -> Option<Value> {
    match name {
        "cookie" => text.parse().ok().map(Value::Cookie),
        "deviceId" => text.parse().ok().map(Value::Device),
        "kid" => Some(Value::Kid(text.to_owned())),
        _ => None,
    }
}

fn read(answer: Answer) -> (Outcome, Vec<Field>) {
    match answer {
        Answer::Token { endpoint, hash } => {
            let fields = vec![
                Field::text("endpoint", endpoint),
                Field::new("ExpressPlayToken", Value::token(&hash)),
            ];
            (Outcome::Granted, fields)
        }
        Answer::Records(records) => {
            let records = records.iter().take(RECORDS).enumerate();
            (Outcome::Granted, records.flat_map(of_record).collect())
        }
        Answer::Refused { status, code } => (Outcome::Refused { status, code }, vec![]),
        Answer::Senseless { status } => (Outcome::Senseless { status }, vec![]),
        Answer::Nothing(why) => (Outcome::Lost { why }, vec![]),
    }
}

/// A record's fields, numbered as indexed parameters are.
fn of_record((at, record): (usize, &Record)) -> Vec<Field> {
    let name = |name: &str| format!("{name}.{at}");
    let mut fields = vec![Field::text(name("event_id"), record.event_id.to_string())];
    let mut push = |it: &str, value: Option<Value>| {
        fields.extend(value.map(|value| Field::new(name(it), value)));
    };
    push(
        "event_time",
        record.event_time.map(|at| Value::Text(at.to_string())),
    );
    push("cookie", record.cookie.clone().map(Value::Cookie));
    push("device_id", record.device_id.map(Value::Device));
    push(
        "refused_device_id",
        record.refused_device_id.map(Value::Device),
    );
    for kid in &record.kids {
        push("kids", Some(Value::Kid(kid.to_string())));
    }
    let status = record.status.as_ref().map(|status| match status {
        Status::Issued => "issued",
        Status::Refused => "refused",
    });
    push(
        "status",
        status.map(|status| Value::Text(status.to_owned())),
    );
    push(
        "error_code",
        record.error_code.map(|code| Value::Text(code.to_string())),
    );
    fields
}
