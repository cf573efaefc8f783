//! The transaction log: every redemption that has an account, issued or refused.
//!
//! One writer commits for all that wait: whatever arrives while a commit is under way goes into
//! the next one. A record is durable (SQLite WAL, synchronous FULL) before its licence is
//! answered, and the mark that makes a challenge good for one use is in the same commit.

use std::{net::SocketAddr, sync::Arc};

use expressplay::{Cookie, DeviceId, Drm, ErrorCode, KeyId, record::Status};
use jiff::Timestamp;
use sqlx::{Sqlite, SqlitePool, Transaction};
use tokio::sync::{mpsc, oneshot};

use crate::{
    Clock,
    account::AccountId,
    database::Trouble,
    device::{MARK_LIFETIME, Mark},
    ending::{Ending, Reason},
    metrics::Metrics,
    sandbox::Sandbox,
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
    while entries.recv_many(&mut batch, BATCH).await > 0 {
        let result = commit(&database, clock.real(), &batch).await;
        let count = batch.len();
        let replies = batch.drain(..).map(|entry| entry.reply);
        match result {
            // A reply that nobody waits for any more belongs to a client that went away.
            Ok(outcomes) => {
                metrics.committed(count);
                replies.zip(outcomes).for_each(|(reply, outcome)| {
                    let _ = reply.send(Ok(outcome));
                });
            }
            Err(error) => {
                let trouble = Trouble::of(&error);
                let fault = match trouble {
                    Some(trouble) => LogError::Broken(trouble),
                    None => LogError::Commit(error.to_string()),
                };
                replies.for_each(|reply| {
                    let _ = reply.send(Err(fault.clone()));
                });
                if let Some(trouble) = trouble {
                    // A double that went on without its log would make tests fail elsewhere.
                    ending.begin(Reason::Broken(trouble.to_string()));
                    return;
                }
            }
        }
    }
}

async fn commit(
    database: &SqlitePool,
    real_now: Timestamp,
    batch: &[Entry],
) -> Result<Vec<Outcome>, sqlx::Error> {
    let mut transaction = database.begin_with("begin immediate").await?;
    let oldest = real_now
        .saturating_sub(MARK_LIFETIME)
        .unwrap_or(Timestamp::MIN);
    sqlx::query("delete from used_challenge where used_at_ms < ?")
        .bind(oldest.as_millisecond())
        .execute(&mut *transaction)
        .await?;
    let mut outcomes = Vec::with_capacity(batch.len());
    for Entry { draft, mark, .. } in batch {
        if draft.sandbox.is_dropped() {
            outcomes.push(Outcome::Dropped);
            continue;
        }
        let fresh = match mark {
            Some(mark) => insert_mark(&mut transaction, mark, real_now).await?,
            None => true,
        };
        let outcome = match (fresh, draft.refused) {
            (false, _) => Outcome::Replayed,
            (true, None) if draft.uses_credit => {
                use_credit(&mut transaction, draft.account).await?
            }
            (true, _) => Outcome::AsDrafted,
        };
        insert_record(&mut transaction, draft, outcome.refusal().or(draft.refused)).await?;
        outcomes.push(outcome);
    }
    transaction.commit().await?;
    Ok(outcomes)
}

/// Uses up one of an account's credits, if it has one left.
async fn use_credit(
    transaction: &mut Transaction<'_, Sqlite>,
    account: AccountId,
) -> Result<Outcome, sqlx::Error> {
    let used = sqlx::query(
        "update credit set remaining = remaining - 1 where account = ? and remaining > 0",
    )
    .bind(account.to_string())
    .execute(&mut **transaction)
    .await?;
    Ok(match used.rows_affected() {
        0 => Outcome::NoCredits,
        _ => Outcome::AsDrafted,
    })
}

async fn insert_mark(
    transaction: &mut Transaction<'_, Sqlite>,
    mark: &Mark,
    now: Timestamp,
) -> Result<bool, sqlx::Error> {
    let done = sqlx::query(
        "insert into used_challenge (thumbprint, jti, used_at_ms) values (?, ?, ?)
         on conflict do nothing",
    )
    .bind(&mark.thumbprint[..])
    .bind(&mark.jti)
    .bind(now.as_millisecond())
    .execute(&mut **transaction)
    .await?;
    Ok(done.rows_affected() == 1)
}

async fn insert_record(
    transaction: &mut Transaction<'_, Sqlite>,
    draft: &Draft,
    refused: Option<ErrorCode>,
) -> Result<(), sqlx::Error> {
    let device = draft.device_id.map(|id| id.as_bytes().to_vec());
    let (status, device_id, refused_device_id) = match refused {
        None => (Status::Issued, device, None),
        Some(_) => (Status::Refused, None, device),
    };
    let kids = serde_json::to_string(&draft.kids).map_err(|e| sqlx::Error::Encode(e.into()))?;
    sqlx::query(
        "insert into record (account, event_id, event_time_ms, drm, cookie, device_id,
                             refused_device_id, content_id, kids, status, error_code, ip_address)
         values (?1, coalesce((select max(event_id) from record where account = ?1), 0) + 1,
                 ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
    )
    .bind(draft.account.to_string())
    .bind(draft.event_time.as_millisecond())
    .bind(draft.drm.code())
    .bind(draft.cookie.as_ref().map(Cookie::as_str))
    .bind(device_id)
    .bind(refused_device_id)
    .bind(draft.content_id.as_deref())
    .bind(kids)
    .bind(match status {
        Status::Issued => "issued",
        Status::Refused => "refused",
    })
    .bind(refused.map(ErrorCode::number))
    .bind(draft.from.ip().to_string())
    .execute(&mut **transaction)
    .await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Entropy, SandboxName,
        database::{IN_MEMORY, options, pool},
        sandbox::Sandboxes,
    };

    fn sandbox() -> Sandbox {
        let (name, entropy) = (SandboxName::of_default(), Entropy::seeded(1));
        Sandbox::new(name, None, Clock::default(), entropy)
    }

    fn draft(sandbox: Arc<Sandbox>) -> Draft {
        Draft {
            account: AccountId(uuid::Uuid::nil()),
            sandbox,
            uses_credit: false,
            event_time: Timestamp::UNIX_EPOCH,
            drm: Drm::Widevine,
            cookie: None,
            device_id: None,
            content_id: Some("a film".repeat(100)),
            kids: vec![],
            refused: None,
            from: SocketAddr::from(([127, 0, 0, 1], 1)),
        }
    }

    async fn database() -> SqlitePool {
        let options = options(IN_MEMORY).unwrap();
        let database = pool(IN_MEMORY, 1).connect_with(options).await.unwrap();
        sqlx::migrate!().run(&database).await.unwrap();
        database
    }

    async fn number(database: &SqlitePool, sql: &str) -> i64 {
        let (number,) = sqlx::query_as(sql).fetch_one(database).await.unwrap();
        number
    }

    fn log(database: &SqlitePool) -> (Log, Ending) {
        let (ending, metrics) = (Ending::default(), Arc::new(Metrics::new()));
        let log = Log::start(database.clone(), Clock::default(), metrics, ending.clone());
        (log, ending)
    }

    #[tokio::test]
    async fn a_full_disk_is_told_to_all_who_wait_and_ends_the_simulator() {
        let database = database().await;
        // What SQLite says when its disk is full, it says at this limit too.
        let limit = 8 + number(&database, "pragma page_count").await;
        let limit = format!("pragma max_page_count = {limit}");
        sqlx::query(&limit).execute(&database).await.unwrap();
        let (log, ending) = log(&database);
        let sandbox = Arc::new(sandbox());
        let mut written = 0;
        let fault = loop {
            match log.append(draft(Arc::clone(&sandbox)), None).await {
                Ok(_) => written += 1,
                Err(fault) => break fault,
            }
        };
        assert!(matches!(fault, LogError::Broken(Trouble::Full)), "{fault}");
        let full = Reason::Broken("the disk is full".to_owned());
        assert_eq!(ending.begun().await, full);
        let after = log.append(draft(sandbox), None).await;
        assert!(matches!(after, Err(LogError::Stopping)));
        let kept = number(&database, "select count(*) from record").await;
        assert_eq!(kept, written);
        assert!(written > 1);
    }

    #[tokio::test]
    async fn nothing_is_written_for_a_sandbox_that_was_dropped_meanwhile() {
        let database = database().await;
        let (log, _) = log(&database);
        let sandboxes = Sandboxes::default();
        let dropped = sandboxes.add(sandbox(), vec![]).unwrap();
        sandboxes.remove(&dropped.name).unwrap();
        let outcome = log.append(draft(dropped), None).await.unwrap();
        assert_eq!(outcome, Outcome::Dropped);
        let kept = number(&database, "select count(*) from record").await;
        assert_eq!(kept, 0);
    }
}
