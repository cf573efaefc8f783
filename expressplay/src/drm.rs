//! The DRMs, and their places on ExpressPlay's hosts (API section 1).

use std::fmt;

use serde::{Deserialize, Serialize};

/// A DRM that ExpressPlay makes tokens and licences for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Drm {
    /// Google Widevine, `wv`.
    Widevine,
    /// Microsoft PlayReady, `pr`.
    PlayReady,
    /// Apple FairPlay Streaming, `fp`.
    FairPlay,
    /// Marlin MS3, `ms3`: a licence is acquired while the content streams.
    Ms3,
    /// Marlin Broadband, `bb`: devices are registered to a user.
    Broadband,
}

impl Drm {
    /// Every DRM.
    pub const ALL: [Self; 5] = [
        Self::Widevine,
        Self::PlayReady,
        Self::FairPlay,
        Self::Ms3,
        Self::Broadband,
    ];

    /// The short name in hosts and paths: `wv`, `pr`, `fp`, `ms3`, `bb`.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Widevine => "wv",
            Self::PlayReady => "pr",
            Self::FairPlay => "fp",
            Self::Ms3 => "ms3",
            Self::Broadband => "bb",
        }
    }

    /// The name in JSON: `widevine`, `playready`, `fairplay`, `ms3`, `broadband`.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Widevine => "widevine",
            Self::PlayReady => "playready",
            Self::FairPlay => "fairplay",
            Self::Ms3 => "ms3",
            Self::Broadband => "broadband",
        }
    }

    /// The first label of the host that makes tokens, such as `wv-gen`.
    #[must_use]
    pub const fn token_host(self) -> &'static str {
        match self {
            Self::Widevine => "wv-gen",
            Self::PlayReady => "pr-gen",
            Self::FairPlay => "fp-gen",
            Self::Ms3 => "ms3-gen",
            Self::Broadband => "bb-gen",
        }
    }

    /// The path of token generation, such as `/hms/wv/token`.
    #[must_use]
    pub const fn token_path(self) -> &'static str {
        match self {
            Self::Widevine => "/hms/wv/token",
            Self::PlayReady => "/hms/pr/token",
            Self::FairPlay => "/hms/fp/token",
            Self::Ms3 => "/hms/ms3/token",
            Self::Broadband => "/hms/bb/token",
        }
    }

    /// The path of licence redemption, such as `/hms/wv/rights/`.
    #[must_use]
    pub const fn license_path(self) -> &'static str {
        match self {
            Self::Widevine => "/hms/wv/rights/",
            Self::PlayReady => "/playready/RightsManager.asmx",
            Self::FairPlay => "/hms/fp/rights/",
            Self::Ms3 => "/hms/ms3/rights/",
            Self::Broadband => "/hms/bb/rights/",
        }
    }
}

impl fmt::Display for Drm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}
