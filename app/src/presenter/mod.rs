//! For whoever shows the shop to an audience: the clock, what goes wrong, and a fresh start.

mod act;
#[cfg(feature = "ssr")]
pub mod drawer;
#[cfg(feature = "ssr")]
pub mod form;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use act::{Act, Leap, NotAnAct, Trouble};

use crate::model::Viewer;

/// Where what runs out is asked for by itself, as html.
pub const COUNTDOWNS: &str = "/presenter/countdowns";

/// How things stand, for a presenter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Presenting {
    /// What ExpressPlay's clock shows, and the shop's.
    pub now: Timestamp,
    /// By how many seconds that is ahead of the machine's own time.
    pub ahead: i64,
    /// What runs out for the viewer, soonest first.
    pub countdowns: Vec<Countdown>,
    /// What goes wrong now.
    pub troubles: Vec<Trouble>,
    /// Who can be signed in without a password.
    pub viewers: Vec<Viewer>,
}

/// What the drawer says once of the last press, where it would not show it by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Said {
    /// Everything begins anew.
    Afresh,
    /// It failed, or a part of it: a fresh start may have forgotten something already. The log says
    /// why.
    Failed,
}

/// Something of the viewer's that runs out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Countdown {
    /// The film.
    pub title: String,
    /// What of it.
    pub what: RunsOut,
    /// When, by the clock of [`Presenting::now`].
    pub at: Timestamp,
}

/// What runs out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RunsOut {
    /// The time to start a rental in.
    StartWindow,
    /// The time that a started rental plays.
    Play,
    /// The last token that was handed over.
    Token,
}
