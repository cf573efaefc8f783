//! Everything that can go wrong for a viewer, in the viewer's words.

use expressplay::ErrorCode;
use serde::{Deserialize, Serialize};

use crate::{
    account::Fault,
    i18n::{Locale, td_string},
};

/// Why something that a viewer asked for did not happen.
///
/// Each says what happened and why ([`Problem::what`]) and what to do next ([`Problem::next`]).
/// None carries a secret: a `Problem` may be shown on any page and written to any log, where it is
/// English.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(tag = "problem", rename_all = "kebab-case")]
#[error("{}", self.what(Locale::en))]
pub enum Problem {
    /// Nobody is signed in, or the session has ended.
    SignedOut,
    /// Email and password do not belong together.
    WrongPassword,
    /// Too many wrong passwords for this account: wait.
    TooManyAttempts,
    /// Too many accounts were asked for: wait.
    TooManySignUps,
    /// A demo viewer's password stays as it is.
    DemoViewer,
    /// Fields of a form have to be typed again; each says why beside itself.
    Unfit {
        /// What is wrong with them.
        faults: Vec<Fault>,
    },
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
    /// A rental plays where it was rented, and nowhere else.
    RentalStays,
    /// The title is bought for that device already.
    HadThere,
    /// The purchase was moved a short while ago: wait.
    MovedLately,
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
    /// Too much of this is under way: wait.
    Busy,
    /// The fault is ours; the log has the details.
    Internal,
}

impl From<Fault> for Problem {
    fn from(fault: Fault) -> Self {
        Self::unfit([fault])
    }
}

impl Problem {
    /// Fields that have to be typed again.
    pub fn unfit(faults: impl IntoIterator<Item = Fault>) -> Self {
        Self::Unfit {
            faults: faults.into_iter().collect(),
        }
    }

    /// What is wrong with a form's fields, if that is the problem.
    #[must_use]
    pub fn faults(&self) -> &[Fault] {
        match self {
            Self::Unfit { faults } => faults,
            _ => &[],
        }
    }

    /// The problem of a name, as it goes over the wire; none for one that says more than its name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Some(match name {
            "signed-out" => Self::SignedOut,
            "wrong-password" => Self::WrongPassword,
            "too-many-attempts" => Self::TooManyAttempts,
            "too-many-sign-ups" => Self::TooManySignUps,
            "demo-viewer" => Self::DemoViewer,
            "no-such-title" => Self::NoSuchTitle,
            "no-such-order" => Self::NoSuchOrder,
            "no-such-device" => Self::NoSuchDevice,
            "not-registered" => Self::NotRegistered,
            "record-late" => Self::RecordLate,
            "two-devices" => Self::TwoDevices,
            "card-invalid" => Self::CardInvalid,
            "card-declined" => Self::CardDeclined,
            "not-bought" => Self::NotBought,
            "rental-not-started" => Self::RentalNotStarted,
            "rental-over" => Self::RentalOver,
            "rental-stays" => Self::RentalStays,
            "had-there" => Self::HadThere,
            "moved-lately" => Self::MovedLately,
            "express-play-down" => Self::ExpressPlayDown,
            "unreachable" => Self::Unreachable,
            "busy" => Self::Busy,
            "internal" => Self::Internal,
            _ => return None,
        })
    }

    /// What happened, and why, in a sentence or two.
    #[must_use]
    pub fn what(&self, locale: Locale) -> String {
        let what = match self {
            Self::ExpressPlayRefused { code } => {
                return match self.service_words() {
                    Some(words) => td_string!(locale, problem.expressplay_refused, code, words),
                    None => td_string!(locale, problem.expressplay_refused_unknown, code),
                };
            }
            Self::BadInput { field } => {
                let field = in_words(locale, field);
                return td_string!(locale, problem.bad_input, field);
            }
            Self::SignedOut => td_string!(locale, problem.signed_out),
            Self::WrongPassword => td_string!(locale, problem.wrong_password),
            Self::TooManyAttempts => td_string!(locale, problem.too_many_attempts),
            Self::TooManySignUps => td_string!(locale, problem.too_many_sign_ups),
            Self::DemoViewer => td_string!(locale, problem.demo_viewer),
            Self::Unfit { .. } => td_string!(locale, problem.unfit),
            Self::NoSuchTitle => td_string!(locale, problem.no_such_title),
            Self::NoSuchOrder => td_string!(locale, problem.no_such_order),
            Self::NoSuchDevice => td_string!(locale, problem.no_such_device),
            Self::NotRegistered => td_string!(locale, problem.not_registered),
            Self::RecordLate => td_string!(locale, problem.record_late),
            Self::TwoDevices => td_string!(locale, problem.two_devices),
            Self::CardInvalid => td_string!(locale, problem.card_invalid),
            Self::CardDeclined => td_string!(locale, problem.card_declined),
            Self::NotBought => td_string!(locale, problem.not_bought),
            Self::RentalNotStarted => td_string!(locale, problem.rental_not_started),
            Self::RentalOver => td_string!(locale, problem.rental_over),
            Self::RentalStays => td_string!(locale, problem.rental_stays),
            Self::HadThere => td_string!(locale, problem.had_there),
            Self::MovedLately => td_string!(locale, problem.moved_lately),
            Self::ExpressPlayDown => td_string!(locale, problem.expressplay_down),
            Self::Unreachable => td_string!(locale, problem.unreachable),
            Self::Busy => td_string!(locale, problem.busy),
            Self::Internal => td_string!(locale, problem.internal),
        };
        what.to_owned()
    }

    /// What to do next, in a short sentence.
    #[must_use]
    pub fn next(&self, locale: Locale) -> &'static str {
        match self {
            Self::SignedOut => td_string!(locale, problem.signed_out_next),
            Self::WrongPassword => td_string!(locale, problem.wrong_password_next),
            Self::TooManyAttempts | Self::TooManySignUps => {
                td_string!(locale, problem.too_many_attempts_next)
            }
            Self::DemoViewer => td_string!(locale, problem.demo_viewer_next),
            Self::Unfit { .. } => td_string!(locale, problem.unfit_next),
            Self::NoSuchTitle => td_string!(locale, problem.no_such_title_next),
            Self::NoSuchOrder => td_string!(locale, problem.no_such_order_next),
            Self::NoSuchDevice | Self::NotRegistered => {
                td_string!(locale, problem.not_registered_next)
            }
            Self::RecordLate => td_string!(locale, problem.record_late_next),
            Self::TwoDevices => td_string!(locale, problem.two_devices_next),
            Self::CardInvalid => td_string!(locale, problem.card_invalid_next),
            Self::CardDeclined => td_string!(locale, problem.card_declined_next),
            Self::NotBought => td_string!(locale, problem.not_bought_next),
            Self::RentalNotStarted | Self::RentalOver => {
                td_string!(locale, problem.rental_over_next)
            }
            Self::RentalStays => td_string!(locale, problem.rental_stays_next),
            Self::HadThere => td_string!(locale, problem.had_there_next),
            Self::MovedLately => td_string!(locale, problem.moved_lately_next),
            Self::ExpressPlayDown => td_string!(locale, problem.expressplay_down_next),
            Self::ExpressPlayRefused { .. } => td_string!(locale, problem.expressplay_refused_next),
            Self::Unreachable => td_string!(locale, problem.unreachable_next),
            Self::BadInput { .. } => td_string!(locale, problem.bad_input_next),
            Self::Busy => td_string!(locale, problem.busy_next),
            Self::Internal => td_string!(locale, problem.internal_next),
        }
    }

    /// What ExpressPlay says to its code: in English, whatever the viewer reads.
    #[must_use]
    pub fn service_words(&self) -> Option<&'static str> {
        match self {
            Self::ExpressPlayRefused { code } => ErrorCode::from_number(*code).map(ErrorCode::text),
            _ => None,
        }
    }
}

/// A field's name as the pages have it; as it is where no page has it.
fn in_words(locale: Locale, field: &str) -> String {
    let words = match field {
        field::EMAIL => td_string!(locale, field.email),
        field::ORDER_KEY => td_string!(locale, field.order_key),
        field::DEVICE => td_string!(locale, field.device),
        field::REQUEST => td_string!(locale, field.request),
        other => other,
    };
    words.to_owned()
}

/// What [`Problem::BadInput`] calls the parts of a form.
pub mod field {
    /// The email of the sign-in form.
    pub const EMAIL: &str = "email";
    /// The idempotency key of the order form.
    pub const ORDER_KEY: &str = "order key";
    /// The device of the order form.
    pub const DEVICE: &str = "device";
    /// The request as a whole.
    pub const REQUEST: &str = "request";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressplays_own_words_stay_as_they_are() {
        let refused = Problem::ExpressPlayRefused { code: -4001 };
        let words = refused.service_words().unwrap();
        assert_eq!(words, ErrorCode::DeviceNotAuthenticated.text());
        for locale in [Locale::en, Locale::sv] {
            let what = refused.what(locale);
            assert!(what.contains(words) && what.contains("-4001"), "{what}");
        }
    }

    /// The plain problem that comes after one; the first after none. A new one does not compile
    /// without a place here.
    fn after(problem: Option<&Problem>) -> Option<Problem> {
        use Problem as P;
        Some(match problem {
            None => P::SignedOut,
            Some(P::SignedOut) => P::WrongPassword,
            Some(P::WrongPassword) => P::TooManyAttempts,
            Some(P::TooManyAttempts) => P::TooManySignUps,
            Some(P::TooManySignUps) => P::DemoViewer,
            Some(P::DemoViewer) => P::NoSuchTitle,
            Some(P::NoSuchTitle) => P::NoSuchOrder,
            Some(P::NoSuchOrder) => P::NoSuchDevice,
            Some(P::NoSuchDevice) => P::NotRegistered,
            Some(P::NotRegistered) => P::RecordLate,
            Some(P::RecordLate) => P::TwoDevices,
            Some(P::TwoDevices) => P::CardInvalid,
            Some(P::CardInvalid) => P::CardDeclined,
            Some(P::CardDeclined) => P::NotBought,
            Some(P::NotBought) => P::RentalNotStarted,
            Some(P::RentalNotStarted) => P::RentalOver,
            Some(P::RentalOver) => P::RentalStays,
            Some(P::RentalStays) => P::HadThere,
            Some(P::HadThere) => P::MovedLately,
            Some(P::MovedLately) => P::ExpressPlayDown,
            Some(P::ExpressPlayDown) => P::Unreachable,
            Some(P::Unreachable) => P::Busy,
            Some(P::Busy) => P::Internal,
            Some(
                P::Internal | P::Unfit { .. } | P::ExpressPlayRefused { .. } | P::BadInput { .. },
            ) => return None,
        })
    }

    #[test]
    fn a_plain_problem_is_read_by_the_name_that_it_is_written_with() {
        let mut problem = after(None);
        while let Some(plain) = problem {
            let wire = serde_json::to_value(&plain).unwrap();
            assert_eq!(wire.as_object().unwrap().len(), 1, "{plain:?}");
            let name = wire["problem"].as_str().unwrap();
            assert_eq!(Problem::named(name).as_ref(), Some(&plain), "{name}");
            problem = after(Some(&plain));
        }
        assert_eq!(Problem::named("bad-input"), None);
    }

    #[test]
    fn a_code_that_nobody_knows_is_told_without_words() {
        let refused = Problem::ExpressPlayRefused { code: -1 };
        assert_eq!(refused.what(Locale::en), "ExpressPlay refused with -1.");
        assert_eq!(refused.what(Locale::sv), "ExpressPlay nekade med -1.");
    }

    #[test]
    fn a_field_is_named_as_the_page_names_it() {
        let bad = Problem::BadInput {
            field: field::EMAIL.to_owned(),
        };
        assert_eq!(bad.what(Locale::en), "The value of “Email” is not usable.");
        assert_eq!(
            bad.what(Locale::sv),
            "Värdet i ”E-post” går inte att använda."
        );
    }
}
