//! What a presenter can do, as the drawer's buttons say it.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// One press of a button.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Act {
    /// Puts the clock forward.
    Advance(Leap),
    /// Sets the clock to the machine's own time.
    RealTime,
    /// From now on this goes wrong …
    TurnOn(Trouble),
    /// … and from now on it does not.
    TurnOff(Trouble),
    /// Signs a demo viewer in, by the email.
    Become(String),
    /// Forgets all devices, orders and messages, and what ExpressPlay recorded of them.
    StartAfresh,
}

/// How far the clock can be put forward at once: a little more than what it is to outlast.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Leap {
    /// Past the life of a token.
    TwoMinutes,
    /// Well into a rental.
    OneHour,
    /// Past the end of a rental that was started.
    TwoDays,
    /// Past the last moment to start one.
    ThirtyDays,
}

impl Leap {
    /// All of them, the shortest first.
    pub const ALL: [Self; 4] = [
        Self::TwoMinutes,
        Self::OneHour,
        Self::TwoDays,
        Self::ThirtyDays,
    ];

    /// In seconds.
    #[must_use]
    pub const fn seconds(self) -> u64 {
        match self {
            Self::TwoMinutes => 2 * 60,
            Self::OneHour => 60 * 60,
            Self::TwoDays => 2 * 24 * 60 * 60,
            Self::ThirtyDays => 30 * 24 * 60 * 60,
        }
    }
}

/// Something that goes wrong at ExpressPlay, on purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Trouble {
    /// Each call takes two seconds longer.
    Slow,
    /// Each call is answered with 503.
    Unavailable,
    /// Each connection is reset before the answer.
    Reset,
    /// Each answer is no answer.
    Garbage,
    /// Records appear half a minute late.
    LateRecords,
    /// Each licence request is refused with -2019.
    NoCredits,
}

impl Trouble {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Slow,
        Self::Unavailable,
        Self::Reset,
        Self::Garbage,
        Self::LateRecords,
        Self::NoCredits,
    ];

    const fn name(self) -> &'static str {
        match self {
            Self::Slow => "slow",
            Self::Unavailable => "unavailable",
            Self::Reset => "reset",
            Self::Garbage => "garbage",
            Self::LateRecords => "late-records",
            Self::NoCredits => "no-credits",
        }
    }
}

/// As a button says it: `advance:120`, `real-time`, `on:slow`, `become:alice@example.com`.
impl fmt::Display for Act {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Advance(leap) => write!(f, "advance:{}", leap.seconds()),
            Self::RealTime => f.write_str("real-time"),
            Self::TurnOn(trouble) => write!(f, "on:{}", trouble.name()),
            Self::TurnOff(trouble) => write!(f, "off:{}", trouble.name()),
            Self::Become(email) => write!(f, "become:{email}"),
            Self::StartAfresh => f.write_str("start-afresh"),
        }
    }
}

impl FromStr for Act {
    type Err = NotAnAct;

    fn from_str(text: &str) -> Result<Self, NotAnAct> {
        let trouble = |name: &str| Trouble::ALL.into_iter().find(|it| it.name() == name);
        let leap = |text: &str| {
            let seconds: u64 = text.parse().ok()?;
            Leap::ALL.into_iter().find(|it| it.seconds() == seconds)
        };
        let act = match text.split_once(':').unwrap_or((text, "")) {
            ("advance", by) => leap(by).map(Self::Advance),
            ("real-time", "") => Some(Self::RealTime),
            ("on", name) => trouble(name).map(Self::TurnOn),
            ("off", name) => trouble(name).map(Self::TurnOff),
            ("become", email) => Some(Self::Become(email.to_owned())),
            ("start-afresh", "") => Some(Self::StartAfresh),
            _ => None,
        };
        act.ok_or(NotAnAct)
    }
}

/// The text is no [`Act`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no button of the presenter's says that")]
pub struct NotAnAct;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_button_says_is_what_is_read() {
        let mut acts = vec![
            Act::RealTime,
            Act::StartAfresh,
            Act::Become("alice@example.com".to_owned()),
        ];
        acts.extend(Leap::ALL.map(Act::Advance));
        acts.extend(Trouble::ALL.map(Act::TurnOn));
        acts.extend(Trouble::ALL.map(Act::TurnOff));
        for act in acts {
            assert_eq!(act.to_string().parse::<Act>(), Ok(act));
        }
    }

    #[test]
    fn what_no_button_says_is_nothing() {
        for text in [
            "",
            "advance",
            "advance:1",
            "advance:-120",
            "on:",
            "on:fire",
            "off",
            "real-time:x",
        ] {
            assert_eq!(text.parse::<Act>(), Err(NotAnAct), "{text}");
        }
    }
}
