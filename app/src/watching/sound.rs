//! How loud a viewer listens, which is the same for the next film.

use std::fmt;

/// The cookie that keeps it.
pub const COOKIE: &str = "sound";

/// What stands behind the volume of a film that is silenced.
const MUTED: &str = "m";

/// A volume, and whether it is silenced: then it is as loud again afterwards.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sound {
    /// 0 to 100.
    percent: u8,
    /// Whether nothing is heard of it.
    pub muted: bool,
}

impl Sound {
    /// As loud as the film is.
    pub const WHOLE: Self = Self::new(100, false);

    /// A volume, 100 at most.
    #[must_use]
    pub const fn new(percent: u8, muted: bool) -> Self {
        let percent = if percent > 100 { 100 } else { percent };
        Self { percent, muted }
    }

    /// The volume, 0 to 100.
    #[must_use]
    pub const fn percent(self) -> u8 {
        self.percent
    }

    /// Reads what a cookie kept; none where that makes no sense.
    ///
    /// ```
    /// use app::watching::sound::Sound;
    ///
    /// let soft = Sound::new(35, true);
    /// assert_eq!(Sound::read(&soft.to_string()), Some(soft));
    /// assert_eq!(Sound::read("101"), None);
    /// assert_eq!(Sound::read("loud"), None);
    /// ```
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let (percent, muted) = match text.strip_suffix(MUTED) {
            Some(percent) => (percent, true),
            None => (text, false),
        };
        let percent = percent.parse().ok().filter(|percent| *percent <= 100)?;
        Some(Self { percent, muted })
    }
}

impl fmt::Display for Sound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let muted = if self.muted { MUTED } else { "" };
        write!(f, "{}{muted}", self.percent)
    }
}
