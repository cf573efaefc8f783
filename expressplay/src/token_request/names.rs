//! The names of parameters, for those who want to tell a caller of a name that nobody reads.

use super::{Form, keys};
use crate::Drm;

const COMMON: &[&str] = &[
    "customerAuthenticator",
    "errorFormat",
    "expirationTime",
    "cookie",
    "deviceId",
    "deviceid",
    "useHttps",
    "generalFlags",
    "kid",
    "contentKey",
    "kek",
    "ek",
];
const WIDEVINE: &[&str] = &[
    "contentId",
    "securityLevel",
    "hdcpOutputControl",
    "trackType",
    "licenseDuration",
    "playbackDuration",
    "wvExtension",
];
const PLAYREADY: &[&str] = &[
    "rightsType",
    "rental.periodEndTime",
    "rental.playDuration",
    "analogVideoOPL",
    "compressedDigitalAudioOPL",
    "compressedDigitalVideoOPL",
    "uncompressedDigitalAudioOPL",
    "uncompressedDigitalVideoOPL",
    "unknownOutputBehavior",
    "outputControlFlags",
    "extensionType",
    "extensionPayload",
    "minCertSecurityLevel",
    "algId",
];
const FAIRPLAY: &[&str] = &["iv", "rentalDuration", "fpExtension"];

/// Every parameter of a DRM's token requests (API section 2), without an index.
pub fn parameters(drm: Drm) -> impl Iterator<Item = &'static str> + Clone {
    let own = match drm {
        Drm::Widevine => WIDEVINE,
        Drm::PlayReady => PLAYREADY,
        Drm::FairPlay => FAIRPLAY,
    };
    COMMON.iter().chain(own).copied()
}

/// The names in a form that a token request of this DRM does not read. They are no error: unknown
/// parameters are ignored.
pub fn unknown(drm: Drm, form: &Form) -> impl Iterator<Item = &str> {
    form.names()
        .filter(move |name| !parameters(drm).any(|known| known == keys::base_of(name)))
}
