//! Which passwords an account may have: NIST SP 800-63B-4, section 3.1.1.2. Length counts; there is
//! no rule about capitals and digits; what is guessed first is refused.

use std::fmt;

use super::Fault;

/// Long enough, and still guessed first. What repeats itself or counts need not stand here.
const COMMON: [&str; 15] = [
    "1q2w3e4r5t6y7u8i",
    "1q2w3e4r5t6y7u8i9o0p",
    "administrator123",
    "correct horse battery staple",
    "correcthorsebatterystaple",
    "iloveyouforever",
    "letmeinletmein1",
    "mypasswordismypassword",
    "password1234567",
    "password12345678",
    "password123456789",
    "qwertyuiopasdfgh",
    "qwertyuiopasdfghjkl",
    "qwertyuiopåasdf",
    "thisismypassword",
];
/// A piece no longer than this, over and over, is no better than the piece.
const LONGEST_PIECE: usize = 10;

/// A password that somebody chose for an account.
#[derive(Clone, PartialEq, Eq)]
pub struct NewPassword(String);

impl NewPassword {
    /// What a password by itself takes at the least.
    pub const LEAST_CHARACTERS: usize = 15;
    /// What any password takes at the most, in UTF-8.
    pub const MOST_BYTES: usize = 256;

    /// Reads what was typed for the account of an email.
    ///
    /// # Errors
    /// Why it will not do.
    pub fn read(typed: &str, email: &str) -> Result<Self, Fault> {
        let lower = typed.to_lowercase();
        let characters: Vec<char> = lower.chars().collect();
        if typed.chars().count() < Self::LEAST_CHARACTERS {
            return Err(Fault::PasswordShort);
        }
        if typed.len() > Self::MOST_BYTES {
            return Err(Fault::PasswordLong);
        }
        if lower.trim() == email.trim().to_lowercase() {
            return Err(Fault::PasswordIsEmail);
        }
        match COMMON.contains(&lower.trim()) || repeats(&characters) || counts(&characters) {
            true => Err(Fault::PasswordGuessable),
            false => Ok(Self(typed.to_owned())),
        }
    }

    /// The password: to be hashed, and for nothing else.
    #[must_use]
    pub fn reveal(self) -> String {
        self.0
    }
}

impl fmt::Debug for NewPassword {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NewPassword([redacted])")
    }
}

/// `passwordpassword`, `aaaaaaaaaaaaaaa`.
fn repeats(characters: &[char]) -> bool {
    (1..=LONGEST_PIECE.min(characters.len() / 2)).any(|piece| {
        characters
            .iter()
            .zip(&characters[piece..])
            .all(|(a, b)| a == b)
    })
}

/// `abcdefghijklmno`, `123456789012345`, and the same backwards.
fn counts(characters: &[char]) -> bool {
    let follows = |a: char, b: char| match (a, b) {
        ('9', '0') => true,
        _ => u32::from(a) + 1 == u32::from(b),
    };
    let pairs = || characters.iter().zip(characters.iter().skip(1));
    pairs().all(|(&a, &b)| follows(a, b)) || pairs().all(|(&a, &b)| follows(b, a))
}

#[cfg(test)]
mod tests {
    use super::*;

    const EMAIL: &str = "alice.larsson@example.com";

    fn fault(typed: &str) -> Option<Fault> {
        NewPassword::read(typed, EMAIL).err()
    }

    #[test]
    fn length_is_all_that_is_asked_for() {
        for good in [
            "a cat on the stairs",
            "zzz zzz zzz 1 zzz",
            "åäö är tre till",
            "  spaces count  ",
            "98127340981274098",
        ] {
            assert_eq!(fault(good), None, "{good}");
            assert_eq!(NewPassword::read(good, EMAIL).unwrap().reveal(), good);
        }
        assert_eq!(
            fault("åäö är tre til"),
            Some(Fault::PasswordShort),
            "14 characters"
        );
        assert_eq!(fault(""), Some(Fault::PasswordShort));
        let longest = "ab1 c".repeat(50) + "longer";
        assert_eq!((longest.len(), fault(&longest)), (256, None));
        assert_eq!(fault(&format!("{longest}x")), Some(Fault::PasswordLong));
    }

    #[test]
    fn what_is_guessed_first_is_refused() {
        for bad in [
            "correcthorsebatterystaple",
            "ThisIsMyPassword",
            "passwordpassword",
            "PasswordpasswordPass",
            "aaaaaaaaaaaaaaa",
            "hahahahahahahaha",
            "abcdefghijklmno",
            "onmlkjihgfedcba",
            "1234567890123456",
            "0987654321098765",
        ] {
            assert_eq!(fault(bad), Some(Fault::PasswordGuessable), "{bad}");
        }
        for same in [EMAIL, " Alice.Larsson@Example.com "] {
            assert_eq!(fault(same), Some(Fault::PasswordIsEmail), "{same}");
        }
    }

    #[test]
    fn a_password_does_not_print() {
        let password = NewPassword::read("a cat on the stairs", EMAIL).unwrap();
        assert_eq!(format!("{password:?}"), "NewPassword([redacted])");
    }
}
