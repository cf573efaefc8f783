//! A viewer's account: what opens one, what its page shows, and what is said when it changed.

mod fault;
mod password;

use std::str::FromStr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use self::{fault::Fault, password::NewPassword};
use crate::model::Viewer;

/// What the sign-up form sends, as far as it can be told without asking who has an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignUpForm {
    /// What the shop is to call the viewer.
    pub name: Name,
    /// What the viewer is to sign in with …
    pub email: Email,
    /// … and this.
    pub password: NewPassword,
}

impl SignUpForm {
    /// Reads what was typed.
    ///
    /// # Errors
    /// All that is wrong with it, in the form's order.
    pub fn read(name: &str, email: &str, password: &str) -> Result<Self, Vec<Fault>> {
        let (name, address) = (name.parse(), email.parse());
        let password = NewPassword::read(password, email);
        match (name, address, password) {
            (Ok(name), Ok(email), Ok(password)) => Ok(Self {
                name,
                email,
                password,
            }),
            (name, email, password) => {
                let faults = [name.err(), email.err(), password.err()];
                Err(faults.into_iter().flatten().collect())
            }
        }
    }
}

/// What the shop calls a viewer: 1 to 80 characters, none of which a page cannot show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name(String);

impl Name {
    const MOST: usize = 80;

    /// The name, as it is shown.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Name {
    type Err = Fault;

    fn from_str(typed: &str) -> Result<Self, Fault> {
        let name = typed.trim();
        if name.is_empty() {
            return Err(Fault::NoName);
        }
        match name.chars().count() <= Self::MOST && !name.chars().any(char::is_control) {
            true => Ok(Self(name.to_owned())),
            false => Err(Fault::Name),
        }
    }
}

/// An email address, as a browser's own field for one takes it (HTML, section 4.10.5.1.5, whose
/// authors call their rule a wilful violation of RFC 5322), and no longer than one can be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Email(String);

impl Email {
    /// RFC 5321, section 4.5.3.1.3, without the angle brackets.
    const MOST: usize = 254;

    /// The address.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Email {
    type Err = Fault;

    fn from_str(typed: &str) -> Result<Self, Fault> {
        let email = typed.trim();
        let parts = email.split_once('@').filter(|_| email.len() <= Self::MOST);
        match parts.is_some_and(|(local, domain)| is_local(local) && is_domain(domain)) {
            true => Ok(Self(email.to_owned())),
            false => Err(Fault::Email),
        }
    }
}

fn is_local(text: &str) -> bool {
    let takes = |byte: u8| byte.is_ascii_alphanumeric() || b".!#$%&'*+/=?^_`{|}~-".contains(&byte);
    !text.is_empty() && text.bytes().all(takes)
}

fn is_domain(text: &str) -> bool {
    text.split('.').all(|label| {
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    })
}

/// What the account page shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountPage {
    /// Who it is.
    pub viewer: Viewer,
    /// Whether it is one of the demo viewers, whose password stays as it is.
    pub demo: bool,
    /// Where the viewer is signed in, newest first.
    pub sign_ins: Vec<SignIn>,
}

/// A browser that the viewer is signed in with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignIn {
    /// Since when.
    pub begun_at: Timestamp,
    /// Whether it is the one that asks.
    pub this_browser: bool,
}

/// Something that went well, told once on the next page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "notice", rename_all = "kebab-case")]
pub enum Notice {
    /// Every session has ended.
    SignedOutEverywhere {
        /// So many there were.
        sessions: u32,
    },
    /// The password is another now.
    PasswordChanged {
        /// So many other sessions have ended.
        others: u32,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_that_is_wrong_is_told_at_once() {
        let read = SignUpForm::read(" ", "alice", "short");
        let faults = [Fault::NoName, Fault::Email, Fault::PasswordShort];
        assert_eq!(read.unwrap_err(), faults);
        let form = SignUpForm::read(" Åsa ", " asa@example.com ", "a cat on the stairs").unwrap();
        assert_eq!(
            (form.name.as_str(), form.email.as_str()),
            ("Åsa", "asa@example.com")
        );
    }

    #[test]
    fn a_name_can_be_shown() {
        let longest = "å".repeat(Name::MOST);
        for name in ["Å", "Anna-Karin O’Neil", &longest] {
            assert_eq!(name.parse::<Name>().unwrap().as_str(), name);
        }
        for name in [&format!("{longest}x"), "a\nb", "a\u{7}"] {
            assert_eq!(name.parse::<Name>(), Err(Fault::Name), "{name:?}");
        }
    }

    #[test]
    fn an_email_is_what_a_browser_would_take() {
        let local = "x".repeat(242);
        for email in [
            "a@b",
            "first.last+tag@mail.example.com",
            &format!("{local}@example.com"),
        ] {
            assert_eq!(email.parse::<Email>().unwrap().as_str(), email);
        }
        for email in [
            "",
            "alice",
            "@example.com",
            "alice@",
            "a@b@c",
            "a b@example.com",
            "a@-example.com",
            "a@example-.com",
            "a@example..com",
            "a@exämple.com",
            "a@example.com\n.org",
            &format!("x{local}@example.com"),
        ] {
            assert_eq!(email.parse::<Email>(), Err(Fault::Email), "{email:?}");
        }
    }
}
