//! What became of an order, told from the messages that are kept of it.

use app::{
    receipt::{History, LicenseAsked, LicenseRecorded, Moved, RecordsRead, TokenMade},
    workflow::{Act, Field, Message, Outcome, Value, WorkflowQuery},
};
use expressplay::{Cookie, DeviceId, KeyId};
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use super::{Workflow, recall};
use crate::{catalogue::Clip, error::Error};

/// Which of ExpressPlay's records are of an order, as far as they can tell: those of licences for
/// its film since it was bound to its device.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// The order.
    pub order: Uuid,
    /// The cookie that it is under.
    pub cookie: &'a Cookie,
    /// What was sold; none where the catalogue has it no more.
    pub clip: Option<&'a Clip>,
    /// Since when it is bound to the device under that cookie.
    pub bound_at: Timestamp,
}

impl Workflow {
    /// The history of one of a viewer's orders.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub async fn history(&self, viewer: Uuid, wanted: Wanted<'_>) -> Result<History, Error> {
        let told = recall::about(&self.db, viewer, wanted.order).await?;
        let sold = told.iter().find(|told| granted(told, Act::DeviceForSale));
        let answer = recall::newest_answer(&self.db, viewer, wanted.cookie).await?;
        Ok(History {
            sold: sold.map(place),
            moves: moves(&told),
            tokens: tokens(&told),
            records: answer.map(|told| RecordsRead {
                at: told.message.at,
                place: place(&told),
                licenses: licenses(&told.message, &wanted),
            }),
        })
    }
}

/// A message, and the cookie of the run that it is shown in.
pub(super) struct Told {
    pub(super) cookie: Cookie,
    pub(super) message: Message,
}

fn place(told: &Told) -> WorkflowQuery {
    WorkflowQuery {
        run: Some(told.cookie.clone()),
        message: Some(told.message.id),
        ..WorkflowQuery::default()
    }
}

fn granted(told: &Told, act: Act) -> bool {
    told.message.act == act && told.message.outcome == Some(Outcome::Granted)
}

/// The moves, in order. To move an order to where it is moves nothing, and of several requests at
/// once to move it to one device, the first does.
fn moves(told: &[Told]) -> Vec<Moved> {
    let mut moves: Vec<Moved> = vec![];
    for moved in told.iter().filter_map(moved) {
        let last = moves.last().map(|last| last.to);
        if moved.from != moved.to && last != Some(moved.to) {
            moves.push(moved);
        }
    }
    moves
}

fn moved(told: &Told) -> Option<Moved> {
    let message = &told.message;
    granted(told, Act::MoveOrder).then_some(())?;
    Some(Moved {
        at: message.at,
        from: device(&message.noted)?,
        to: device(&message.answered)?,
        place: place(told),
    })
}

/// The tokens, newest first, each with the licence requests that were made with it.
fn tokens(told: &[Told]) -> Vec<TokenMade> {
    let made = told
        .iter()
        .filter(|told| told.message.act == Act::BoundToken);
    let mut tokens: Vec<_> = made
        .map(|it| {
            let hash = token(&it.message.answered);
            let made_with = |other: &&Told| {
                other.message.act == Act::License
                    && other.message.traceparent.trace == it.message.traceparent.trace
                    && hash.is_some()
                    && token(&other.message.asked) == hash
            };
            TokenMade {
                at: it.message.at,
                expires_at: expires_at(&it.message),
                device_id: device(&it.message.asked),
                outcome: it.message.outcome.clone(),
                place: place(it),
                requests: told.iter().filter(made_with).map(asked).collect(),
                hash,
            }
        })
        .collect();
    tokens.reverse();
    tokens
}

fn asked(told: &Told) -> LicenseAsked {
    LicenseAsked {
        at: told.message.at,
        device_id: device(&told.message.asked),
        outcome: told.message.outcome.clone(),
        place: place(told),
    }
}

/// When a token expired, or will: `expirationTime` counts from when it was made.
fn expires_at(message: &Message) -> Option<Timestamp> {
    let life = text(&message.asked, "expirationTime")?;
    let seconds = life.strip_prefix('+')?.parse().ok()?;
    message
        .at
        .checked_add(SignedDuration::from_secs(seconds))
        .ok()
}

/// The licences that an answer has on record for an order's film.
fn licenses(message: &Message, wanted: &Wanted<'_>) -> Vec<LicenseRecorded> {
    let fields = &message.answered;
    let numbers = (0..).map_while(|at| Some((at, text(fields, &format!("event_id.{at}"))?)));
    numbers
        .filter_map(|(at, event_id)| {
            let named = |name: &str| format!("{name}.{at}");
            let kids: Vec<KeyId> = fields
                .iter()
                .filter(|field| field.name == named("kids"))
                .filter_map(|field| field.value.as_text()?.parse().ok())
                .collect();
            let issued_at: Option<Timestamp> =
                text(fields, &named("event_time")).and_then(|time| time.parse().ok());
            let ours = wanted.clip?.has_any(&kids)
                && text(fields, &named("status")) != Some("refused")
                // By whole seconds, since a service may give no more.
                && issued_at.is_none_or(|at| at.as_second() >= wanted.bound_at.as_second());
            let device_id = fields.iter().find_map(|field| match field.value {
                Value::Device(id) if field.name == named("device_id") => Some(id),
                _ => None,
            })?;
            ours.then(|| LicenseRecorded {
                event_id: event_id.to_owned(),
                at: issued_at,
                device_id,
            })
        })
        .collect()
}

fn text<'a>(fields: &'a [Field], name: &str) -> Option<&'a str> {
    fields.iter().find_map(|field| match &field.value {
        Value::Text(text) if field.name == name => Some(text.as_str()),
        _ => None,
    })
}

fn token(fields: &[Field]) -> Option<String> {
    fields.iter().find_map(|field| match &field.value {
        Value::Token(hash) => Some(hash.clone()),
        _ => None,
    })
}

fn device(fields: &[Field]) -> Option<DeviceId> {
    fields.iter().find_map(|field| match field.value {
        Value::Device(id) => Some(id),
        _ => None,
    })
}
