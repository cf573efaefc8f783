//! Logs on standard error, as this project's programs write them.

use std::{fmt, io, io::IsTerminal, str::FromStr};

use tracing_subscriber::EnvFilter;

/// How a program's logs look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LogFormat {
    /// Lines for people, coloured on a terminal.
    #[default]
    Text,
    /// One JSON object a line, for programs.
    Json,
}

impl LogFormat {
    /// Both of them.
    pub const ALL: [Self; 2] = [Self::Text, Self::Json];

    /// As it stands in flags.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Json => "json",
        }
    }

    /// Writes logs so from now on: what `RUST_LOG` says, or `info` and above. A program does this
    /// once, before anything that might log.
    pub fn start(self) {
        let asked = std::env::var(EnvFilter::DEFAULT_ENV).unwrap_or_else(|_| "info".to_owned());
        // Every statement of SQLite's would be a line, and nobody asks for that by the way.
        let asked = match asked.contains("sqlx") {
            true => asked,
            false => format!("{asked},sqlx=warn"),
        };
        let filter = EnvFilter::try_new(asked).unwrap_or_else(|_| EnvFilter::new("info"));
        let logs = tracing_subscriber::fmt()
            .with_env_filter(filter)
            .with_writer(io::stderr);
        match self {
            Self::Text => logs.with_ansi(io::stderr().is_terminal()).init(),
            Self::Json => logs.json().flatten_event(true).init(),
        }
    }
}

impl FromStr for LogFormat {
    type Err = NoLogFormat;

    fn from_str(text: &str) -> Result<Self, NoLogFormat> {
        let mut all = Self::ALL.into_iter();
        all.find(|format| format.name() == text).ok_or(NoLogFormat)
    }
}

impl fmt::Display for LogFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The text names no log format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a log format is text or json")]
pub struct NoLogFormat;
