//! What the browser says of a licence request. It goes from the device to ExpressPlay, past the
//! shop, which has nobody else to ask.

use expressplay::{
    DeviceId,
    challenge::KidBytes,
    trace_context::{SpanId, TraceId},
};
use serde::{Deserialize, Serialize};

/// A licence request and its answer, as the device saw them. It is shown to its own viewer, and
/// nothing else follows from it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LicenseReport {
    /// The trace that came with the token.
    pub trace: TraceId,
    /// The request's own number.
    pub span: SpanId,
    /// How long the answer took, in milliseconds.
    pub millis: u32,
    /// What the device signed; none where the browser's own CDM did.
    pub challenge: Option<ChallengeReport>,
    /// The answer's HTTP status; none where there was no answer.
    pub status: Option<u16>,
    /// ExpressPlay's code, where it refused.
    pub code: Option<i32>,
}

/// What a device signed for a licence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChallengeReport {
    /// The device.
    pub device_id: DeviceId,
    /// The key ids that it asked for.
    pub kids: Vec<KidBytes>,
    /// When it signed, in seconds since 1970.
    pub iat: i64,
    /// The value that it used once.
    pub jti: String,
}
