//! The simulated payment: one test card that succeeds, one that is declined.

use std::{fmt, str::FromStr};

use app::problem::Problem;

/// The card whose payments succeed.
const SUCCEEDS: &str = "4242424242424242";

/// A card's number: 12 to 19 digits (ISO/IEC 7812-1) with a right check digit (Luhn).
///
/// It is read with spaces and dashes between the digits, never printed, and never kept.
#[derive(Clone, PartialEq, Eq)]
pub struct Card(String);

impl Card {
    /// The last four digits, which a receipt may show.
    #[must_use]
    pub fn last_four(&self) -> &str {
        &self.0[self.0.len() - 4..]
    }

    /// Charges the card, in play: no bank is asked, and only the test card pays.
    ///
    /// # Errors
    /// [`Problem::CardDeclined`].
    pub fn charge(&self) -> Result<(), Problem> {
        if self.0 == SUCCEEDS {
            Ok(())
        } else {
            Err(Problem::CardDeclined)
        }
    }
}

impl FromStr for Card {
    type Err = Problem;

    /// # Errors
    /// [`Problem::CardInvalid`].
    fn from_str(typed: &str) -> Result<Self, Problem> {
        let digits: String = typed.chars().filter(|c| !matches!(c, ' ' | '-')).collect();
        let numeric = digits.bytes().all(|b| b.is_ascii_digit());
        if numeric && (12..=19).contains(&digits.len()) && passes_luhn(&digits) {
            Ok(Self(digits))
        } else {
            Err(Problem::CardInvalid)
        }
    }
}

impl fmt::Debug for Card {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Card([redacted])")
    }
}

/// Luhn's check (ISO/IEC 7812-1, annex B): from the right, every second digit counts double.
fn passes_luhn(digits: &str) -> bool {
    let sum: u32 = digits
        .bytes()
        .rev()
        .enumerate()
        .map(|(place, byte)| {
            let digit = u32::from(byte - b'0');
            match (place % 2, digit) {
                (0, digit) => digit,
                (_, digit @ 0..=4) => digit * 2,
                (_, digit) => digit * 2 - 9,
            }
        })
        .sum();
    sum.is_multiple_of(10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_test_card_pays_however_it_is_spaced() {
        for typed in [
            "4242424242424242",
            " 4242 4242 4242 4242 ",
            "4242-4242-4242-4242",
        ] {
            let card: Card = typed.parse().unwrap();
            assert_eq!(card.charge(), Ok(()));
            assert_eq!(card.last_four(), "4242");
        }
    }

    #[test]
    fn every_other_card_is_declined() {
        for typed in ["4000000000000002", "5555555555554444", "378282246310005"] {
            let card: Card = typed.parse().unwrap();
            assert_eq!(card.charge(), Err(Problem::CardDeclined), "{typed}");
        }
    }

    #[test]
    fn what_is_no_card_number_is_refused() {
        for typed in [
            "",
            "4242",
            "4242424242424241",
            "4242x424242424242",
            "٤242424242424242",
            "00000000000000000000",
        ] {
            assert_eq!(typed.parse::<Card>(), Err(Problem::CardInvalid), "{typed}");
        }
    }

    #[test]
    fn a_card_does_not_print() {
        let card: Card = SUCCEEDS.parse().unwrap();
        assert_eq!(format!("{card:?}"), "Card([redacted])");
    }
}
