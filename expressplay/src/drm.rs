//! The DRMs, and their places on ExpressPlay's hosts (API section 1).

use std::fmt;

use serde::{Deserialize, Serialize};

/// A DRM that ExpressPlay makes tokens and licences for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Drm {
    /// Google Widevine, `wv`.
    Widevine,
    /// Microsoft PlayReady, `pr`.
    PlayReady,
    /// Apple FairPlay Streaming, `fp`.
    FairPlay,
}

impl Drm {
    /// Every DRM.
    pub const ALL: [Self; 3] = [Self::Widevine, Self::PlayReady, Self::FairPlay];

    /// The short name in hosts and paths: `wv`, `pr`, `fp`.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Widevine => "wv",
            Self::PlayReady => "pr",
            Self::FairPlay => "fp",
        }
    }

    /// The first label of the host that makes tokens, such as `wv-gen`.
    #[must_use]
    pub const fn token_host(self) -> &'static str {
        match self {
            Self::Widevine => "wv-gen",
            Self::PlayReady => "pr-gen",
            Self::FairPlay => "fp-gen",
        }
    }

    /// The path of token generation, such as `/hms/wv/token`.
    #[must_use]
    pub const fn token_path(self) -> &'static str {
        match self {
            Self::Widevine => "/hms/wv/token",
            Self::PlayReady => "/hms/pr/token",
            Self::FairPlay => "/hms/fp/token",
        }
    }

    /// The path of licence redemption, such as `/hms/wv/rights/`.
    #[must_use]
    pub const fn license_path(self) -> &'static str {
        match self {
            Self::Widevine => "/hms/wv/rights/",
            Self::PlayReady => "/playready/RightsManager.asmx",
            Self::FairPlay => "/hms/fp/rights/",
        }
    }
}

impl fmt::Display for Drm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}
