//! The table, and what it says of the targets.

use std::{fmt::Write, time::Duration};

use crate::{load::Level, machine::Machine};

/// What is known about a table that was looked into: written by hand.
const NOTES: &str = include_str!("../notes.md");

/// What a row is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    BareToken,
    BarePlain,
    BareSigned,
    Token,
    Plain,
    Signed,
    TenThousand,
    TenMillion,
    Peer,
}

/// A program under load, and what came of it.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    pub(crate) shape: Shape,
    pub(crate) name: String,
    pub(crate) ready: Duration,
    pub(crate) peak_kb: Option<u64>,
    /// Of the processors' time, so much for an answer, where it counts.
    pub(crate) cpu_micros: Option<u64>,
    /// The one that counts comes first.
    pub(crate) levels: Vec<Level>,
}

impl Shape {
    /// The bare handler of the same request and answer.
    const fn bare(self) -> Option<Self> {
        match self {
            Self::Token => Some(Self::BareToken),
            Self::Plain | Self::Peer => Some(Self::BarePlain),
            Self::Signed => Some(Self::BareSigned),
            _ => None,
        }
    }

    const fn is_ours(self) -> bool {
        matches!(
            self,
            Self::Token | Self::Plain | Self::Signed | Self::TenThousand | Self::TenMillion
        )
    }
}

impl Row {
    fn per_second(&self) -> f64 {
        self.levels.first().map_or(0.0, |level| level.per_second)
    }

    fn peak_mb(&self) -> Option<f64> {
        self.peak_kb.map(|kb| kb as f64 / 1000.0)
    }

    /// What a program takes of the machine, as it stands in the table.
    pub(crate) fn costs(&self) -> [String; 2] {
        [
            self.cpu_micros
                .map_or_else(unknown, |us| format!("{us} µs")),
            self.peak_mb()
                .map_or_else(unknown, |mb| format!("{mb:.1} MB")),
        ]
    }
}

/// The whole document.
pub(crate) fn write(machine: &Machine, rows: &[Row]) -> String {
    let mut text = format!(
        "# How fast the simulator is\n\n\
         `make bench` writes this page. Every program gets the same requests from the same load \
         generator ([`bench/`](../bench/README.md)), over keep-alive connections, each of which \
         sends its next request when it has its answer. Licences are durable before they are \
         answered (SQLite, WAL, `synchronous` FULL, on disk). The bare handler is axum alone: it \
         reads the same request and sends the same answer from memory. The peers answer a plain \
         licence request with a canned licence: they check nothing and keep nothing. Load \
         generator and program share the machine.\n\n{machine}\n"
    );
    for note in machine.notes() {
        text.push_str(&format!("{note}\n"));
    }
    let table = Table { rows };
    let written = table
        .main(&mut text)
        .and_then(|()| table.other_levels(&mut text))
        .and_then(|()| table.targets(&mut text));
    // Nothing is in the way of writing to a string.
    debug_assert!(written.is_ok());
    text.push('\n');
    text.push_str(NOTES);
    text
}

struct Table<'r> {
    rows: &'r [Row],
}

impl<'r> Table<'r> {
    fn of(&self, shape: Shape) -> Option<&'r Row> {
        self.rows.iter().find(|row| row.shape == shape)
    }

    fn peers(&self) -> impl Iterator<Item = &'r Row> {
        self.rows.iter().filter(|row| row.shape == Shape::Peer)
    }

    fn ours(&self) -> impl Iterator<Item = &'r Row> {
        self.rows.iter().filter(|row| row.shape.is_ours())
    }

    /// Of the bare handler's requests per second, so much.
    fn of_bare(&self, row: &Row) -> Option<f64> {
        let bare = self.of(row.shape.bare()?)?;
        Some(row.per_second() / bare.per_second())
    }

    /// How many times the fastest peer's requests per second.
    fn of_fastest_peer(&self, row: &Row) -> Option<f64> {
        let fastest = self.peers().map(Row::per_second).reduce(f64::max)?;
        Some(row.per_second() / fastest)
    }

    /// Of the lightest peer's memory, so much.
    fn of_lightest_peer(&self, row: &Row) -> Option<f64> {
        let lightest = self.peers().filter_map(Row::peak_mb).reduce(f64::min)?;
        Some(row.peak_mb()? / lightest)
    }

    fn main(&self, text: &mut String) -> std::fmt::Result {
        let connections = self.rows.first().and_then(|row| row.levels.first());
        let connections = connections.map_or(0, |level| level.connections);
        write!(
            text,
            "\n## At {connections} connections\n\n\
             | program | requests/s | p50 | p99 | of bare | × fastest peer | CPU per answer | peak memory | of lightest peer | ready |\n\
             |---|--:|--:|--:|--:|--:|--:|--:|--:|--:|\n"
        )?;
        for row in self.rows {
            let Some(level) = row.levels.first() else {
                continue;
            };
            let [cpu, memory] = row.costs();
            writeln!(
                text,
                "| {} | {} | {} | {} | {cpu} | {memory} | {} | {} |",
                row.name,
                rate_and_times(level),
                maybe(self.of_bare(row), 2),
                maybe(self.of_fastest_peer(row), 2),
                maybe(self.of_lightest_peer(row), 2),
                ms(row.ready),
            )?;
        }
        Ok(())
    }

    fn other_levels(&self, text: &mut String) -> std::fmt::Result {
        let levels = self.rows.first().map_or(0, |row| row.levels.len());
        for place in 1..levels {
            let connections = self.rows[0].levels[place].connections;
            write!(
                text,
                "\n## At {connections} connections\n\n\
                 | program | requests/s | p50 | p99 |\n|---|--:|--:|--:|\n"
            )?;
            for row in self.rows {
                writeln!(
                    text,
                    "| {} | {} |",
                    row.name,
                    rate_and_times(&row.levels[place])
                )?;
            }
        }
        Ok(())
    }

    fn targets(&self, text: &mut String) -> std::fmt::Result {
        let of_bare = |shape| self.of(shape).and_then(|row| self.of_bare(row));
        let records = match (self.of(Shape::TenThousand), self.of(Shape::TenMillion)) {
            (Some(few), Some(many)) => Some(few.per_second() / many.per_second()),
            _ => None,
        };
        let memory = self.ours().filter_map(|row| self.of_lightest_peer(row));
        let ready = self.ours().map(|row| row.ready.as_secs_f64() * 1000.0);
        let plain = self.of(Shape::Plain);
        let targets = [
            Target::at_least(
                "plain licences, of the bare handler",
                0.45,
                of_bare(Shape::Plain),
            ),
            Target::at_least(
                "plain licences, times the fastest peer",
                8.0,
                plain.and_then(|row| self.of_fastest_peer(row)),
            ),
            Target::at_least(
                "signed licences, of the bare handler",
                0.12,
                of_bare(Shape::Signed),
            ),
            Target::at_least("tokens, of the bare handler", 0.6, of_bare(Shape::Token)),
            Target::at_most(
                "records by cookie, ten thousand's rate over ten million's",
                1.3,
                records,
            ),
            Target::at_most(
                "most memory, of the lightest peer's",
                0.25,
                memory.reduce(f64::max),
            ),
            Target::at_most("longest time to ready, ms", 100.0, ready.reduce(f64::max)),
        ];
        write!(
            text,
            "\n## What was aimed at\n\n| what | aim | measured | met |\n|---|--:|--:|---|\n"
        )?;
        for Target {
            what,
            aim,
            measured,
            met,
        } in targets
        {
            let measured = maybe(measured, 2);
            let met = if met { "yes" } else { "**no**" };
            writeln!(text, "| {what} | {aim} | {measured} | {met} |")?;
        }
        Ok(())
    }
}

struct Target {
    what: &'static str,
    aim: String,
    measured: Option<f64>,
    met: bool,
}

impl Target {
    fn at_least(what: &'static str, aim: f64, measured: Option<f64>) -> Self {
        let met = measured.is_some_and(|measured| measured >= aim);
        let aim = format!("≥ {aim}");
        Self {
            what,
            aim,
            measured,
            met,
        }
    }

    fn at_most(what: &'static str, aim: f64, measured: Option<f64>) -> Self {
        let met = measured.is_some_and(|measured| measured <= aim);
        let aim = format!("≤ {aim}");
        Self {
            what,
            aim,
            measured,
            met,
        }
    }
}

fn rate_and_times(level: &Level) -> String {
    format!(
        "{:.0} | {} | {}",
        level.per_second,
        ms(level.p50),
        ms(level.p99)
    )
}

fn ms(time: Duration) -> String {
    format!("{:.2} ms", time.as_secs_f64() * 1000.0)
}

fn maybe(number: Option<f64>, digits: usize) -> String {
    number.map_or_else(unknown, |number| format!("{number:.digits$}"))
}

fn unknown() -> String {
    "–".to_owned()
}
