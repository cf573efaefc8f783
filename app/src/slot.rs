//! Which of the devices in this browser is in use. Usually there is one, A; a presenter makes
//! another, B, so that one laptop shows both sides.
//!
//! To everybody but this browser they are two devices: each has a key of its own, and a handle of
//! its own.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The cookie that says which, where it is not the first.
pub const COOKIE: &str = "slot";

/// A device's place in a browser.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Slot {
    /// The first.
    #[default]
    A,
    /// The other.
    B,
}

impl Slot {
    /// Both.
    pub const ALL: [Self; 2] = [Self::A, Self::B];

    /// As it stands in the cookie and in forms.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::A => "a",
            Self::B => "b",
        }
    }

    /// As pages call it.
    #[must_use]
    pub const fn letter(self) -> &'static str {
        match self {
            Self::A => "A",
            Self::B => "B",
        }
    }
}

impl FromStr for Slot {
    type Err = NotASlot;

    fn from_str(text: &str) -> Result<Self, NotASlot> {
        let named = Self::ALL.into_iter().find(|slot| slot.as_str() == text);
        named.ok_or(NotASlot)
    }
}

/// The text names no device of this browser.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a device of this browser is a or b")]
pub struct NotASlot;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slot_is_read_as_it_is_written() {
        for slot in Slot::ALL {
            assert_eq!(slot.as_str().parse(), Ok(slot));
        }
        for wrong in ["", "A", "c", "ab"] {
            assert_eq!(wrong.parse::<Slot>(), Err(NotASlot), "{wrong}");
        }
    }
}
