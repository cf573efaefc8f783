//! The customer authenticator that every back-end call carries (API section 1).

use std::{fmt, str::FromStr};

use crate::{ErrorCode, Refusal};

/// A customer authenticator: a number, a comma, 32 hexadecimal digits.
///
/// A secret: it never prints, and [`CustomerAuthenticator::reveal`] is the one way to its text.
#[derive(Clone, PartialEq, Eq)]
pub struct CustomerAuthenticator {
    number: u64,
    secret: [u8; 16],
}

impl CustomerAuthenticator {
    /// An authenticator from its two parts.
    #[must_use]
    pub const fn new(number: u64, secret: [u8; 16]) -> Self {
        Self { number, secret }
    }

    /// The customer's number: not a secret.
    #[must_use]
    pub const fn number(&self) -> u64 {
        self.number
    }

    /// The secret part, to compare.
    #[must_use]
    pub const fn reveal_secret(&self) -> &[u8; 16] {
        &self.secret
    }

    /// The whole text, as it goes to ExpressPlay and nowhere else.
    #[must_use]
    pub fn reveal(&self) -> String {
        format!("{},{}", self.number, hex::encode(self.secret))
    }
}

impl FromStr for CustomerAuthenticator {
    type Err = Refusal;

    /// # Errors
    /// -2018 where the text does not have the shape.
    fn from_str(text: &str) -> Result<Self, Refusal> {
        let shape = || {
            let code = ErrorCode::AuthenticatorInvalid;
            Refusal::wrong(code, "customerAuthenticator", text)
        };
        let (number, digits) = text.split_once(',').ok_or_else(shape)?;
        if !number.bytes().all(|b| b.is_ascii_digit()) {
            return Err(shape());
        }
        let number = number.parse().map_err(|_| shape())?;
        let mut secret = [0; 16];
        hex::decode_to_slice(digits, &mut secret).map_err(|_| shape())?;
        Ok(Self { number, secret })
    }
}

impl fmt::Debug for CustomerAuthenticator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CustomerAuthenticator({},[redacted])", self.number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_authenticator_reads_as_documented_and_never_prints_its_secret() {
        let text = "201722,1ad8eed133edf43cbcc185f0236828ae";
        let authenticator: CustomerAuthenticator = text.parse().unwrap();
        assert_eq!(authenticator.reveal(), text);
        assert_eq!(
            format!("{authenticator:?}"),
            "CustomerAuthenticator(201722,[redacted])"
        );
        for wrong in [
            "",
            "201722",
            "201722,",
            "+1,1ad8eed133edf43cbcc185f0236828ae",
            ",00",
        ] {
            assert!(wrong.parse::<CustomerAuthenticator>().is_err(), "{wrong}");
        }
    }
}
