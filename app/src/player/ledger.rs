//! What the shop is told of the licence requests of one playback. They go past it, to ExpressPlay.

use std::{cell::RefCell, rc::Rc};

use expressplay::{
    ChallengeClaims, DeviceId,
    trace_context::{SpanId, TraceId, TraceParent},
};
use wasm_bindgen::JsValue;

use super::{browser::now, error::LicenseAnswer};
use crate::{
    cdm::{CdmError, random},
    shop::report_license,
    workflow::{LicenseReport, report::ChallengeReport},
};

/// The licence requests that are under way, the oldest first.
#[derive(Clone)]
pub(super) struct Ledger {
    /// None where the token came without a trace: then nobody is told.
    trace: Option<TraceId>,
    under_way: Rc<RefCell<Vec<UnderWay>>>,
}

struct UnderWay {
    span: SpanId,
    asked_at: f64,
    challenge: Option<ChallengeReport>,
}

impl Ledger {
    pub(super) fn new(trace: Option<TraceId>) -> Self {
        Self {
            trace,
            under_way: Rc::default(),
        }
    }

    /// A request goes out, with what the device signed where it is ours. Gives the `traceparent`
    /// that it goes with.
    pub(super) fn asks(
        &self,
        signed: Option<(DeviceId, &ChallengeClaims)>,
    ) -> Result<Option<TraceParent>, CdmError> {
        let Some(trace) = self.trace else {
            return Ok(None);
        };
        let span = SpanId::from_random(random()?);
        self.under_way.borrow_mut().push(UnderWay {
            span,
            asked_at: now(),
            challenge: signed.map(|(device_id, claims)| ChallengeReport {
                device_id,
                kids: claims.request.kids.clone(),
                iat: claims.iat,
                jti: claims.jti.clone(),
            }),
        });
        Ok(Some(TraceParent { trace, span }))
    }

    /// A licence came.
    pub(super) async fn granted(&self) {
        self.tell(LicenseAnswer {
            status: Some(200),
            code: None,
            senseless: false,
        })
        .await;
    }

    /// The player failed; maybe for want of a licence.
    pub(super) async fn failed(&self, error: &JsValue) {
        if let Some(answer) = LicenseAnswer::read(error) {
            self.tell(answer).await;
        }
    }

    async fn tell(&self, answer: LicenseAnswer) {
        let LicenseAnswer {
            status,
            code,
            senseless,
        } = answer;
        let first = {
            let mut under_way = self.under_way.borrow_mut();
            (!under_way.is_empty()).then(|| under_way.remove(0))
        };
        let (Some(asked), Some(trace)) = (first, self.trace) else {
            return;
        };
        let report = LicenseReport {
            trace,
            span: asked.span,
            millis: (now() - asked.asked_at).max(0.0) as u32,
            challenge: asked.challenge,
            plain: None,
            token: None,
            senseless,
            status,
            code,
        };
        // The film does not wait for a view of it.
        let _ = report_license(&report).await;
    }
}
