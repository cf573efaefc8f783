//! How far a viewer has come in a title, and whether to go on from there.

use serde::{Deserialize, Serialize};

use crate::model::Slug;

/// Where the player tells how far it has come: a form with `order` and `seconds`. It is answered with
/// 204 whether or not there was anything to keep.
pub const TELL: &str = "/api/position";

/// Nobody goes on who has seen less than so many seconds …
const FIRST: u32 = 3;
/// … or has no more than so many left: the films fade out over their last.
const LAST: u32 = 5;

/// How far a viewer has come in a title.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Position {
    /// The title.
    pub slug: Slug,
    /// So many seconds have been seen …
    pub seconds: u32,
    /// … of so many.
    pub whole: u32,
}

impl Position {
    /// Whether the title is in the middle, neither hardly begun nor as good as over.
    #[must_use]
    pub const fn is_midway(&self) -> bool {
        self.seconds >= FIRST && self.seconds.saturating_add(LAST) < self.whole
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn midway(seconds: u32, whole: u32) -> bool {
        let slug = "tidewater".parse().unwrap();
        let position = Position {
            slug,
            seconds,
            whole,
        };
        position.is_midway()
    }

    #[test]
    fn one_goes_on_from_the_middle_alone() {
        let on: Vec<u32> = (0..=42).filter(|seconds| midway(*seconds, 42)).collect();
        assert_eq!(on, (3..37).collect::<Vec<_>>());
    }

    #[test]
    fn what_is_short_has_no_middle() {
        assert!((0..=8).all(|seconds| !midway(seconds, 8)));
        assert!(midway(3, 9));
        assert!(!midway(u32::MAX, 42));
    }
}
