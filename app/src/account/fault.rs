//! What is wrong with one field of a form.

use serde::{Deserialize, Serialize};

use crate::{
    account::NewPassword,
    i18n::{Locale, td_string},
};

/// A field that has to be typed again, and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fault {
    /// No name.
    NoName,
    /// A name that no page can show.
    Name,
    /// Not an email address.
    Email,
    /// Another account has that email.
    EmailTaken,
    /// Not the password that the account has now.
    CurrentPassword,
    /// Too short a password.
    PasswordShort,
    /// Too long a one.
    PasswordLong,
    /// One that is guessed first.
    PasswordGuessable,
    /// The email once more.
    PasswordIsEmail,
}

impl Fault {
    /// The name of the field that it is about, in its form.
    #[must_use]
    pub const fn field(self) -> &'static str {
        match self {
            Self::NoName | Self::Name => "name",
            Self::Email | Self::EmailTaken => "email",
            Self::CurrentPassword => "current_password",
            Self::PasswordShort
            | Self::PasswordLong
            | Self::PasswordGuessable
            | Self::PasswordIsEmail => "new_password",
        }
    }

    /// What it is, and what to do.
    #[must_use]
    pub fn what(self, locale: Locale) -> String {
        let what = match self {
            Self::PasswordShort => {
                let least = NewPassword::LEAST_CHARACTERS;
                return td_string!(locale, fault.password_short, least);
            }
            Self::NoName => td_string!(locale, fault.no_name),
            Self::Name => td_string!(locale, fault.name),
            Self::Email => td_string!(locale, fault.email),
            Self::EmailTaken => td_string!(locale, fault.email_taken),
            Self::CurrentPassword => td_string!(locale, fault.current_password),
            Self::PasswordLong => td_string!(locale, fault.password_long),
            Self::PasswordGuessable => td_string!(locale, fault.password_guessable),
            Self::PasswordIsEmail => td_string!(locale, fault.password_is_email),
        };
        what.to_owned()
    }
}
