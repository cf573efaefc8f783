//! What a table was made on.

use std::{fmt, fs, io::Write, path::Path, process::Command, time::Duration};

use simulator::Clock;

use crate::{Bench, Result};

/// How often the disk is asked to keep something.
const SYNCS: usize = 100;

/// The machine, and what is to be known of the day.
pub(crate) struct Machine {
    facts: Vec<(&'static str, String)>,
    notes: Vec<String>,
    clock: Clock,
}

impl Machine {
    /// Looks around.
    pub(crate) fn look(bench: &Bench) -> Result<Self> {
        let clock = Clock::default();
        let mut machine = Self {
            facts: vec![],
            notes: vec![],
            clock,
        };
        let today = machine.clock.real().to_string();
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let processor = field("/proc/cpuinfo", "model name");
        let processor = processor.map(|model| format!("{model}, {cores} cores"));
        let sync = machine.sync(bench)?;
        let commit = first_line(
            "git",
            &[
                "-C",
                &bench.root.display().to_string(),
                "rev-parse",
                "--short=10",
                "HEAD",
            ],
        );
        machine.fact("date", Some(today[..10].to_owned()));
        machine.fact("commit", commit);
        machine.fact("processor", processor);
        machine.fact("memory", field("/proc/meminfo", "MemTotal"));
        machine.fact("system", first_line("uname", &["-sr"]));
        machine.fact(
            "disk",
            Some(format!(
                "one fdatasync of 4 KB takes {sync:.0?} (median of {SYNCS})"
            )),
        );
        machine.fact("Rust", first_line("rustc", &["--version"]));
        machine.fact("Node.js", first_line("node", &["--version"]));
        machine.fact("Java", first_line("java", &["-version"]));
        machine.fact("load before", load());
        Ok(machine)
    }

    /// Looks again when all is done.
    pub(crate) fn look_again(&mut self) {
        self.fact("load after", load());
    }

    /// Keeps a remark.
    pub(crate) fn note(&mut self, note: String) {
        self.notes.push(note);
    }

    pub(crate) fn notes(&self) -> &[String] {
        &self.notes
    }

    /// How long something took.
    pub(crate) async fn timed(&self, work: impl Future<Output = Result<()>>) -> Result<Duration> {
        let started = self.clock.monotonic();
        work.await?;
        Ok(started.elapsed())
    }

    /// How many kilobytes are free where a folder is, as far as `df` tells.
    pub(crate) fn free_kb(folder: &Path) -> Option<u64> {
        let said = Command::new("df").arg("-Pk").arg(folder).output().ok()?;
        let said = String::from_utf8(said.stdout).ok()?;
        said.lines().nth(1)?.split_whitespace().nth(3)?.parse().ok()
    }

    fn fact(&mut self, name: &'static str, value: Option<String>) {
        self.facts.extend(value.map(|value| (name, value)));
    }

    /// How long the disk takes to keep a page that a file has room for, as a commit does.
    fn sync(&self, bench: &Bench) -> Result<Duration> {
        let mut file = tempfile::tempfile_in(bench.folder.path())?;
        let mut took = vec![];
        for number in 0..=SYNCS {
            let started = self.clock.monotonic();
            std::io::Seek::rewind(&mut file)?;
            file.write_all(&[u8::try_from(number % 256)?; 4096])?;
            file.sync_data()?;
            took.push(started.elapsed());
        }
        took.sort();
        Ok(took[SYNCS / 2])
    }
}

impl fmt::Display for Machine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, value) in &self.facts {
            writeln!(f, "- {name}: {value}")?;
        }
        Ok(())
    }
}

/// The first line that a program says, on either output.
pub(crate) fn first_line(program: &str, arguments: &[&str]) -> Option<String> {
    let said = Command::new(program).args(arguments).output().ok()?;
    let text = [said.stdout, said.stderr].concat();
    let line = String::from_utf8_lossy(&text)
        .lines()
        .next()?
        .trim()
        .to_owned();
    (said.status.success() && !line.is_empty()).then_some(line)
}

/// What a file in `/proc` says of a name.
fn field(file: &str, name: &str) -> Option<String> {
    let text = fs::read_to_string(file).ok()?;
    let line = text.lines().find(|line| line.starts_with(name))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}

/// How many programs wanted to run, in the last 1, 5 and 15 minutes.
fn load() -> Option<String> {
    let text = fs::read_to_string("/proc/loadavg").ok()?;
    let numbers: Vec<_> = text.split_whitespace().take(3).collect();
    Some(numbers.join(", "))
}
