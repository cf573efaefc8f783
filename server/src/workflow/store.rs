//! The two tables of the workflow view.

use app::workflow::{self, Act, Field, Message, Occasion, Outcome, Run, Value, WorkflowQuery};
use expressplay::{
    Cookie,
    trace_context::{TraceId, TraceParent},
};
use jiff::Timestamp;
use serde::{Serialize, de::DeserializeOwned};
use sqlx::SqlitePool;
use uuid::Uuid;

use super::history::Told;
use crate::{accounts::Account, database::parsed, error::Error};

/// So many episodes of a viewer are kept, the newest …
const EPISODES: u32 = 500;
/// … with so many messages each …
pub(super) const MESSAGES: u32 = 200;
/// … of which a view shows the newest runs …
const RUNS: u32 = 50;
/// … and of a run the newest episodes, unless all of them are wanted.
const SHOWN: u32 = 40;
/// So many messages of an order are its history.
const TOLD: u32 = 600;

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

/// A viewer's runs, and the one that a query is about: the newest, where it is about none that the
/// viewer has.
pub(super) async fn look(
    db: &SqlitePool,
    viewer: &Account,
    query: &WorkflowQuery,
) -> Result<workflow::Workflow, Error> {
    let (email, viewer) = (viewer.viewer.email.clone(), viewer.id);
    let runs = runs(db, viewer).await?;
    let newest = || runs.first().map(|run| run.cookie.clone());
    let wanted = match &query.run {
        Some(cookie) if has_run(db, viewer, cookie).await? => Some(cookie.clone()),
        _ => None,
    };
    let shown = match (wanted, query.message) {
        (Some(cookie), _) => Some(cookie),
        // Whoever reads a message goes on reading it when another run begins.
        (None, Some(message)) => run_of(db, viewer, message).await?.or_else(newest),
        (None, None) => newest(),
    };
    let (earlier, episodes) = match &shown {
        Some(cookie) => part(db, viewer, cookie, query).await?,
        None => (0, vec![]),
    };
    Ok(workflow::Workflow {
        viewer: email,
        runs,
        shown,
        earlier,
        episodes,
    })
}

async fn has_run(db: &SqlitePool, viewer: Uuid, cookie: &Cookie) -> Result<bool, Error> {
    let (is_there,): (bool,) =
        sqlx::query_as("select exists (select 1 from episodes where viewer_id = ? and cookie = ?)")
            .bind(viewer.to_string())
            .bind(cookie.as_str())
            .fetch_one(db)
            .await?;
    Ok(is_there)
}

/// The run that a message of a viewer's is in.
async fn run_of(db: &SqlitePool, viewer: Uuid, message: i64) -> Result<Option<Cookie>, Error> {
    let row: Option<(String,)> = sqlx::query_as(
        "select cookie from episodes join messages using (trace)
         where messages.id = ? and viewer_id = ?",
    )
    .bind(message)
    .bind(viewer.to_string())
    .fetch_optional(db)
    .await?;
    row.map(|(cookie,)| parsed(&cookie, "cookie")).transpose()
}

/// The part of a run that a query is about, and how many episodes come before it.
async fn part(
    db: &SqlitePool,
    viewer: Uuid,
    cookie: &Cookie,
    query: &WorkflowQuery,
) -> Result<(u32, Vec<workflow::Episode>), Error> {
    let (all,): (u32,) =
        sqlx::query_as("select count(*) from episodes where viewer_id = ? and cookie = ?")
            .bind(viewer.to_string())
            .bind(cookie.as_str())
            .fetch_one(db)
            .await?;
    let mut found = episodes(
        db,
        viewer,
        cookie,
        if query.wants_whole() { all } else { SHOWN },
    )
    .await?;
    let mut messages = found.iter().flat_map(|episode| &episode.messages);
    if query
        .message
        .is_some_and(|wanted| messages.all(|it| it.id != wanted))
    {
        found = episodes(db, viewer, cookie, all).await?;
    }
    let shown = u32::try_from(found.len()).unwrap_or(u32::MAX);
    Ok((all.saturating_sub(shown), found))
}

async fn runs(db: &SqlitePool, viewer: Uuid) -> Result<Vec<Run>, Error> {
    let rows: Vec<(String, i64, u32)> = sqlx::query_as(
        "select cookie, min(begun_at), count(messages.id)
         from episodes left join messages on messages.trace = episodes.trace
         where viewer_id = ? group by cookie order by max(begun_at) desc limit ?",
    )
    .bind(viewer.to_string())
    .bind(RUNS)
    .fetch_all(db)
    .await?;
    rows.into_iter()
        .map(|(cookie, at, messages)| {
            Ok(Run {
                cookie: parsed(&cookie, "cookie")?,
                at: moment(at)?,
                messages,
            })
        })
        .collect()
}

async fn episodes(
    db: &SqlitePool,
    viewer: Uuid,
    cookie: &Cookie,
    most: u32,
) -> Result<Vec<workflow::Episode>, Error> {
    let rows: Vec<(String, String, i64)> = sqlx::query_as(
        "select trace, occasion, begun_at from episodes where viewer_id = ? and cookie = ?
         order by begun_at desc, rowid desc limit ?",
    )
    .bind(viewer.to_string())
    .bind(cookie.as_str())
    .bind(most)
    .fetch_all(db)
    .await?;
    let mut episodes = vec![];
    for (trace, occasion, at) in rows.into_iter().rev() {
        let trace = parsed(&trace, "trace")?;
        episodes.push(workflow::Episode {
            trace,
            occasion: read(&occasion)?,
            at: moment(at)?,
            messages: messages(db, trace).await?,
        });
    }
    Ok(episodes)
}

#[derive(sqlx::FromRow)]
struct Row {
    id: i64,
    span: String,
    act: String,
    at: i64,
    method: String,
    url: String,
    asked: String,
    micros: Option<i64>,
    outcome: Option<String>,
    answered: String,
    noted: String,
}

impl Row {
    fn message(self, trace: TraceId) -> Result<Message, Error> {
        Ok(Message {
            id: self.id,
            traceparent: TraceParent {
                trace,
                span: parsed(&self.span, "span")?,
            },
            act: read(&self.act)?,
            at: moment(self.at)?,
            micros: self.micros.and_then(|micros| u64::try_from(micros).ok()),
            method: self.method,
            url: self.url,
            asked: read(&self.asked)?,
            outcome: self.outcome.as_deref().map(read).transpose()?,
            answered: read(&self.answered)?,
            noted: read(&self.noted)?,
        })
    }
}

async fn messages(db: &SqlitePool, trace: TraceId) -> Result<Vec<Message>, Error> {
    let rows: Vec<Row> = sqlx::query_as(
        "select id, span, act, at, method, url, asked, micros, outcome, answered, noted
         from messages where trace = ? order by at, id",
    )
    .bind(trace.to_string())
    .fetch_all(db)
    .await?;
    rows.into_iter().map(|row| row.message(trace)).collect()
}

/// A message, and of its episode what places it.
#[derive(sqlx::FromRow)]
struct TellingRow {
    trace: String,
    cookie: String,
    #[sqlx(flatten)]
    message: Row,
}

impl TellingRow {
    fn told(self) -> Result<Told, Error> {
        Ok(Told {
            cookie: parsed(&self.cookie, "cookie")?,
            message: self.message.message(parsed(&self.trace, "trace")?)?,
        })
    }
}

/// The newest messages that tell an order's history, oldest first.
pub(super) async fn about(
    db: &SqlitePool,
    viewer: Uuid,
    subject: Uuid,
) -> Result<Vec<Told>, Error> {
    let rows: Vec<TellingRow> = sqlx::query_as(
        "select * from messages join episodes using (trace)
         where viewer_id = ? and subject = ? and act in (?, ?, ?, ?)
         order by at desc, id desc limit ?",
    )
    .bind(viewer.to_string())
    .bind(subject.to_string())
    .bind(json(&Act::DeviceForSale)?)
    .bind(json(&Act::MoveOrder)?)
    .bind(json(&Act::BoundToken)?)
    .bind(json(&Act::License)?)
    .bind(TOLD)
    .fetch_all(db)
    .await?;
    rows.into_iter().rev().map(TellingRow::told).collect()
}

/// The newest answer of ExpressPlay's history about a cookie.
pub(super) async fn newest_answer(
    db: &SqlitePool,
    viewer: Uuid,
    cookie: &Cookie,
) -> Result<Option<Told>, Error> {
    let row: Option<TellingRow> = sqlx::query_as(
        "select * from messages join episodes using (trace)
         where viewer_id = ? and cookie = ? and act in (?, ?, ?) and outcome = ?
         order by at desc, id desc limit 1",
    )
    .bind(viewer.to_string())
    .bind(cookie.as_str())
    .bind(json(&Act::FindDevice)?)
    .bind(json(&Act::DeviceForSale)?)
    .bind(json(&Act::LookBack)?)
    .bind(json(&Outcome::Granted)?)
    .fetch_optional(db)
    .await?;
    row.map(TellingRow::told).transpose()
}

fn moment(micros: i64) -> Result<Timestamp, Error> {
    Timestamp::from_microsecond(micros).map_err(|_| Error::Row("time"))
}

fn json<T: Serialize>(value: &T) -> Result<String, Error> {
    serde_json::to_string(value).map_err(|_| Error::Row("message"))
}

fn read<T: DeserializeOwned>(text: &str) -> Result<T, Error> {
    serde_json::from_str(text).map_err(|_| Error::Row("message"))
}
