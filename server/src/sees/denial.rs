//! Why the entitlement server says no: in its own numbers, with ExpressPlay's code where that is why.
//!
//! `docs/fidelity.md` has the numbers in a table, and a test compares the two.

use app::problem::Problem;
use expressplay::{ClientError, ErrorCode};
use http::StatusCode;

use crate::error::Error;

/// Why there is no token. Each says what happened and what to do next; none carries a secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Denial {
    /// The body is no message.
    #[error("The body is no message: {0}.")]
    NotAMessage(String),
    /// A member is missing that the request needs.
    #[error("{member} is missing{}. It takes {takes}.", but_there_is(.misspelt.as_deref()))]
    Missing {
        /// Which.
        member: &'static str,
        /// Another that may be meant for it.
        misspelt: Option<String>,
        /// What it takes.
        takes: &'static str,
    },
    /// A member holds what it does not take.
    #[error("{member} is {got}. It takes {takes}.")]
    Invalid {
        /// Which.
        member: &'static str,
        /// What it holds, or what that is like.
        got: String,
        /// What it takes.
        takes: &'static str,
    },
    /// A version that nobody speaks.
    #[error("version is {asked}, and the lowest that is spoken here is 1.")]
    Version {
        /// Which.
        asked: i64,
    },
    /// The catalogue has nothing of that id.
    #[error("contentID is of nothing in the catalogue. Send that of one of its titles.")]
    UnknownContent,
    /// No device got a licence under the cookie, or its record is late.
    #[error(
        "ExpressPlay has no record of a device under this customerCookie. Register the device \
         (requestType 2), have it redeem that token, then ask again."
    )]
    NoDevice,
    /// Two devices got one, or may have.
    #[error(
        "ExpressPlay saw two different devices under this customerCookie, or more licences than \
         could be told apart. Register the device again, under a new one."
    )]
    TwoDevices,
    /// ExpressPlay refused.
    #[error("ExpressPlay refused with {code}{}.", meaning(.code))]
    Refused {
        /// Its code.
        code: i32,
    },
    /// ExpressPlay does not answer.
    #[error("ExpressPlay does not answer. Ask again in a moment.")]
    Down,
    /// ExpressPlay's answer makes no sense.
    #[error("ExpressPlay answered what is not in its API. The server's log says more.")]
    Nonsense,
    /// The fault is this server's.
    #[error("Something went wrong in this server. Its log says more.")]
    Ours,
    /// There is nothing at that path.
    #[error("There is nothing here. Requests go to POST /entitlement.")]
    NoSuchPath,
    /// The path takes POST alone.
    #[error("This takes POST alone.")]
    WrongMethod,
    /// No message is that long.
    #[error("The body is too long: a message has {longest} bytes at most.")]
    TooLong {
        /// How long one may be.
        longest: usize,
    },
}

fn but_there_is(misspelt: Option<&str>) -> String {
    misspelt.map_or_else(String::new, |name| {
        format!("; there is {name}, and names are case-sensitive")
    })
}

fn meaning(code: &i32) -> String {
    let known = ErrorCode::from_number(*code);
    known.map_or_else(String::new, |code| format!(": {}", code.text()))
}

impl Denial {
    /// The number in the answer: above 0 our own, below it ExpressPlay's.
    pub(super) const fn number(&self) -> i32 {
        match self {
            Self::NotAMessage(_) => 1,
            Self::Missing { .. } => 2,
            Self::Invalid { .. } => 3,
            Self::Version { .. } => 4,
            Self::UnknownContent => 5,
            Self::NoDevice => 6,
            Self::TwoDevices => 7,
            Self::Refused { code } => *code,
            Self::Down => 8,
            Self::Nonsense => 9,
            Self::Ours => 10,
            Self::NoSuchPath => 11,
            Self::WrongMethod => 12,
            Self::TooLong { .. } => 13,
        }
    }

    /// The status of the answer.
    pub(super) const fn status(&self) -> StatusCode {
        match self {
            Self::NotAMessage(_)
            | Self::Missing { .. }
            | Self::Invalid { .. }
            | Self::Version { .. } => StatusCode::BAD_REQUEST,
            Self::UnknownContent | Self::NoSuchPath => StatusCode::NOT_FOUND,
            Self::NoDevice | Self::TwoDevices => StatusCode::CONFLICT,
            Self::Refused { .. } | Self::Nonsense => StatusCode::BAD_GATEWAY,
            Self::Down => StatusCode::SERVICE_UNAVAILABLE,
            Self::Ours => StatusCode::INTERNAL_SERVER_ERROR,
            Self::WrongMethod => StatusCode::METHOD_NOT_ALLOWED,
            Self::TooLong { .. } => StatusCode::PAYLOAD_TOO_LARGE,
        }
    }
}

impl From<Error> for Denial {
    /// The cause goes to the log, where the answer does not say it all.
    fn from(error: Error) -> Self {
        let denial = match &error {
            Error::Viewer(Problem::RecordLate) => return Self::NoDevice,
            Error::Viewer(Problem::TwoDevices) => return Self::TwoDevices,
            Error::ExpressPlay(ClientError::Refused { code, .. }) => Self::Refused { code: *code },
            Error::ExpressPlay(ClientError::Unreachable(_)) => Self::Down,
            Error::ExpressPlay(ClientError::Unexpected(_)) => Self::Nonsense,
            _ => {
                tracing::error!(cause = %error, "internal error");
                return Self::Ours;
            }
        };
        tracing::warn!(cause = %error, "ExpressPlay does not answer as asked");
        denial
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIDELITY: &str = include_str!("../../../docs/fidelity.md");

    #[test]
    fn the_fidelity_page_has_every_number_with_its_status() {
        let denials = [
            Denial::NotAMessage(String::new()),
            Denial::Missing {
                member: "",
                misspelt: None,
                takes: "",
            },
            Denial::Invalid {
                member: "",
                got: String::new(),
                takes: "",
            },
            Denial::Version { asked: 0 },
            Denial::UnknownContent,
            Denial::NoDevice,
            Denial::TwoDevices,
            Denial::Down,
            Denial::Nonsense,
            Denial::Ours,
            Denial::NoSuchPath,
            Denial::WrongMethod,
            Denial::TooLong { longest: 0 },
        ];
        let (_, section) = FIDELITY
            .split_once("\n## The entitlement server\n")
            .unwrap();
        let section = section.split_once("\n## ").map_or(section, |(own, _)| own);
        for (denial, number) in denials.iter().zip(1..) {
            assert_eq!(denial.number(), number, "{denial:?}");
            let row = format!("| `{number}` | {} |", denial.status().as_u16());
            assert!(section.contains(&row), "{row}");
        }
        let after = format!("| `{}` |", denials.len() + 1);
        assert!(!section.contains(&after), "a number that nothing has");
        let refused = Denial::Refused { code: -2019 };
        assert_eq!((refused.number(), refused.status().as_u16()), (-2019, 502));
        assert!(section.contains("| ExpressPlay's own, below 0 | 502 |"));
    }

    #[test]
    fn expressplays_code_is_carried_and_its_words_are_not() {
        let refused = |code| {
            let message = "a secret".to_owned();
            Denial::from(Error::from(ClientError::Refused { code, message })).to_string()
        };
        assert_eq!(
            refused(-2019),
            "ExpressPlay refused with -2019: the account has insufficient tokens."
        );
        assert_eq!(refused(-9), "ExpressPlay refused with -9.");
    }

    #[test]
    fn what_only_the_log_may_know_is_not_in_the_answer() {
        let broken = Error::from(sqlx::Error::PoolTimedOut);
        assert_eq!(Denial::from(broken), Denial::Ours);
        let down = Error::from(ClientError::Unreachable("10.0.0.7 refused".to_owned()));
        assert!(!Denial::from(down).to_string().contains("10.0.0.7"));
    }
}
