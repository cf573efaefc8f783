//! Licence requests, as browsers or the simulator's journal tell of them: they go from the device to
//! ExpressPlay, past the shop.

use std::time::Duration;

use app::workflow::{Act, Field, LicenseReport, Occasion, Outcome, Value, report::ChallengeReport};
use expressplay::{
    DeviceId,
    challenge::{KidBytes, PLAIN_TYPE, PlainChallenge, SIGNED_TYPE},
    trace_context::TraceParent,
};
use http::Method;
use jiff::Timestamp;

use super::{
    Episode, store,
    store::{Closing, Handed, MESSAGES, NewMessage},
    witness::micros,
};
use crate::error::Error;

/// No request for a licence takes longer, whatever a browser says.
const LONGEST: Duration = Duration::from_secs(10 * 60);
/// So many kids and characters of a report are kept.
const KIDS: usize = 64;
const CHARACTERS: usize = expressplay::challenge::MAX_JTI_CHARS;

/// When a licence request was made, what is noted beside it, and how many messages its episode may
/// have.
pub(super) struct Told<'a> {
    pub(super) at: Timestamp,
    pub(super) noted: &'a [Field],
    pub(super) most: u32,
}

impl Episode {
    /// Keeps a licence request and its answer, as a browser tells of them.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub(crate) async fn report(&self, report: &LicenseReport) -> Result<(), Error> {
        let took = took(report);
        let now = self.workflow.clock.real();
        let by_browser = Told {
            at: now.checked_sub(took).unwrap_or(now),
            noted: &[],
            most: MESSAGES,
        };
        self.keep_license(report, by_browser).await
    }

    /// Keeps what somebody tells of a licence request.
    pub(super) async fn keep_license(
        &self,
        report: &LicenseReport,
        Told { at, noted, most }: Told<'_>,
    ) -> Result<(), Error> {
        let db = &self.workflow.db;
        let Some(handed) = store::token_of(db, self.trace).await? else {
            return Ok(());
        };
        let Handed {
            endpoint,
            token,
            since,
        } = handed;
        let token = report.token.map_or(token, |hash| Value::token(&hash.0));
        let asked: Vec<_> = [Field::new("ExpressPlayToken", token)]
            .into_iter()
            .chain(report.challenge.iter().flat_map(of_challenge))
            .chain(report.plain.iter().flat_map(of_plain))
            .collect();
        let message = NewMessage {
            parent: TraceParent {
                trace: self.trace,
                span: report.span,
            },
            act: match store::occasion(db, self.viewer, self.trace).await? {
                Some(Occasion::Registration) => Act::DummyLicense,
                _ => Act::License,
            },
            at: at.max(since),
            method: Method::POST.as_str(),
            url: &endpoint,
            asked: &asked,
            noted,
        };
        let (outcome, answered) = outcome(report);
        let closing = Closing {
            micros: micros(took(report)),
            outcome: &outcome,
            answered: &answered,
        };
        self.keep_of(&message, most).await;
        self.close(message.parent, &closing).await;
        Ok(())
    }
}

fn took(report: &LicenseReport) -> Duration {
    Duration::from_millis(report.millis.into()).min(LONGEST)
}

fn of_challenge(challenge: &ChallengeReport) -> Vec<Field> {
    let ChallengeReport {
        device_id,
        kids,
        iat,
        jti,
    } = challenge;
    let kids = of_kids(kids);
    let jti: String = jti.chars().take(CHARACTERS).collect();
    [Field::text("Content-Type", SIGNED_TYPE), device(*device_id)]
        .into_iter()
        .chain(kids)
        .chain([Field::text("iat", iat.to_string()), Field::text("jti", jti)])
        .collect()
}

fn of_plain(plain: &PlainChallenge) -> Vec<Field> {
    let claimed = |id| Field::new("deviceId (claimed)", Value::Device(id));
    [Field::text("Content-Type", PLAIN_TYPE)]
        .into_iter()
        .chain(plain.device_id.map(claimed))
        .chain(of_kids(&plain.request.kids))
        .collect()
}

fn of_kids(kids: &[KidBytes]) -> impl Iterator<Item = Field> {
    kids.iter()
        .take(KIDS)
        .map(|kid| Field::new("kids", Value::Kid(hex::encode(kid.0))))
}

fn device(id: DeviceId) -> Field {
    Field::new("jwk (device_id)", Value::Device(id))
}

fn outcome(report: &LicenseReport) -> (Outcome, Vec<Field>) {
    match (report.status, report.code) {
        (Some(status), Some(code)) => (Outcome::Refused { status, code }, vec![]),
        (Some(200..300), None) if !report.senseless => {
            let keys = Field::new("keys", Value::Secret);
            (Outcome::Granted, vec![keys])
        }
        (Some(status), None) => (Outcome::Senseless { status }, vec![]),
        (None, _) => {
            let why = "the device got no answer".to_owned();
            (Outcome::Lost { why }, vec![])
        }
    }
}
