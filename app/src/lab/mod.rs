//! The lab: attempts to steal one's own film, and the one honest try that they are held against.
//!
//! | module | where it runs | what |
//! |---|---|---|
//! | here | both | the attempts, what each promises, and what the server prepares for one |
//! | [`outcome`] | both | what was sent and what came back, and whether that was the promise |
//! | [`token`] | both | a token with a changed byte |
//! | `words` | server | what each attempt does, which check catches it, and what would happen without |
//! | `thief` | browser | the attempts themselves |

use std::{fmt, str::FromStr};

use expressplay::{DeviceId, ErrorCode, challenge::KidBytes, trace_context::TraceId};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::model::Order;

pub mod outcome;
#[cfg(feature = "hydrate")]
pub(crate) mod thief;
pub mod token;
#[cfg(feature = "ssr")]
pub(crate) mod words;

/// The lab's page.
pub const PAGE: &str = "/lab";

/// A try to get a licence, or what else a viewer should not get.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Attempt {
    /// The device that the film was bought for asks as it should: what the others are held against.
    Rightful,
    /// Another device asks with the token.
    OtherDevice,
    /// A byte of the token is changed.
    ChangedToken,
    /// The token's time is up.
    ExpiredToken,
    /// The request shows the device's key and is signed by another.
    WrongKey,
    /// The device's own request, sent twice.
    Replay,
    /// An unsigned request that says whose it is.
    BorrowedId,
    /// The kid of another title, with this title's token.
    OtherKid,
    /// Another viewer's order, by its number.
    OthersOrder,
}

/// What an attempt must come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Promise {
    /// A licence.
    License,
    /// ExpressPlay refuses with this code.
    Refused(ErrorCode),
    /// The shop knows no such order.
    NoSuchOrder,
}

/// Where the code makes a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Check {
    /// The file, from the root of the repository.
    pub file: &'static str,
    /// The function in it.
    pub function: &'static str,
}

impl Attempt {
    /// All of them: the honest one first.
    pub const ALL: [Self; 9] = [
        Self::Rightful,
        Self::OtherDevice,
        Self::ChangedToken,
        Self::ExpiredToken,
        Self::WrongKey,
        Self::Replay,
        Self::BorrowedId,
        Self::OtherKid,
        Self::OthersOrder,
    ];

    /// Its name, on the wire as in addresses.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Rightful => "rightful",
            Self::OtherDevice => "other-device",
            Self::ChangedToken => "changed-token",
            Self::ExpiredToken => "expired-token",
            Self::WrongKey => "wrong-key",
            Self::Replay => "replay",
            Self::BorrowedId => "borrowed-id",
            Self::OtherKid => "other-kid",
            Self::OthersOrder => "others-order",
        }
    }

    /// What it must come to.
    #[must_use]
    pub const fn promise(self) -> Promise {
        match self {
            Self::Rightful => Promise::License,
            Self::ChangedToken | Self::ExpiredToken => Promise::Refused(ErrorCode::InvalidToken),
            Self::OtherDevice | Self::WrongKey | Self::Replay | Self::BorrowedId => {
                Promise::Refused(ErrorCode::DeviceNotAuthenticated)
            }
            Self::OtherKid => Promise::Refused(ErrorCode::KidInvalid),
            Self::OthersOrder => Promise::NoSuchOrder,
        }
    }

    /// The check that catches it; of the honest try, the one that all of them are in.
    #[must_use]
    pub const fn check(self) -> Check {
        let (file, function) = match self {
            Self::Rightful => ("simulator/src/license.rs", "judge"),
            Self::OtherDevice => ("simulator/src/device.rs", "cross_check"),
            Self::ChangedToken => ("simulator/src/seal.rs", "open"),
            Self::ExpiredToken => ("simulator/src/license.rs", "check_token"),
            Self::WrongKey => ("simulator/src/device.rs", "of_signed"),
            Self::Replay => ("simulator/src/log/marks.rs", "use_up"),
            Self::BorrowedId => ("simulator/src/device.rs", "check_allowed"),
            Self::OtherKid => ("simulator/src/license.rs", "grant"),
            Self::OthersOrder => ("server/src/orders/store.rs", "find"),
        };
        Check { file, function }
    }
}

impl FromStr for Attempt {
    type Err = NotAnAttempt;

    fn from_str(text: &str) -> Result<Self, NotAnAttempt> {
        let named = Self::ALL.into_iter().find(|attempt| attempt.name() == text);
        named.ok_or(NotAnAttempt)
    }
}

/// The text names no attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the lab has no such attempt")]
pub struct NotAnAttempt;

/// What the lab's page needs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lab {
    /// What is tried on.
    pub ground: Ground,
    /// Why no token can be let expire; none where one can.
    pub no_sandbox: Option<NoSandbox>,
}

/// What is tried on, or what is missing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "ground", rename_all = "kebab-case")]
pub enum Ground {
    /// A film that was bought for this browser's device.
    Ready {
        /// The purchase.
        order: Order,
    },
    /// Nobody is signed in.
    SignedOut,
    /// This browser is no device of the viewer's.
    NoDevice,
    /// No film was bought for it.
    NoPurchase,
    /// None was bought for it, but one for another device of the viewer's: this one.
    Elsewhere {
        /// The title's name.
        title: String,
    },
    /// The browser's own CDM signs its requests itself: none can be forged here.
    OtherCdm,
}

/// Why there is no ExpressPlay whose clock may be moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NoSandbox {
    /// It is the real service, which has no sandboxes.
    RealService,
    /// It is a simulator elsewhere, whose control plane is not for this shop.
    NoControl,
}

/// What the server prepares for an attempt.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "prepared", rename_all = "kebab-case")]
pub enum Prepared {
    /// A token of the purchase.
    Token {
        /// Where the licence request goes, token included.
        token_url: String,
        /// The kids to ask for.
        kids: Vec<KidBytes>,
        /// The device that the token is bound to.
        device_id: DeviceId,
        /// The trace that the request carries on.
        trace: TraceId,
    },
    /// The number of another viewer's order.
    Order {
        /// The number.
        number: Uuid,
        /// The trace that the question carries on.
        trace: TraceId,
    },
}

/// Without the token.
impl fmt::Debug for Prepared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Token { kids, trace, .. } => f
                .debug_struct("Token")
                .field("kids", kids)
                .field("trace", trace)
                .finish_non_exhaustive(),
            Self::Order { number, trace } => f
                .debug_struct("Order")
                .field("number", number)
                .field("trace", trace)
                .finish(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, path::Path};

    use super::*;

    #[test]
    fn an_attempt_is_named_as_it_stands_on_the_wire() {
        for attempt in Attempt::ALL {
            let wire = serde_json::to_value(attempt).unwrap();
            assert_eq!(wire, attempt.name());
        }
    }

    #[test]
    fn only_the_honest_try_is_promised_a_licence() {
        for attempt in Attempt::ALL {
            let licensed = attempt.promise() == Promise::License;
            assert_eq!(licensed, attempt == Attempt::Rightful, "{attempt:?}");
        }
    }

    #[test]
    fn each_check_is_where_the_page_says_and_is_broken_by_make_mutants() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        let config = fs::read_to_string(root.join(".cargo/mutants.toml")).unwrap();
        let lines = config.lines().filter(|line| !line.starts_with('#'));
        let (files, rest): (Vec<_>, Vec<_>) = lines.partition(|line| line.starts_with("  \""));
        // Nothing that the files have is left out, but the orders' queries that check nothing.
        let all = [
            "examine_globs = [",
            "]",
            r#"examine_re = ["^(expressplay|simulator)/", "/records\\.rs", "/orders/store\\.rs:.* replace find "]"#,
        ];
        assert_eq!(rest, all);
        for Check { file, function } in Attempt::ALL.map(Attempt::check) {
            let line = format!("  \"{file}\",");
            assert!(files.contains(&line.as_str()), "{file}");
            let code = fs::read_to_string(root.join(file)).unwrap();
            assert!(
                code.contains(&format!("fn {function}(")),
                "{file}: {function}"
            );
            assert!(!code.contains("mutants::skip"), "{file}");
        }
    }
}
