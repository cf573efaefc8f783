//! `make bench`: how fast the simulator is, beside a bare handler and beside its peers.
//!
//! | module | what |
//! |---|---|
//! | `load`, `connection` | the load generator: keep-alive connections, prepared requests, latencies |
//! | `subject` | a program under load: how it starts, how much memory it took |
//! | `ours`, `records` | the simulator, its requests, and its log of ten million records |
//! | `peers` | mountebank, WireMock and Prism |
//! | `report`, `machine` | the table, and what it was made on |
//!
//! `bench WORD` measures what has the word in its name, and writes no table.
//!
//! Load generator and program under load share the machine, as they do where a suite runs. Every
//! request is written beforehand, signatures included, and every answer must be a 200.

mod connection;
mod load;
mod machine;
mod ours;
mod peers;
mod records;
mod report;
mod subject;

use std::{
    error::Error,
    io::{self, Write},
    net::SocketAddr,
    path::PathBuf,
    process::ExitCode,
    time::Duration,
};

use load::{Plan, Requests};
use report::{Row, Shape};
use subject::{Launch, Subject};

type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

/// The connections of each run, the one that ratios go by first.
const CONNECTIONS: [usize; 3] = [64, 16, 256];
/// How often a program is started; the median counts.
const STARTS: usize = 3;

/// What a run needs.
struct Bench {
    /// The checkout.
    root: PathBuf,
    /// On the checkout's own disk: a folder for temporary files may be in memory, where nothing is
    /// durable.
    folder: tempfile::TempDir,
    /// Where our programs are.
    programs: PathBuf,
    /// What is measured has this in its name.
    only: String,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say(&format!("The benchmark did not end: {error}."));
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<()> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..");
    let program = std::env::current_exe()?;
    let programs = program.parent().ok_or("this program is nowhere")?;
    let bench = Bench {
        folder: tempfile::tempdir_in(programs)?,
        programs: programs.to_owned(),
        only: std::env::args().nth(1).unwrap_or_default(),
        root,
    };
    let mut machine = machine::Machine::look(&bench)?;
    say(&machine.to_string());

    let mut rows = vec![];
    let answers = ours::Answers::of_simulator(&bench).await?;
    rows.extend(ours::bare(&bench, &answers).await?);
    rows.extend(ours::tokens(&bench).await?);
    rows.extend(ours::plain(&bench).await?);
    rows.extend(ours::signed(&bench).await?);
    rows.extend(records::measure(&bench, Shape::TenThousand, &mut machine).await?);
    rows.extend(records::measure(&bench, Shape::TenMillion, &mut machine).await?);
    rows.extend(peers::measure(&bench, &answers, &mut machine).await?);
    machine.look_again();

    if bench.only.is_empty() {
        let report = report::write(&machine, &rows);
        std::fs::write(bench.root.join("docs/bench.md"), &report)?;
        say(&report);
    }
    Ok(())
}

impl Bench {
    /// Puts a program under load, at each number of connections, and stops it.
    async fn measure(
        &self,
        shape: Shape,
        name: &str,
        launch: impl Fn(usize) -> Result<Launch>,
        requests: impl AsyncFn(SocketAddr, Plan) -> Result<Requests>,
    ) -> Result<Option<Row>> {
        if !self.wants(name) {
            return Ok(None);
        }
        let mut starts = vec![];
        for number in 0..STARTS - 1 {
            starts.push(Subject::start(self, launch(number)?).await?.ready);
        }
        // The last one stays, and is put under load.
        let subject = Subject::start(self, launch(STARTS - 1)?).await?;
        starts.push(subject.ready);
        starts.sort();
        let (mut levels, mut cpu) = (vec![], vec![]);
        for connections in CONNECTIONS {
            let plan = Plan::of(connections, connections == CONNECTIONS[0]);
            let requests = requests(subject.address, plan).await?;
            let before = subject.cpu_micros();
            let level = load::run(subject.address, requests, plan).await?;
            let after = subject.cpu_micros();
            let per_answer =
                |(before, after): (u64, u64)| after.saturating_sub(before) / level.answers.max(1);
            cpu.push(before.zip(after).map(per_answer));
            say(&format!("{name}: {level}"));
            levels.push(level);
        }
        let row = Row {
            shape,
            name: name.to_owned(),
            ready: starts[STARTS / 2],
            peak_kb: subject.peak_kb(),
            cpu_micros: cpu.first().copied().flatten(),
            levels,
        };
        let [cpu, memory] = row.costs();
        say(&format!(
            "{name}: {cpu} of CPU per answer, {memory} at its peak"
        ));
        Ok(Some(row))
    }

    /// Whether what has this name is to be measured.
    fn wants(&self, name: &str) -> bool {
        name.contains(&self.only)
    }

    /// The same for one prepared list of requests.
    async fn measure_same(
        &self,
        shape: Shape,
        name: &str,
        launch: impl Fn(usize) -> Result<Launch>,
        requests: impl Fn(SocketAddr) -> Result<Vec<Vec<u8>>>,
    ) -> Result<Option<Row>> {
        self.measure(shape, name, launch, async |address, _| {
            Ok(Requests::again_and_again(requests(address)?))
        })
        .await
    }
}

impl Plan {
    /// Longer for the numbers that count, and for the first, before which nothing is warm.
    const fn of(connections: usize, long: bool) -> Self {
        let (warm, measured) = if long { (3, 5) } else { (1, 3) };
        Self {
            connections,
            warm: Duration::from_secs(warm),
            measured: Duration::from_secs(measured),
        }
    }
}

/// Tells whoever waits how far it is.
fn say(text: &str) {
    // Nobody may be listening, and the table is written all the same.
    let _ = writeln!(io::stdout().lock(), "{text}");
}
