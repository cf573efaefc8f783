//! What the workflow view shows: every message of a viewer's workflow, kept as it goes out and as
//! its answer comes, without its secrets.
//!
//! | module | what |
//! |---|---|
//! | here | an [`Episode`]: one trace, to which messages are added |
//! | `witness` | the shop's own calls to ExpressPlay, as its client tells of them |
//! | `heard` | what browsers ask of the shop |
//! | `report` | licence requests, as browsers tell of them |
//! | `overheard` | licence requests that no page made, as the simulator's journal tells of them |
//! | `history` | what became of an order, told from its messages |
//! | `store` | the two tables: what is kept |
//! | `recall` | … and what is read back |
//! | `host` | the view by itself, and the news that there is more of it |
//!
//! The view is not the workflow: where it cannot be kept, the log says so and the sale goes on.

mod heard;
mod history;
pub(crate) mod host;
mod overheard;
mod recall;
mod report;
mod store;
mod witness;

use std::sync::Arc;

use app::workflow::{Act, Occasion, WorkflowQuery};
use expressplay::{
    Cookie,
    client::Witness,
    trace_context::{SpanId, TraceId, TraceParent},
};
use simulator::{Clock, Entropy};
use sqlx::SqlitePool;
use tokio::sync::{broadcast, watch};
use uuid::Uuid;

pub(crate) use self::heard::{Arrival, Asked};
pub use self::history::Wanted;
use self::witness::Listener;
use crate::{accounts::Account, error::Error};

/// So many pieces of news wait for who is slow to hear them; who misses some looks at everything.
const NEWS: usize = 64;

/// The messages of all viewers' workflows.
#[derive(Debug, Clone)]
pub struct Workflow {
    db: SqlitePool,
    clock: Clock,
    entropy: Entropy,
    /// Whose workflow has changed; none for everybody's.
    news: broadcast::Sender<Option<Uuid>>,
    /// Whether the shop stops: then nobody waits for more.
    stopped: watch::Receiver<bool>,
}

impl Workflow {
    /// The messages that a database keeps.
    #[must_use]
    pub fn new(
        db: SqlitePool,
        clock: Clock,
        entropy: Entropy,
        stopped: watch::Receiver<bool>,
    ) -> Self {
        Self {
            db,
            clock,
            entropy,
            news: broadcast::Sender::new(NEWS),
            stopped,
        }
    }

    /// Begins an episode under a cookie, to be found again by its subject: the registration's or
    /// the order's number.
    pub async fn begin(
        &self,
        viewer: Uuid,
        cookie: &Cookie,
        subject: Uuid,
        occasion: Occasion,
    ) -> Episode {
        let trace = TraceId::from_random(self.entropy.bytes());
        let episode = store::NewEpisode {
            trace,
            viewer,
            cookie,
            subject,
            occasion,
            at: self.clock.real(),
        };
        self.kept(episode.keep(&self.db).await);
        self.episode(viewer, trace)
    }

    /// The newest episode with a subject.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub async fn about(&self, viewer: Uuid, subject: Uuid) -> Result<Option<Episode>, Error> {
        let trace = store::newest_about(&self.db, viewer, subject).await?;
        Ok(trace.map(|trace| self.episode(viewer, trace)))
    }

    /// An episode of a viewer's.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub async fn find(&self, viewer: Uuid, trace: TraceId) -> Result<Option<Episode>, Error> {
        let found = store::occasion(&self.db, viewer, trace).await?;
        Ok(found.map(|_| self.episode(viewer, trace)))
    }

    /// What to look at, to see the newest message of an episode.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub(crate) async fn newest_in(
        &self,
        viewer: Uuid,
        trace: TraceId,
    ) -> Result<Option<WorkflowQuery>, Error> {
        let found = store::newest_in(&self.db, viewer, trace).await?;
        Ok(found.map(|(run, message)| WorkflowQuery {
            run: Some(run),
            message,
            ..WorkflowQuery::default()
        }))
    }

    /// A viewer's workflow, as it stands.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub async fn look(
        &self,
        viewer: &Account,
        query: &WorkflowQuery,
    ) -> Result<app::workflow::Workflow, Error> {
        recall::look(&self.db, viewer, query).await
    }

    /// Says that a viewer's workflow has changed, or who is signed in where.
    pub(crate) fn tell(&self, viewer: Uuid) {
        // Where nobody listens, nobody misses it.
        let _ = self.news.send(Some(viewer));
    }

    /// Says that everybody's has changed.
    pub(crate) fn tell_everybody(&self) {
        let _ = self.news.send(None);
    }

    /// Notes when something is asked of the shop.
    pub(crate) fn arrival(&self) -> Arrival {
        Arrival::now(&self.clock)
    }

    fn episode(&self, viewer: Uuid, trace: TraceId) -> Episode {
        Episode {
            workflow: self.clone(),
            viewer,
            trace,
        }
    }

    /// What could not be kept is missing from the view, and from nothing else.
    fn kept<T>(&self, outcome: Result<T, Error>) -> Option<T> {
        outcome
            .inspect_err(|cause| tracing::warn!(%cause, "the workflow view misses a message"))
            .ok()
    }
}

/// One trace of a viewer's workflow.
#[derive(Debug, Clone)]
pub struct Episode {
    workflow: Workflow,
    viewer: Uuid,
    trace: TraceId,
}

impl Episode {
    /// Its trace, which the browser's licence request carries on.
    #[must_use]
    pub const fn trace(&self) -> TraceId {
        self.trace
    }

    /// Says which of several orders it went on with.
    pub async fn goes_under(&self, cookie: &Cookie, subject: Uuid) {
        let moved = store::move_to(&self.workflow.db, self.trace, cookie, subject).await;
        self.workflow.kept(moved);
    }

    /// Whoever is told of the shop's own requests of a kind.
    #[must_use]
    pub fn witness(&self, act: Act) -> Arc<dyn Witness> {
        Arc::new(Listener::new(self.clone(), act))
    }

    fn next_parent(&self) -> TraceParent {
        TraceParent {
            trace: self.trace,
            span: SpanId::from_random(self.workflow.entropy.bytes()),
        }
    }

    async fn keep(&self, message: &store::NewMessage<'_>) {
        self.keep_of(message, store::MESSAGES).await;
    }

    async fn keep_of(&self, message: &store::NewMessage<'_>, most: u32) {
        let kept = message.keep(&self.workflow.db, most).await;
        self.workflow.kept(kept);
        self.tell();
    }

    async fn close(&self, message: TraceParent, closing: &store::Closing<'_>) {
        self.workflow
            .kept(closing.keep(&self.workflow.db, message).await);
        self.tell();
    }

    fn tell(&self) {
        self.workflow.tell(self.viewer);
    }
}
