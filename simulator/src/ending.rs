//! How a simulator ends: because it is told to, or because it cannot go on.

use tokio::sync::watch;

/// Why a simulator ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Reason {
    /// Whoever runs it says so, or has dropped it.
    Told,
    /// What it cannot do without fails it; this says what.
    Broken(String),
}

/// Whether a simulator ends. Clones share it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Ending(watch::Sender<Option<Reason>>);

impl Ending {
    /// Begins to end. The first reason counts.
    pub(crate) fn begin(&self, reason: Reason) {
        self.0.send_if_modified(|first| {
            if first.is_some() {
                return false;
            }
            if let Reason::Broken(why) = &reason {
                tracing::error!(why, "the simulator cannot go on");
            }
            *first = Some(reason);
            true
        });
    }

    /// Waits until it ends, and says why.
    pub(crate) async fn begun(&self) -> Reason {
        let mut watch = self.0.subscribe();
        // The sender is this value's own, so it is there.
        let reason = watch.wait_for(Option::is_some).await;
        let reason = reason.ok().and_then(|reason| reason.clone());
        reason.unwrap_or(Reason::Told)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_first_reason_counts_for_all_who_ask() {
        let ending = Ending::default();
        let broken = Reason::Broken("the disk is full".to_owned());
        ending.begin(broken.clone());
        ending.begin(Reason::Told);
        assert_eq!(ending.clone().begun().await, broken);
    }
}
