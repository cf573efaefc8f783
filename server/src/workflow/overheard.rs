//! Licence requests that no page of the shop made, with curl, say: the journal of the embedded
//! simulator tells of them, and its cookie of whose they are.

use app::workflow::{Field, LicenseReport, Value, report::ChallengeReport};
use expressplay::{
    ClearKeyRequest,
    challenge::{PlainChallenge, SessionType},
    trace_context::{SpanId, TraceParent},
};
use simulator::{
    SandboxHandle,
    fault::CallKind,
    journal::{Entry, JournalQuery, Outcome},
};

use super::{Workflow, report::Told, store};
use crate::error::Error;

/// So many messages an episode may have before what is overheard is left out: whoever has a token
/// can make many, and those of the viewer's own device shall have room.
const OVERHEARD: u32 = 100;
/// How long one wait in the journal is, in milliseconds. Then comes the next.
const WAIT: u64 = 10 * 60 * 1000;

impl Workflow {
    /// Listens to a simulator for as long as it runs.
    pub(crate) async fn overhear(self, simulator: SandboxHandle) {
        let mut query = JournalQuery {
            call: Some(CallKind::License),
            wait: WAIT,
            ..JournalQuery::default()
        };
        loop {
            let calls = tokio::select! {
                calls = simulator.journal(&query) => calls,
                () = simulator.closed() => return,
            };
            for call in calls {
                query.after = call.seq;
                self.kept(self.take(&call).await);
            }
        }
    }

    /// Keeps a call that is of some viewer's workflow, unless a page tells of it.
    async fn take(&self, call: &Entry) -> Result<(), Error> {
        let Some(cookie) = &call.cookie else {
            return Ok(());
        };
        let parent = call.traceparent.as_deref();
        let parent: Option<TraceParent> = parent.and_then(|text| text.parse().ok());
        if let Some(parent) = parent
            && store::is_under(&self.db, parent.trace, cookie).await?
        {
            return Ok(());
        }
        let token = call.token.map(|hash| Value::token(&hash.0));
        let found = store::handed_under(&self.db, cookie, token.as_ref()).await?;
        let Some((viewer, trace)) = found else {
            return Ok(());
        };
        let span = SpanId::from_random(self.entropy.bytes());
        let report = report(call, TraceParent { trace, span });
        let by_journal = Told {
            at: call.real_at,
            noted: &[Field::text("journal", call.seq.to_string())],
            most: OVERHEARD,
        };
        let episode = self.episode(viewer, trace);
        episode.keep_license(&report, by_journal).await
    }
}

/// What a page would have told of it.
fn report(call: &Entry, TraceParent { trace, span }: TraceParent) -> LicenseReport {
    let asked = call.challenge.as_ref();
    let signed = asked.zip(call.device).and_then(|(asked, device_id)| {
        Some(ChallengeReport {
            device_id,
            kids: asked.kids.clone(),
            iat: asked.iat?,
            jti: asked.jti.clone()?,
        })
    });
    let plain = asked
        .filter(|asked| !asked.signed)
        .map(|asked| PlainChallenge {
            request: ClearKeyRequest {
                kids: asked.kids.clone(),
                session: SessionType::Temporary,
            },
            device_id: call.device,
        });
    // Of an answer that a fault took, nothing came to whoever asked, whatever it was.
    let came = call.outcome != Outcome::Failed || call.status >= 500;
    LicenseReport {
        trace,
        span,
        millis: u32::try_from(call.micros / 1000).unwrap_or(u32::MAX),
        challenge: signed,
        plain,
        token: call.token,
        senseless: false,
        status: came.then_some(call.status),
        code: call.error_code.filter(|_| came),
    }
}
