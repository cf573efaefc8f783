//! The transaction log: every redemption that has an account, issued or refused.
//!
//! One writer commits for all that wait: whatever arrives while a commit is under way goes into
//! the next one. A record is durable (SQLite WAL, synchronous FULL) before its licence is
//! answered, and the mark that makes a challenge good for one use is in the same commit.
//!
//! A commit has as many statements for hundreds of records as for one. What comes of each record
//! is worked out in between, one after the other, as if each had come alone.

use std::{
    collections::{HashMap, HashSet},
    net::SocketAddr,
    sync::Arc,
};

use expressplay::{Cookie, DeviceId, Drm, ErrorCode, KeyId, record::Status};
use jiff::Timestamp;
use sqlx::{
    Connection, QueryBuilder, Sqlite, SqliteConnection, SqlitePool, Transaction,
    query_builder::Separated,
};
use tokio::sync::{mpsc, oneshot};
use uuid::Uuid;

use crate::{
    Clock,
    account::AccountId,
    cookie_index::Backlog,
    database::Trouble,
    device::{MARK_LIFETIME, Mark},
    ending::{Ending, Reason},
    metrics::Metrics,
    sandbox::Sandbox,
    seal::Action,
};

/// The most records of one commit.
const BATCH: usize = 512;

/// A record to be written.
#[derive(Debug, Clone)]
pub(crate) struct Draft {
    pub(crate) account: AccountId,
    /// The sandbox that the account is in.
    pub(crate) sandbox: Arc<Sandbox>,
    /// Whether the account has paid for so many licences and no more.
    pub(crate) uses_credit: bool,
    pub(crate) event_time: Timestamp,
    pub(crate) action: Action,
    pub(crate) drm: Drm,
    pub(crate) cookie: Option<Cookie>,
    /// Who asked, as far as the challenge says.
    pub(crate) device_id: Option<DeviceId>,
    pub(crate) content_id: Option<String>,
    pub(crate) kids: Vec<KeyId>,
    /// Why it is refused; none if it is issued.
    pub(crate) refused: Option<ErrorCode>,
    pub(crate) from: SocketAddr,
}

struct Entry {
    draft: Draft,
    mark: Option<Mark>,
    reply: oneshot::Sender<Result<Outcome, LogError>>,
}

/// What became of a draft.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// The record says what the draft said.
    AsDrafted,
    /// The mark was used before: the record says refused, with -4001.
    Replayed,
    /// The account's credits are used up: the record says refused, with -2019.
    NoCredits,
    /// The sandbox was dropped meanwhile: there is no record.
    Dropped,
}

impl Outcome {
    const fn refusal(self) -> Option<ErrorCode> {
        match self {
            Self::AsDrafted | Self::Dropped => None,
            Self::Replayed => Some(ErrorCode::DeviceNotAuthenticated),
            Self::NoCredits => Some(ErrorCode::InsufficientTokens),
        }
    }
}

/// Why a record was not written.
#[derive(Debug, Clone, thiserror::Error)]
pub(crate) enum LogError {
    #[error("the record could not be committed: {0}")]
    Commit(String),
    /// Nothing more can be committed.
    #[error(transparent)]
    Broken(Trouble),
    #[error("the simulator is stopping")]
    Stopping,
}

/// The way to the writer.
#[derive(Debug, Clone)]
pub(crate) struct Log {
    entries: mpsc::Sender<Entry>,
}

impl Log {
    /// Starts the writer; it ends when the last [`Log`] is dropped, or the database takes no more,
    /// which ends the simulator.
    pub(crate) fn start(
        database: SqlitePool,
        clock: Clock,
        metrics: Arc<Metrics>,
        ending: Ending,
    ) -> Self {
        let (entries, receiver) = mpsc::channel(BATCH);
        tokio::spawn(write(database, clock, metrics, ending, receiver));
        Self { entries }
    }

    /// Writes a record, and returns once it is durable.
    pub(crate) async fn append(
        &self,
        draft: Draft,
        mark: Option<Mark>,
    ) -> Result<Outcome, LogError> {
        let (reply, answer) = oneshot::channel();
        self.entries
            .send(Entry { draft, mark, reply })
            .await
            .map_err(|_| LogError::Stopping)?;
        answer.await.map_err(|_| LogError::Stopping)?
    }
}

async fn write(
    database: SqlitePool,
    clock: Clock,
    metrics: Arc<Metrics>,
    ending: Ending,
    mut entries: mpsc::Receiver<Entry>,
) {
    let mut batch = Vec::with_capacity(BATCH);
    let mut backlog = Backlog::default();
    while entries.recv_many(&mut batch, BATCH).await > 0 {
        gather(&mut entries, &mut batch).await;
        let result = commit(&database, clock.real(), &batch).await;
        let mut written = 0;
        let error = match result {
            Ok(outcomes) => {
                for (entry, outcome) in batch.drain(..).zip(outcomes) {
                    if outcome != Outcome::Dropped {
                        backlog.add(entry.draft.account);
                        written += 1;
                    }
                    // One that nobody waits for any more belongs to a client that went away.
                    let _ = entry.reply.send(Ok(outcome));
                }
                metrics.committed(written);
                backlog.work_off(&database).await.err()
            }
            Err(error) => {
                let fault = match Trouble::of(&error) {
                    Some(trouble) => LogError::Broken(trouble),
                    None => LogError::Commit(error.to_string()),
                };
                for entry in batch.drain(..) {
                    let _ = entry.reply.send(Err(fault.clone()));
                }
                Some(error)
            }
        };
        if let Some(trouble) = error.as_ref().and_then(Trouble::of) {
            // A double that went on without its log would make tests fail elsewhere.
            ending.begin(Reason::Broken(trouble.to_string()));
            return;
        }
        if let Some(error) = error {
            tracing::error!(%error, "the log's database failed");
        }
    }
}

/// Takes in what is on its way already: every task that can run has its turn, for as long as that
/// brings something. Nobody waits for what has not arrived, so one caller alone loses nothing.
async fn gather(entries: &mut mpsc::Receiver<Entry>, batch: &mut Vec<Entry>) {
    let mut before = 0;
    while before < batch.len() {
        before = batch.len();
        tokio::task::yield_now().await;
        while batch.len() < BATCH
            && let Ok(entry) = entries.try_recv()
        {
            batch.push(entry);
        }
    }
}

async fn commit(
    database: &SqlitePool,
    real_now: Timestamp,
    batch: &[Entry],
) -> Result<Vec<Outcome>, sqlx::Error> {
    let mut connection = database.acquire().await?;
    let is_plain = |it: &Entry| it.mark.is_none() && !it.draft.uses_credit;
    if batch.iter().all(is_plain) {
        // One statement is a transaction of its own, and each more is a way to SQLite's thread and
        // back, for which all wait.
        let decided = decide(batch, &mut HashSet::new(), &mut Credits::default());
        insert_records(&mut connection, &decided.records).await?;
        return Ok(decided.outcomes);
    }
    let mut transaction = connection.begin_with("begin immediate").await?;
    let mut fresh = use_marks(&mut transaction, batch, real_now).await?;
    let mut credits = read_credits(&mut transaction, batch).await?;
    let decided = decide(batch, &mut fresh, &mut credits);
    insert_records(&mut transaction, &decided.records).await?;
    keep_credits(&mut transaction, &credits).await?;
    transaction.commit().await?;
    Ok(decided.outcomes)
}

/// What a batch comes to.
struct Decided<'b> {
    outcomes: Vec<Outcome>,
    records: Vec<Record<'b>>,
}

/// A record as it is to be kept.
struct Record<'b> {
    draft: &'b Draft,
    /// Its place among the account's of this batch, from 1.
    place: i64,
    refused: Option<ErrorCode>,
}

/// Works out what comes of each, one after the other. To be called while the writing connection is
/// held: nobody drops a sandbox meanwhile.
fn decide<'b>(batch: &'b [Entry], fresh: &mut HashSet<Mark>, credits: &mut Credits) -> Decided<'b> {
    let mut decided = Decided {
        outcomes: Vec::with_capacity(batch.len()),
        records: Vec::with_capacity(batch.len()),
    };
    let mut places: HashMap<AccountId, i64> = HashMap::new();
    for Entry { draft, mark, .. } in batch {
        if draft.sandbox.is_dropped() {
            decided.outcomes.push(Outcome::Dropped);
            continue;
        }
        // Of two with one mark in a batch, the first has used it up.
        let replayed = mark.as_ref().is_some_and(|mark| !fresh.remove(mark));
        let outcome = if replayed {
            Outcome::Replayed
        } else if draft.refused.is_none() && draft.uses_credit && !credits.use_one(draft.account) {
            Outcome::NoCredits
        } else {
            Outcome::AsDrafted
        };
        let place = places.entry(draft.account).or_default();
        *place += 1;
        decided.records.push(Record {
            draft,
            place: *place,
            refused: outcome.refusal().or(draft.refused),
        });
        decided.outcomes.push(outcome);
    }
    decided
}

/// How many licences accounts have left. One that is not there has any number: its credits were
/// taken away after the draft was made.
#[derive(Debug, Default)]
struct Credits {
    left: HashMap<AccountId, i64>,
    used: HashSet<AccountId>,
}

impl Credits {
    /// Uses up a credit, if there is one left.
    fn use_one(&mut self, account: AccountId) -> bool {
        match self.left.get_mut(&account) {
            None => true,
            Some(0) => false,
            Some(left) => {
                *left -= 1;
                self.used.insert(account);
                true
            }
        }
    }
}

/// Keeps the marks of a batch; those that were not there yet. Old ones go.
async fn use_marks(
    transaction: &mut Transaction<'_, Sqlite>,
    batch: &[Entry],
    real_now: Timestamp,
) -> Result<HashSet<Mark>, sqlx::Error> {
    let marks: Vec<&Mark> = batch.iter().filter_map(|it| it.mark.as_ref()).collect();
    if marks.is_empty() {
        return Ok(HashSet::new());
    }
    let oldest = real_now
        .saturating_sub(MARK_LIFETIME)
        .unwrap_or(Timestamp::MIN);
    sqlx::query("delete from used_challenge where used_at_ms < ?")
        .bind(oldest.as_millisecond())
        .execute(&mut **transaction)
        .await?;
    let mut insert = QueryBuilder::new(
        "insert into used_challenge (thumbprint, jti, used_at_ms) select * from (",
    );
    push_values(&mut insert, &marks, |mut row, mark| {
        row.push_bind(mark.map(|mark| &mark.thumbprint[..]))
            .push_bind(mark.map(|mark| mark.jti.as_str()))
            .push_bind(real_now.as_millisecond());
    });
    insert.push(") where column1 is not null on conflict do nothing returning thumbprint, jti");
    let fresh: Vec<(Vec<u8>, String)> = insert
        .build_query_as()
        .fetch_all(&mut **transaction)
        .await?;
    let read = |(thumbprint, jti): (Vec<u8>, String)| {
        let thumbprint = <[u8; 32]>::try_from(thumbprint)
            .map_err(|_| sqlx::Error::Decode("a thumbprint has 32 bytes".into()))?;
        Ok(Mark { thumbprint, jti })
    };
    fresh.into_iter().map(read).collect()
}

/// What is left to the accounts of a batch that pay for licences.
async fn read_credits(
    transaction: &mut Transaction<'_, Sqlite>,
    batch: &[Entry],
) -> Result<Credits, sqlx::Error> {
    let paying = batch.iter().filter(|it| it.draft.uses_credit);
    let accounts: HashSet<Uuid> = paying.map(|it| it.draft.account.0).collect();
    if accounts.is_empty() {
        return Ok(Credits::default());
    }
    let accounts = serde_json::to_string(&accounts).map_err(|e| sqlx::Error::Encode(e.into()))?;
    let rows: Vec<(String, i64)> = sqlx::query_as(
        "select account, remaining from credit where account in (select value from json_each(?))",
    )
    .bind(accounts)
    .fetch_all(&mut **transaction)
    .await?;
    let read = |(account, left): (String, i64)| {
        let account = Uuid::parse_str(&account).map_err(|e| sqlx::Error::Decode(e.into()))?;
        Ok((AccountId(account), left))
    };
    let left: Result<_, sqlx::Error> = rows.into_iter().map(read).collect();
    Ok(Credits {
        left: left?,
        used: HashSet::new(),
    })
}

/// Writes records under the numbers that follow their accounts' newest.
async fn insert_records(
    connection: &mut SqliteConnection,
    records: &[Record<'_>],
) -> Result<(), sqlx::Error> {
    if records.is_empty() {
        return Ok(());
    }
    let mut kids = Vec::with_capacity(records.len());
    for record in records {
        let json = serde_json::to_string(&record.draft.kids);
        kids.push(json.map_err(|e| sqlx::Error::Encode(e.into()))?);
    }
    let rows: Vec<(&Record<'_>, String)> = records.iter().zip(kids).collect();
    let mut insert = QueryBuilder::new(
        "insert into record (account, event_id, event_time_ms, drm, cookie, device_id,
                             refused_device_id, content_id, kids, status, error_code, ip_address,
                             event_type)
         select column1,
                column2 + coalesce((select max(event_id) from record where account = column1), 0),
                column3, column4, column5, column6, column7, column8, column9, column10, column11,
                column12, column13
         from (",
    );
    push_values(&mut insert, &rows, |mut row, record| {
        let draft = record.map(|(record, _)| record.draft);
        let refused = record.and_then(|(record, _)| record.refused);
        let device = draft.and_then(|draft| draft.device_id);
        let device = device.map(|id| id.as_bytes().to_vec());
        let (status, device_id, refused_device_id) = match refused {
            None => (Status::Issued, device, None),
            Some(_) => (Status::Refused, None, device),
        };
        row.push_bind(draft.map(|draft| draft.account.to_string()))
            .push_bind(record.map(|(record, _)| record.place))
            .push_bind(draft.map(|draft| draft.event_time.as_millisecond()))
            .push_bind(draft.map(|draft| draft.drm.code()))
            .push_bind(draft.and_then(|draft| draft.cookie.as_ref().map(Cookie::as_str)))
            .push_bind(device_id)
            .push_bind(refused_device_id)
            .push_bind(draft.and_then(|draft| draft.content_id.as_deref()))
            .push_bind(record.map(|(_, kids)| kids.as_str()))
            .push_bind(match status {
                Status::Issued => "issued",
                Status::Refused => "refused",
            })
            .push_bind(refused.map(ErrorCode::number))
            .push_bind(draft.map(|draft| draft.from.ip().to_string()))
            .push_bind(draft.map(|draft| draft.action.event_type()));
    });
    insert.push(") where column1 is not null");
    insert.build().execute(connection).await?;
    Ok(())
}

/// Writes what is left of the credits that were used.
async fn keep_credits(
    transaction: &mut Transaction<'_, Sqlite>,
    credits: &Credits,
) -> Result<(), sqlx::Error> {
    let used = credits.used.iter();
    let left: HashMap<Uuid, Option<&i64>> = used
        .map(|account| (account.0, credits.left.get(account)))
        .collect();
    if left.is_empty() {
        return Ok(());
    }
    let left = serde_json::to_string(&left).map_err(|e| sqlx::Error::Encode(e.into()))?;
    sqlx::query(
        "update credit set remaining = now.value from json_each(?) as now
         where credit.account = now.key",
    )
    .bind(left)
    .execute(&mut **transaction)
    .await?;
    Ok(())
}

/// Rows as `values (…), (…)`, filled up with rows of none to a power of two, so that SQLite meets
/// the same few statements again and again, and has them prepared.
fn push_values<'b, T>(
    query: &mut QueryBuilder<'b, Sqlite>,
    rows: &'b [T],
    mut push: impl FnMut(Separated<'_, 'b, Sqlite, &'static str>, Option<&'b T>),
) {
    let filled = rows.len().next_power_of_two();
    let none = std::iter::repeat_n(None, filled - rows.len());
    query.push_values(rows.iter().map(Some).chain(none), |row, item| {
        push(row, item);
    });
}

#[cfg(test)]
mod tests;
