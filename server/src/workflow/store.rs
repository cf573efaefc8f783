//! The two tables of the workflow view: what is kept, and what is asked of a single episode.

use app::workflow::{Act, Field, Occasion, Outcome, Value};
use expressplay::{
    Cookie,
    trace_context::{TraceId, TraceParent},
};
use jiff::Timestamp;
use serde::{Serialize, de::DeserializeOwned};
use sqlx::SqlitePool;
use uuid::Uuid;

use crate::{database::parsed, error::Error};

/// So many episodes of a viewer are kept, the newest …
const EPISODES: u32 = 500;
/// … with so many messages each.
pub(super) const MESSAGES: u32 = 200;

/// An episode to be kept.
pub(super) struct NewEpisode<'a> {
    pub(super) trace: TraceId,
    pub(super) viewer: Uuid,
    pub(super) cookie: &'a Cookie,
    pub(super) subject: Uuid,
    pub(super) occasion: Occasion,
    pub(super) at: Timestamp,
}

impl NewEpisode<'_> {
    pub(super) async fn keep(&self, db: &SqlitePool) -> Result<(), Error> {
        sqlx::query(
            "insert into episodes (trace, viewer_id, cookie, subject, occasion, begun_at)
             values (?, ?, ?, ?, ?, ?)",
        )
        .bind(self.trace.to_string())
        .bind(self.viewer.to_string())
        .bind(self.cookie.as_str())
        .bind(self.subject.to_string())
        .bind(json(&self.occasion)?)
        .bind(self.at.as_microsecond())
        .execute(db)
        .await?;
        sqlx::query(
            "delete from episodes where viewer_id = ?1 and trace not in (
                select trace from episodes where viewer_id = ?1
                order by begun_at desc, rowid desc limit ?2)",
        )
        .bind(self.viewer.to_string())
        .bind(EPISODES)
        .execute(db)
        .await?;
        Ok(())
    }
}

pub(super) async fn move_to(
    db: &SqlitePool,
    trace: TraceId,
    cookie: &Cookie,
    subject: Uuid,
) -> Result<(), Error> {
    sqlx::query("update episodes set cookie = ?, subject = ? where trace = ?")
        .bind(cookie.as_str())
        .bind(subject.to_string())
        .bind(trace.to_string())
        .execute(db)
        .await?;
    Ok(())
}

pub(super) async fn newest_about(
    db: &SqlitePool,
    viewer: Uuid,
    subject: Uuid,
) -> Result<Option<TraceId>, Error> {
    let row: Option<(String,)> = sqlx::query_as(
        "select trace from episodes where viewer_id = ? and subject = ?
         order by begun_at desc, rowid desc limit 1",
    )
    .bind(viewer.to_string())
    .bind(subject.to_string())
    .fetch_optional(db)
    .await?;
    row.map(|(trace,)| parsed(&trace, "trace")).transpose()
}

/// The run that an episode of a viewer's is in, and its newest message.
pub(super) async fn newest_in(
    db: &SqlitePool,
    viewer: Uuid,
    trace: TraceId,
) -> Result<Option<(Cookie, Option<i64>)>, Error> {
    let row: Option<(String, Option<i64>)> = sqlx::query_as(
        "select cookie,
            (select id from messages where messages.trace = episodes.trace
             order by at desc, id desc limit 1)
         from episodes where trace = ? and viewer_id = ?",
    )
    .bind(trace.to_string())
    .bind(viewer.to_string())
    .fetch_optional(db)
    .await?;
    row.map(|(cookie, id)| Ok((parsed(&cookie, "cookie")?, id)))
        .transpose()
}

/// Whether a trace is an episode under a cookie.
pub(super) async fn is_under(
    db: &SqlitePool,
    trace: TraceId,
    cookie: &Cookie,
) -> Result<bool, Error> {
    let known =
        sqlx::query_scalar("select exists (select 1 from episodes where trace = ? and cookie = ?)");
    let known = known.bind(trace.to_string()).bind(cookie.as_str());
    Ok(known.fetch_one(db).await?)
}

/// Whose episode handed a token over; of a token that none did, the newest one under its cookie
/// that handed over another.
pub(super) async fn handed_under(
    db: &SqlitePool,
    cookie: &Cookie,
    token: Option<&Value>,
) -> Result<Option<(Uuid, TraceId)>, Error> {
    let row: Option<(String, String)> = sqlx::query_as(
        "select viewer_id, trace from episodes where cookie = ?1 and exists (
            select 1 from messages where messages.trace = episodes.trace
            and act in (?3, ?4) and outcome = ?5)
         order by exists (
            select 1 from messages, json_each(messages.answered) as field
            where messages.trace = episodes.trace and field.value ->> 'value' = ?2
         ) desc, begun_at desc, rowid desc limit 1",
    )
    .bind(cookie.as_str())
    .bind(token.map(json).transpose()?)
    .bind(json(&Act::DummyToken)?)
    .bind(json(&Act::BoundToken)?)
    .bind(json(&Outcome::Granted)?)
    .fetch_optional(db)
    .await?;
    row.map(|(viewer, trace)| Ok((parsed(&viewer, "viewer")?, parsed(&trace, "trace")?)))
        .transpose()
}

/// What an episode of a viewer's is about.
pub(super) async fn occasion(
    db: &SqlitePool,
    viewer: Uuid,
    trace: TraceId,
) -> Result<Option<Occasion>, Error> {
    let row: Option<(String,)> =
        sqlx::query_as("select occasion from episodes where trace = ? and viewer_id = ?")
            .bind(trace.to_string())
            .bind(viewer.to_string())
            .fetch_optional(db)
            .await?;
    row.map(|(occasion,)| read(&occasion)).transpose()
}

/// The token that an episode's licence requests are about.
pub(super) struct Handed {
    /// Where it is redeemed.
    pub(super) endpoint: String,
    /// What it is told by.
    pub(super) token: Value,
    /// When the shop had it: nothing is asked with it before.
    pub(super) since: Timestamp,
}

pub(super) async fn token_of(db: &SqlitePool, trace: TraceId) -> Result<Option<Handed>, Error> {
    let row: Option<(String, i64)> = sqlx::query_as(
        "select answered, at + micros from messages where trace = ? and act in (?, ?)
         and outcome is not null order by id desc limit 1",
    )
    .bind(trace.to_string())
    .bind(json(&Act::DummyToken)?)
    .bind(json(&Act::BoundToken)?)
    .fetch_optional(db)
    .await?;
    let Some((answered, since)) = row else {
        return Ok(None);
    };
    let mut endpoint = None;
    let mut token = None;
    for Field { name, value } in read::<Vec<Field>>(&answered)? {
        match (&*name, value) {
            ("endpoint", Value::Text(text)) => endpoint = Some(text),
            (_, value @ Value::Token(_)) => token = Some(value),
            _ => {}
        }
    }
    let since = moment(since)?;
    Ok(endpoint.zip(token).map(|(endpoint, token)| Handed {
        endpoint,
        token,
        since,
    }))
}

/// A message that has gone out.
pub(super) struct NewMessage<'a> {
    pub(super) parent: TraceParent,
    pub(super) act: Act,
    pub(super) at: Timestamp,
    pub(super) method: &'a str,
    pub(super) url: &'a str,
    pub(super) asked: &'a [Field],
    pub(super) noted: &'a [Field],
}

impl NewMessage<'_> {
    /// Keeps it, unless its episode has so many messages already.
    pub(super) async fn keep(&self, db: &SqlitePool, most: u32) -> Result<(), Error> {
        sqlx::query(
            "insert into messages (trace, span, act, at, method, url, asked, noted)
             select ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8
             where (select count(*) from messages where trace = ?1) < ?9
             on conflict (span) do nothing",
        )
        .bind(self.parent.trace.to_string())
        .bind(self.parent.span.to_string())
        .bind(json(&self.act)?)
        .bind(self.at.as_microsecond())
        .bind(self.method)
        .bind(self.url)
        .bind(json(&self.asked)?)
        .bind(json(&self.noted)?)
        .bind(most)
        .execute(db)
        .await?;
        Ok(())
    }
}

/// What came of a message.
pub(super) struct Closing<'a> {
    pub(super) micros: u64,
    pub(super) outcome: &'a Outcome,
    pub(super) answered: &'a [Field],
}

impl Closing<'_> {
    /// Keeps it beside its message, unless that has an answer.
    pub(super) async fn keep(&self, db: &SqlitePool, to: TraceParent) -> Result<(), Error> {
        sqlx::query(
            "update messages set micros = ?, outcome = ?, answered = ?
             where span = ? and trace = ? and outcome is null",
        )
        .bind(i64::try_from(self.micros).unwrap_or(i64::MAX))
        .bind(json(self.outcome)?)
        .bind(json(&self.answered)?)
        .bind(to.span.to_string())
        .bind(to.trace.to_string())
        .execute(db)
        .await?;
        Ok(())
    }
}

pub(super) fn moment(micros: i64) -> Result<Timestamp, Error> {
    Timestamp::from_microsecond(micros).map_err(|_| Error::Row("time"))
}

pub(super) fn json<T: Serialize>(value: &T) -> Result<String, Error> {
    serde_json::to_string(value).map_err(|_| Error::Row("message"))
}

pub(super) fn read<T: DeserializeOwned>(text: &str) -> Result<T, Error> {
    serde_json::from_str(text).map_err(|_| Error::Row("message"))
}
