//! What the lab's attempts need that no viewer has: an ExpressPlay whose clock may be moved, and a
//! neighbour whose order may be asked for.
//!
//! | module | what |
//! |---|---|
//! | here | the sandbox in which a token expires |
//! | `control` | who makes and drops it |
//! | `neighbour` | a viewer with an order, who exists for the lab |

mod control;
pub(crate) mod neighbour;

use std::{sync::Arc, time::Duration};

use app::{lab::NoSandbox, problem::Problem};
use expressplay::{
    Client,
    client::{BaseUrl, Options},
};
use simulator::{Entropy, Simulator};
use tokio::sync::Semaphore;

use self::control::{Control, PREFIX, Sandbox};
use crate::error::Error;

/// So many sandboxes are there at once: whoever makes more waits until some are used.
const AT_ONCE: usize = 16;
/// So long a sandbox waits for its licence request. A browser sends it at once.
const UNUSED_FOR: Duration = Duration::from_secs(30);

/// Where the lab's tokens expire.
#[derive(Debug)]
pub struct Lab {
    control: Control,
    base: BaseUrl,
    options: Options,
    entropy: Entropy,
    room: Arc<Semaphore>,
}

/// An ExpressPlay of its own, for one token.
#[derive(Debug)]
pub(crate) struct Throwaway {
    sandbox: Sandbox,
    /// Speaks to it, as its only account.
    pub(crate) client: Client,
}

impl Lab {
    /// The lab of a shop. What an earlier one, which was killed, has left in the embedded simulator
    /// is dropped.
    ///
    /// # Errors
    /// [`Error::Simulator`].
    pub async fn open(
        simulator: Option<&Simulator>,
        base: BaseUrl,
        options: Options,
        entropy: Entropy,
    ) -> Result<Self, Error> {
        Ok(Self {
            control: Control::of(simulator, &base, &options).await?,
            base,
            options,
            entropy,
            room: Arc::new(Semaphore::new(AT_ONCE)),
        })
    }

    /// Why no token can be let expire here; none where one can.
    pub async fn no_sandbox(&self) -> Option<NoSandbox> {
        self.control.missing().await
    }

    /// Makes a sandbox, which knows the time and nothing else. It is dropped as soon as a licence
    /// was asked for in it, or where none is in time, whatever becomes of the caller.
    ///
    /// # Errors
    /// [`Problem::Busy`] where there are too many; [`Error::Sandbox`].
    pub(crate) async fn throwaway(&self) -> Result<Throwaway, Error> {
        let room = Arc::clone(&self.room).try_acquire_owned();
        let room = room.map_err(|_| Problem::Busy)?;
        let number = hex::encode(self.entropy.bytes::<8>());
        let name = format!("{PREFIX}{number}").parse();
        let name = name.map_err(|_| Error::Sandbox("its name is none".to_owned()))?;
        let (sandbox, authenticator) = self.control.make(name).await?;
        let used = sandbox.clone();
        tokio::spawn(async move {
            used.used(UNUSED_FOR).await;
            if let Err(cause) = used.remove().await {
                tracing::warn!(%cause, "a sandbox of the lab's is left");
            }
            drop(room);
        });
        let client = Client::with_options(self.base.clone(), authenticator, &self.options)?;
        Ok(Throwaway { sandbox, client })
    }
}

impl Throwaway {
    /// Puts its clock forward.
    ///
    /// # Errors
    /// [`Error::Sandbox`].
    pub(crate) async fn advance(&self, by: Duration) -> Result<(), Error> {
        self.sandbox.advance(by).await
    }
}
