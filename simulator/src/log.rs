//! The transaction log: every redemption that has an account, issued or refused.
//!
//! One writer commits for all that wait: whatever arrives while a commit is under way goes into
//! the next one. A record is durable (SQLite WAL, synchronous FULL) before its licence is
//! answered, and the mark that makes a challenge good for one use is in the same commit.
//!
//! A commit has as many statements for hundreds of records as for one. What comes of each record
//! is worked out before it, one after the other, as if each had come alone.
//!
//! | module | what |
//! |---|---|
//! | `commit` | what a batch comes to, and the statements that keep it |
//! | `places` | which key the next record of an account has |
//! | `marks` | which challenges were used before |
//! | `credits` | how many licences accounts have left |

mod commit;
mod credits;
mod marks;
mod places;
#[cfg(test)]
mod tests;

use std::{net::SocketAddr, sync::Arc};

use expressplay::{Cookie, DeviceId, Drm, ErrorCode, KeyId};
use jiff::Timestamp;
use sqlx::SqlitePool;
use tokio::sync::{mpsc, oneshot};

use self::{commit::commit, marks::Marks, places::Places};
use crate::{
    Clock,
    account::AccountId,
    cookie_index::Backlog,
    database::Trouble,
    device::Mark,
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
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum LogError {
    #[error("the record could not be committed: {0}")]
    Commit(String),
    /// Its account has no room, and nobody else is concerned.
    #[error("the account has as many records as one can have: reset its sandbox")]
    Full,
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
    places: Arc<Places>,
}

impl Log {
    /// Starts the writer; it ends when the last [`Log`] is dropped, or the database takes no more,
    /// which ends the simulator.
    ///
    /// # Errors
    /// [`sqlx::Error`] where the marks of an earlier start cannot be read.
    pub(crate) async fn start(
        database: SqlitePool,
        clock: Clock,
        metrics: Arc<Metrics>,
        ending: Ending,
    ) -> Result<Self, sqlx::Error> {
        let (entries, receiver) = mpsc::channel(BATCH);
        let places = Arc::new(Places::default());
        let writer = Writer {
            marks: Marks::load(&database, clock.real()).await?,
            places: Arc::clone(&places),
            backlog: Backlog::default(),
            database,
            clock,
            metrics,
        };
        tokio::spawn(writer.run(receiver, ending));
        Ok(Self { entries, places })
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

    /// An account's records are about to be changed by somebody else, who holds the writing
    /// connection until they are.
    pub(crate) fn forget_place_of(&self, account: AccountId) {
        self.places.forget(account);
    }
}

struct Writer {
    database: SqlitePool,
    clock: Clock,
    places: Arc<Places>,
    marks: Marks,
    backlog: Backlog,
    metrics: Arc<Metrics>,
}

impl Writer {
    async fn run(mut self, mut entries: mpsc::Receiver<Entry>, ending: Ending) {
        let mut batch = Vec::with_capacity(BATCH);
        while entries.recv_many(&mut batch, BATCH).await > 0 {
            let Err(error) = self.write(&mut batch).await else {
                continue;
            };
            if let Some(trouble) = Trouble::of(&error) {
                // A double that went on without its log would make tests fail elsewhere.
                ending.begin(Reason::Broken(trouble.to_string()));
                return;
            }
            tracing::error!(%error, "the log's database failed");
        }
    }

    /// Commits a batch, tells all who wait for it, and does what nobody waits for.
    async fn write(&mut self, batch: &mut Vec<Entry>) -> Result<(), sqlx::Error> {
        let now = self.clock.real();
        let marks = &mut self.marks;
        let outcomes = match commit(&self.database, &self.places, marks, now, batch).await {
            Ok(outcomes) => outcomes,
            Err(error) => {
                let fault = match Trouble::of(&error) {
                    Some(trouble) => LogError::Broken(trouble),
                    None => LogError::Commit(error.to_string()),
                };
                for entry in batch.drain(..) {
                    let _ = entry.reply.send(Err(fault.clone()));
                }
                return Err(error);
            }
        };
        let mut written = 0;
        for (entry, outcome) in batch.drain(..).zip(outcomes) {
            if matches!(&outcome, Ok(it) if *it != Outcome::Dropped) {
                self.backlog.add(entry.draft.account);
                written += 1;
            }
            // One that nobody waits for any more belongs to a client that went away.
            let _ = entry.reply.send(outcome);
        }
        self.metrics.committed(written);
        self.marks.forget_old(&self.database, now).await?;
        self.backlog.work_off(&self.database).await
    }
}
