//! Everything that can go wrong for a viewer, in the viewer's words.

use expressplay::ErrorCode;
use serde::{Deserialize, Serialize};

/// Why something that a viewer asked for did not happen.
///
/// Each says what happened and why ([`Problem::what`]) and what to do next ([`Problem::next`]).
/// None carries a secret: a `Problem` may be shown on any page and written to any log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(tag = "problem", rename_all = "kebab-case")]
#[error("{}", self.what())]
pub enum Problem {
    /// Nobody is signed in, or the session has ended.
    SignedOut,
    /// Email and password do not belong together.
    WrongPassword,
    /// Too many wrong passwords for this account: wait.
    TooManyAttempts,
    /// The catalogue has no such title.
    NoSuchTitle,
    /// No such order, or it is another viewer's.
    NoSuchOrder,
    /// No such registration, or it is another viewer's.
    NoSuchDevice,
    /// This browser is not registered as a device of the viewer.
    NotRegistered,
    /// ExpressPlay's record for the device has not appeared yet.
    RecordLate,
    /// ExpressPlay saw two different devices under one cookie: register again.
    TwoDevices,
    /// The card number is not one that a card could have.
    CardInvalid,
    /// The bank says no.
    CardDeclined,
    /// The viewer has neither bought nor rented the title.
    NotBought,
    /// The rental was not started within its period.
    RentalNotStarted,
    /// The rental's time is up.
    RentalOver,
    /// ExpressPlay did not answer, or not in time.
    ExpressPlayDown,
    /// ExpressPlay answered with a refusal.
    ExpressPlayRefused {
        /// ExpressPlay's code, such as -4001; [`ErrorCode`] has its meaning.
        code: i32,
    },
    /// The shop itself could not be reached: the browser's own finding, never the server's.
    Unreachable,
    /// What the browser sent makes no sense; `field` says which part.
    BadInput {
        /// The form field or parameter at fault.
        field: String,
    },
    /// The fault is ours; the log has the details.
    Internal,
}

impl Problem {
    /// What happened, and why, in a sentence or two.
    #[must_use]
    pub fn what(&self) -> String {
        match self {
            Self::SignedOut => "You are not signed in.".to_owned(),
            Self::WrongPassword => "That email and password do not belong together.".to_owned(),
            Self::TooManyAttempts => "Too many wrong passwords for this account.".to_owned(),
            Self::NoSuchTitle => "There is no such title in the catalogue.".to_owned(),
            Self::NoSuchOrder => "There is no such order.".to_owned(),
            Self::NoSuchDevice => "That device is not one of yours.".to_owned(),
            Self::NotRegistered => {
                "This browser is not registered as one of your devices.".to_owned()
            }
            Self::RecordLate => {
                "ExpressPlay has not yet recorded this device. Nothing was charged.".to_owned()
            }
            Self::TwoDevices => "ExpressPlay saw two different devices use this registration, \
                 so it cannot say which one is yours. Nothing was charged."
                .to_owned(),
            Self::CardInvalid => "That is not a card number. Nothing was charged.".to_owned(),
            Self::CardDeclined => "The card was declined. Nothing was charged.".to_owned(),
            Self::NotBought => "You have not bought or rented this title.".to_owned(),
            Self::RentalNotStarted => {
                "The time to start this rental has passed without it being played.".to_owned()
            }
            Self::RentalOver => "Your rental has ended.".to_owned(),
            Self::ExpressPlayDown => {
                "ExpressPlay, the licence service, is not answering. Nothing was charged or lost."
                    .to_owned()
            }
            Self::ExpressPlayRefused { code } => match ErrorCode::from_number(*code) {
                Some(known) => format!("ExpressPlay refused with {code}: {}.", known.text()),
                None => format!("ExpressPlay refused with {code}."),
            },
            Self::Unreachable => "The shop did not answer.".to_owned(),
            Self::BadInput { field } => format!("The value of “{field}” is not usable."),
            Self::Internal => "Something went wrong on our side. Nothing was charged.".to_owned(),
        }
    }

    /// What to do next, in a short sentence.
    #[must_use]
    pub fn next(&self) -> &'static str {
        match self {
            Self::SignedOut => "Sign in to go on.",
            Self::WrongPassword => "Check both and try again.",
            Self::TooManyAttempts => "Wait a minute, then try again.",
            Self::NoSuchTitle => "Choose one from the catalogue.",
            Self::NoSuchOrder => "Look at the titles you own.",
            Self::NoSuchDevice | Self::NotRegistered => "Register this device first.",
            Self::RecordLate => "Wait a moment and try again.",
            Self::TwoDevices => "Register this device again, then come back.",
            Self::CardInvalid => "Check the number and try again.",
            Self::CardDeclined => "Try another card.",
            Self::NotBought => "Buy or rent it first.",
            Self::RentalNotStarted | Self::RentalOver => "Rent it again to go on watching.",
            Self::ExpressPlayDown => "Try again in a moment.",
            Self::ExpressPlayRefused { .. } => "If it happens again, tell whoever runs this shop.",
            Self::Unreachable => "Check your connection and try again.",
            Self::BadInput { .. } => "Correct it and try again.",
            Self::Internal => "Try again; if it happens again, tell whoever runs this shop.",
        }
    }
}
