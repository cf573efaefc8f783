//! What browsers ask of the shop.

use std::time::Instant;

use app::workflow::{Act, Field, Outcome};
use http::Method;
use jiff::Timestamp;
use simulator::Clock;

use super::{
    Episode,
    store::{Closing, NewMessage},
    witness::micros,
};
use crate::error::Error;

/// When something was asked, before it is known whether it belongs to a workflow.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Arrival {
    at: Timestamp,
    started: Instant,
}

impl Arrival {
    pub(super) fn now(clock: &Clock) -> Self {
        Self {
            at: clock.real(),
            started: clock.monotonic(),
        }
    }
}

/// What was asked.
#[derive(Debug)]
pub(crate) struct Asked {
    pub(crate) act: Act,
    /// The path that was called.
    pub(crate) path: &'static str,
    pub(crate) fields: Vec<Field>,
    /// What is noted beside it.
    pub(crate) noted: Vec<Field>,
}

impl Episode {
    /// Keeps what a browser asks, does it, and keeps what the browser is answered.
    pub(crate) async fn hear<T>(
        &self,
        arrival: Arrival,
        asked: Asked,
        work: impl Future<Output = Result<T, Error>>,
        answer: impl FnOnce(&T) -> Vec<Field>,
    ) -> Result<T, Error> {
        let Asked {
            act,
            path,
            fields,
            noted,
        } = asked;
        let parent = self.next_parent();
        let message = NewMessage {
            parent,
            act,
            at: arrival.at,
            method: Method::POST.as_str(),
            url: path,
            asked: &fields,
            noted: &noted,
        };
        self.keep(&message).await;
        let done = work.await;
        let (outcome, answered) = match &done {
            Ok(done) => (Outcome::Granted, answer(done)),
            Err(error) => (
                Outcome::Declined {
                    problem: error.as_problem(),
                },
                vec![],
            ),
        };
        let closing = Closing {
            micros: micros(arrival.started.elapsed()),
            outcome: &outcome,
            answered: &answered,
        };
        self.close(parent, &closing).await;
        done
    }
}
