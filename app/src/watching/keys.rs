//! Which key does what to a film, as people know it from other players.

/// What a viewer asks of the player.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Command {
    /// To play what is paused, or to pause what plays.
    Toggle,
    /// To go so many seconds on, or back.
    Skip(f64),
    /// To go to so much of the whole film, 0 to 1.
    GoTo(f64),
    /// To be so much louder, or less loud, of 1.
    Louder(f64),
    /// To be silent, or not any more.
    Mute,
    /// To show subtitles, or not any more.
    Subtitles,
    /// To fill the screen, or not any more.
    FullScreen,
    /// To say which keys there are.
    Help,
}

/// What has the keyboard's focus.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Focus {
    /// The picture.
    Picture,
    /// A button of the player's.
    Button,
    /// The slider that says where in the film one is.
    Timeline,
    /// Another slider of the player's.
    Slider,
    /// Something that needs its keys itself, or has nothing to do with the player.
    Elsewhere,
}

/// How far an arrow goes, in seconds …
const ARROW: f64 = 5.0;
/// … and how far j and l do.
const LETTER: f64 = 10.0;
/// How much louder an arrow makes it.
const NOTCH: f64 = 0.1;

impl Command {
    /// Whether it is done again and again while its key is held down.
    #[must_use]
    pub const fn goes_on(self) -> bool {
        matches!(self, Self::Skip(_) | Self::Louder(_))
    }

    /// What a key asks for, by its name in `KeyboardEvent.key`; none where it is not ours to take.
    ///
    /// ```
    /// use app::watching::keys::{Command, Focus};
    ///
    /// assert_eq!(Command::of(" ", Focus::Picture), Some(Command::Toggle));
    /// assert_eq!(Command::of(" ", Focus::Button), None); // It presses that button.
    /// ```
    #[must_use]
    pub fn of(key: &str, focus: Focus) -> Option<Self> {
        let (on_button, on_slider) = (focus == Focus::Button, focus == Focus::Slider);
        Some(match key {
            _ if focus == Focus::Elsewhere => return None,
            " " if on_button => return None,
            " " | "k" | "K" => Self::Toggle,
            "j" | "J" => Self::Skip(-LETTER),
            "l" | "L" => Self::Skip(LETTER),
            "m" | "M" => Self::Mute,
            "c" | "C" => Self::Subtitles,
            "f" | "F" => Self::FullScreen,
            "?" => Self::Help,
            // Every other slider knows these itself.
            "ArrowLeft" | "ArrowRight" | "ArrowUp" | "ArrowDown" | "Home" | "End" if on_slider => {
                return None;
            }
            "ArrowLeft" => Self::Skip(-ARROW),
            "ArrowRight" => Self::Skip(ARROW),
            "ArrowDown" if focus == Focus::Timeline => Self::Skip(-ARROW),
            "ArrowUp" if focus == Focus::Timeline => Self::Skip(ARROW),
            "ArrowDown" => Self::Louder(-NOTCH),
            "ArrowUp" => Self::Louder(NOTCH),
            "Home" => Self::GoTo(0.0),
            "End" => Self::GoTo(1.0),
            digit => match digit.as_bytes() {
                [digit @ b'0'..=b'9'] => Self::GoTo(f64::from(digit - b'0') / 10.0),
                _ => return None,
            },
        })
    }
}

/// The nearest to a number that lies between 0 and another.
#[must_use]
pub fn clamped(value: f64, most: f64) -> f64 {
    value.min(most).max(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILM_KEYS: [(&str, Command); 19] = [
        (" ", Command::Toggle),
        ("k", Command::Toggle),
        ("K", Command::Toggle),
        ("ArrowLeft", Command::Skip(-5.0)),
        ("ArrowRight", Command::Skip(5.0)),
        ("j", Command::Skip(-10.0)),
        ("l", Command::Skip(10.0)),
        ("ArrowUp", Command::Louder(0.1)),
        ("ArrowDown", Command::Louder(-0.1)),
        ("m", Command::Mute),
        ("c", Command::Subtitles),
        ("f", Command::FullScreen),
        ("?", Command::Help),
        ("Home", Command::GoTo(0.0)),
        ("End", Command::GoTo(1.0)),
        ("0", Command::GoTo(0.0)),
        ("3", Command::GoTo(0.3)),
        ("5", Command::GoTo(0.5)),
        ("9", Command::GoTo(0.9)),
    ];

    #[test]
    fn keys_do_what_people_know_them_to_do() {
        for (key, command) in FILM_KEYS {
            assert_eq!(Command::of(key, Focus::Picture), Some(command), "{key}");
        }
        for key in ["x", "Enter", "Tab", "Escape", "F5", "10", "é", ""] {
            assert_eq!(Command::of(key, Focus::Picture), None, "{key}");
        }
    }

    #[test]
    fn nothing_is_taken_from_what_is_not_the_players() {
        for (key, _) in FILM_KEYS {
            assert_eq!(Command::of(key, Focus::Elsewhere), None, "{key}");
        }
    }

    #[test]
    fn space_presses_the_button_that_has_the_focus_and_all_else_is_the_films() {
        for (key, command) in FILM_KEYS {
            let expected = (key != " ").then_some(command);
            assert_eq!(Command::of(key, Focus::Button), expected, "{key}");
        }
    }

    #[test]
    fn arrows_move_the_slider_that_has_the_focus() {
        for key in ["ArrowLeft", "ArrowUp", "Home", "End"] {
            assert_eq!(Command::of(key, Focus::Slider), None, "{key}");
        }
        assert_eq!(Command::of("m", Focus::Slider), Some(Command::Mute));
        let on_timeline = |key| Command::of(key, Focus::Timeline);
        assert_eq!(on_timeline("ArrowRight"), on_timeline("ArrowUp"));
        assert_eq!(on_timeline("ArrowDown"), Some(Command::Skip(-5.0)));
    }

    #[test]
    fn nobody_goes_beyond_either_end() {
        assert_eq!(clamped(-3.0, 42.0), 0.0);
        assert_eq!(clamped(12.5, 42.0), 12.5);
        assert_eq!(clamped(50.0, 42.0), 42.0);
        // Of a film whose length is not known yet.
        assert_eq!(clamped(5.0, 0.0), 0.0);
    }
}
