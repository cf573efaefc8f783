//! What the browser says of a licence request. It goes from the device to ExpressPlay, past the
//! shop.

use expressplay::{
    DeviceId,
    challenge::{KidBytes, PlainChallenge, TokenHash},
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
    /// What the device signed; none where the browser's own CDM did, or nobody.
    pub challenge: Option<ChallengeReport>,
    /// What was asked without a signature.
    #[serde(default)]
    pub plain: Option<PlainChallenge>,
    /// The token that went along, where it is another than the one that was handed over.
    #[serde(default)]
    pub token: Option<TokenHash>,
    /// Whether the answer was good by its status, and yet no licence.
    #[serde(default)]
    pub senseless: bool,
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
