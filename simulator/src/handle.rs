//! A sandbox, driven from Rust: the control plane as a value.

use std::{fmt, sync::Arc, time::Duration};

use crate::{
    Environment, Error, SandboxName,
    control::{
        AccountState, ChangeSettings, ClockState, Document, NewSandbox, Place, Problem,
        SandboxState, SetClock, SnapshotState,
    },
    fault::{FaultState, NewFault},
    journal::{Entry, JournalQuery},
    sandbox::Sandbox,
    service::Service,
};

/// A sandbox, to be driven from Rust: everything that `/__sim/sandboxes/{name}` does.
///
/// Clock, record lag, settings and credits are there again after a restart, with a database that
/// is. What changes them is done to its end, even where the future is dropped before that.
///
/// ```
/// use std::time::Duration;
/// use simulator::{Simulator, control::NewSandbox, fault::{Effect, NewFault}, journal::JournalQuery};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let _ = rustls::crypto::ring::default_provider().install_default();
/// let simulator = Simulator::start().await?;
/// let sandbox = simulator.make_sandbox(NewSandbox::default()).await?;
///
/// // Its clock is its own: an hour goes by here, and nowhere else.
/// let before = sandbox.clock().now;
/// sandbox.advance(Duration::from_secs(3600)).await?;
/// assert!(sandbox.clock().now.duration_since(before).as_secs() >= 3600);
///
/// // The next call fails as behind a broken gateway …
/// sandbox.add_fault(NewFault::of(Effect::status(503)?).times(1))?;
/// let authenticator = sandbox.state().await?.accounts[0].authenticator.clone();
/// let records = format!("{}/cmiapi/getrecord/?customerAuthenticator={authenticator}", simulator.url());
/// assert_eq!(reqwest::get(&records).await?.status(), 503);
/// assert_eq!(reqwest::get(&records).await?.status(), 200);
///
/// // … and the journal tells of both.
/// let calls = sandbox.journal(&JournalQuery::default()).await;
/// assert_eq!(calls.iter().map(|call| call.status).collect::<Vec<_>>(), [503, 200]);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct SandboxHandle {
    service: Service,
    sandbox: Arc<Sandbox>,
}

impl fmt::Debug for SandboxHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SandboxHandle")
            .field("name", self.name())
            .finish_non_exhaustive()
    }
}

impl SandboxHandle {
    pub(crate) const fn new(service: Service, sandbox: Arc<Sandbox>) -> Self {
        Self { service, sandbox }
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &SandboxName {
        &self.sandbox.name
    }

    /// Makes another in the same simulator: see [`crate::Simulator::make_sandbox`].
    ///
    /// # Errors
    /// [`Error::Control`] for a name or an authenticator that another has, or where there are too
    /// many.
    pub async fn make_another(&self, new: NewSandbox) -> Result<Self, Error> {
        self.change(|service, _| async move {
            let made = service.make_sandbox(new).await?;
            Ok(Self::new(service, made))
        })
        .await
    }

    /// What it is like now: its accounts with their authenticators, settings and credits, its
    /// clock, its record lag.
    ///
    /// # Errors
    /// [`Error::Control`] where the sandbox was dropped, or the database fails.
    pub async fn state(&self) -> Result<SandboxState, Error> {
        Ok(self.service.state_of(&self.sandbox).await?)
    }

    /// The time that its tokens, rentals and records go by.
    #[must_use]
    pub fn clock(&self) -> ClockState {
        ClockState::of(&self.sandbox.clock)
    }

    /// Sets its clock, stops its hands or lets them run.
    ///
    /// # Errors
    /// [`Error::Control`] where the sandbox was dropped, or the database fails.
    pub async fn set_clock(&self, how: SetClock) -> Result<ClockState, Error> {
        self.change(move |service, sandbox| async move { service.set_clock(&sandbox, how).await })
            .await
    }

    /// Puts its clock forward.
    ///
    /// # Errors
    /// As [`Self::set_clock`].
    pub async fn advance(&self, by: Duration) -> Result<ClockState, Error> {
        self.change(
            move |service, sandbox| async move { service.advance_clock(&sandbox, by).await },
        )
        .await
    }

    /// From now on records take so long to appear.
    ///
    /// # Errors
    /// As [`Self::set_clock`].
    pub async fn set_record_lag(&self, lag: Duration) -> Result<(), Error> {
        self.change(move |service, sandbox| async move {
            service.change_record_lag(&sandbox, lag).await
        })
        .await
    }

    /// Changes what one of its accounts may do, and how many credits it has left.
    ///
    /// ```
    /// use simulator::{Environment, Simulator, control::{ChangeSettings, NewSandbox}};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let simulator = Simulator::start().await?;
    /// let sandbox = simulator.make_sandbox(NewSandbox::default()).await?;
    /// let number = sandbox.state().await?.accounts[0].number;
    /// let three = ChangeSettings { credits: Some(Some(3)), ..ChangeSettings::default() };
    /// let account = sandbox.change_account(Environment::Test, number, three).await?;
    /// assert_eq!(account.settings.credits, Some(Some(3)), "the fourth licence is a -2019");
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`Error::Control`] where it has no such account, or the settings do not go together.
    pub async fn change_account(
        &self,
        environment: Environment,
        number: u64,
        change: ChangeSettings,
    ) -> Result<AccountState, Error> {
        let place = Place {
            environment,
            number,
        };
        self.change(move |service, sandbox| async move {
            service.change_account(&sandbox, place, &change).await
        })
        .await
    }

    /// Makes a fault.
    ///
    /// # Errors
    /// [`Error::Control`] where the sandbox was dropped, there are too many, or it could never strike.
    pub fn add_fault(&self, fault: NewFault) -> Result<FaultState, Error> {
        self.sandbox.there()?;
        let added = self.sandbox.faults.add(fault, self.sandbox.clock.real());
        Ok(added.map_err(Problem::from)?)
    }

    /// The faults that are there.
    #[must_use]
    pub fn faults(&self) -> Vec<FaultState> {
        self.sandbox.faults.list(self.sandbox.clock.real())
    }

    /// Removes a fault; whether it was there.
    pub fn remove_fault(&self, id: u64) -> bool {
        self.sandbox.faults.remove(id)
    }

    /// Removes all faults.
    pub fn clear_faults(&self) {
        self.sandbox.faults.clear();
    }

    /// The calls that match, oldest first: at once, or as soon as there are as many as the query
    /// waits for, or when its time is up.
    pub async fn journal(&self, query: &JournalQuery) -> Vec<Arc<Entry>> {
        self.sandbox.wait_for(query).await
    }

    /// Waits until it is dropped, or its simulator stops: then nothing comes to its journal any more.
    pub async fn closed(&self) {
        self.sandbox.closed().await;
    }

    /// Forgets the calls so far; their numbers go on.
    pub fn clear_journal(&self) {
        self.sandbox.journal.clear();
    }

    /// Keeps what it holds under a name: accounts, records, stored keys, clock and faults.
    ///
    /// # Errors
    /// [`Error::Control`] where there are too many snapshots, or the database fails.
    pub async fn save(&self, name: SandboxName) -> Result<SnapshotState, Error> {
        self.change(
            move |service, sandbox| async move { service.take_snapshot(&sandbox, &name).await },
        )
        .await
    }

    /// Its snapshots, by name.
    ///
    /// # Errors
    /// [`Error::Control`] where the sandbox was dropped, or the database fails.
    pub async fn snapshots(&self) -> Result<Vec<SnapshotState>, Error> {
        Ok(self.service.snapshots_of(&self.sandbox).await?)
    }

    /// Goes back to a snapshot.
    ///
    /// # Errors
    /// [`Error::Control`] where there is none of that name.
    pub async fn restore(&self, name: &SandboxName) -> Result<SandboxState, Error> {
        let name = name.clone();
        self.change(move |service, sandbox| async move {
            service.restore_snapshot(&sandbox, name.as_str()).await
        })
        .await
    }

    /// Removes a snapshot.
    ///
    /// # Errors
    /// [`Error::Control`] where there is none of that name.
    pub async fn remove_snapshot(&self, name: &SandboxName) -> Result<(), Error> {
        let name = name.clone();
        self.change(move |service, sandbox| async move {
            service.remove_snapshot(&sandbox, name.as_str()).await
        })
        .await
    }

    /// Forgets records, stored keys, calls and faults.
    ///
    /// # Errors
    /// [`Error::Control`] where the sandbox was dropped, or the database fails.
    pub async fn reset(&self) -> Result<SandboxState, Error> {
        self.change(|service, sandbox| async move { service.reset_sandbox(&sandbox).await })
            .await
    }

    /// All that it holds, to be kept as a file, and imported here or elsewhere.
    ///
    /// # Errors
    /// [`Error::Control`] where the sandbox was dropped, or the database fails.
    pub async fn export(&self) -> Result<Document, Error> {
        Ok(self.service.document_of(&self.sandbox).await?)
    }

    /// Drops it and all that is in it; what waits in it waits no longer.
    ///
    /// # Errors
    /// [`Error::Control`] for the default sandbox, and for one that was dropped already.
    pub async fn remove(self) -> Result<(), Error> {
        self.change(|service, sandbox| async move { service.drop_sandbox(&sandbox).await })
            .await
    }

    /// Does something to its end, even where nobody waits for that any more.
    async fn change<T, F>(&self, work: impl FnOnce(Service, Arc<Sandbox>) -> F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: Future<Output = Result<T, Problem>> + Send + 'static,
    {
        let Self { service, sandbox } = self.clone();
        let done = tokio::spawn(work(service, sandbox)).await;
        let done = done.map_err(|error| Error::Control {
            why: format!("it was not finished: {error}"),
        })?;
        Ok(done?)
    }
}
