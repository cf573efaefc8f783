//! What is read back from the two tables: a run for the view, and what tells of an order.

use app::workflow::{self, Act, Message, Outcome, Run, WorkflowQuery};
use expressplay::{
    Cookie,
    trace_context::{TraceId, TraceParent},
};
use sqlx::SqlitePool;
use uuid::Uuid;

use super::{
    history::Told,
    store::{json, moment, read},
};
use crate::{accounts::Account, database::parsed, error::Error};

/// A view shows so many runs, the newest …
const RUNS: u32 = 50;
/// … and of a run so many episodes, the newest, unless all of them are wanted.
const SHOWN: u32 = 40;
/// So many messages of an order are its history.
const TOLD: u32 = 600;

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
