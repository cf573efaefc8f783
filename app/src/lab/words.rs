//! The attempts in the viewer's words.

use super::Attempt;
use crate::i18n::{Locale, td_string};

/// What is said of an attempt.
pub(crate) struct Words {
    /// Its name.
    pub(crate) name: &'static str,
    /// What is done.
    pub(crate) does: &'static str,
    /// Which check catches it.
    pub(crate) check: &'static str,
    /// What would happen without that.
    pub(crate) without: &'static str,
}

/// An attempt's words.
pub(crate) fn of(locale: Locale, attempt: Attempt) -> Words {
    macro_rules! of {
        ($name:ident) => {
            Words {
                name: td_string!(locale, lab.$name.name),
                does: td_string!(locale, lab.$name.does),
                check: td_string!(locale, lab.$name.check),
                without: td_string!(locale, lab.$name.without),
            }
        };
    }
    match attempt {
        Attempt::Rightful => of!(rightful),
        Attempt::OtherDevice => of!(other_device),
        Attempt::ChangedToken => of!(changed_token),
        Attempt::ExpiredToken => of!(expired_token),
        Attempt::WrongKey => of!(wrong_key),
        Attempt::Replay => of!(replay),
        Attempt::BorrowedId => of!(borrowed_id),
        Attempt::OtherKid => of!(other_kid),
        Attempt::OthersOrder => of!(others_order),
    }
}
