//! A program under load: started, waited for, looked at, stopped.

use std::{
    ffi::OsString,
    fs::{self, File},
    net::{Ipv4Addr, SocketAddr, TcpListener},
    process::{Child, Command, Stdio},
    time::Duration,
};

use simulator::Clock;

use crate::{Bench, Result, connection::Connection};

/// How long a program may take until it answers.
const PATIENCE: Duration = Duration::from_secs(60);

/// How a program is started, to listen at an address.
pub(crate) struct Launch {
    pub(crate) address: SocketAddr,
    pub(crate) program: OsString,
    pub(crate) arguments: Vec<OsString>,
    /// Once this is answered with 200, it is ready.
    pub(crate) probe: Vec<u8>,
}

/// A program that answers. Dropped, it is stopped.
pub(crate) struct Subject {
    pub(crate) address: SocketAddr,
    /// How long it took until it answered.
    pub(crate) ready: Duration,
    child: Child,
}

impl Subject {
    pub(crate) async fn start(bench: &Bench, launch: Launch) -> Result<Self> {
        let log = bench.folder.path().join("said.log");
        let mut command = Command::new(&launch.program);
        command
            .args(&launch.arguments)
            .current_dir(bench.folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(File::create(&log)?);
        let clock = Clock::default();
        let started = clock.monotonic();
        let child = command
            .spawn()
            .map_err(|error| format!("{} does not start: {error}", launch.program.display()))?;
        let mut subject = Self {
            address: launch.address,
            ready: Duration::ZERO,
            child,
        };
        loop {
            let answered = match Connection::open(launch.address).await {
                Ok(mut connection) => connection.exchange(&launch.probe).await.is_ok(),
                Err(_) => false,
            };
            subject.ready = started.elapsed();
            if answered {
                return Ok(subject);
            }
            if subject.ready > PATIENCE || subject.child.try_wait()?.is_some() {
                let said = fs::read_to_string(&log).unwrap_or_default();
                return Err(format!("{} is not ready: {said}", launch.program.display()).into());
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }

    /// The most memory that it and its children had resident, as far as the system tells.
    pub(crate) fn peak_kb(&self) -> Option<u64> {
        self.tree().into_iter().map(peak_kb_of).sum()
    }

    /// How many microseconds of the processors' time it and its children have had, as far as the
    /// system tells.
    pub(crate) fn cpu_micros(&self) -> Option<u64> {
        self.tree().into_iter().map(cpu_micros_of).sum()
    }

    fn tree(&self) -> Vec<u32> {
        let mut tree = vec![self.child.id()];
        let mut seen = 0;
        while seen < tree.len() {
            tree.extend(children_of(tree[seen]));
            seen += 1;
        }
        tree
    }
}

impl Drop for Subject {
    fn drop(&mut self) {
        // One that has ended by itself needs no killing.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn peak_kb_of(process: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|it| it.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix(" kB")?.parse().ok()
}

/// User's and system's time, which Linux counts in hundredths of a second (proc(5)).
fn cpu_micros_of(process: u32) -> Option<u64> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // The program's name, in brackets, may hold anything.
    let (_, fields) = stat.rsplit_once(')')?;
    let mut times = fields.split_whitespace().skip(11);
    let mut next = || times.next()?.parse::<u64>().ok();
    Some((next()? + next()?) * 10_000)
}

fn children_of(process: u32) -> Vec<u32> {
    let path = format!("/proc/{process}/task/{process}/children");
    let list = fs::read_to_string(path).unwrap_or_default();
    let numbers = list.split_whitespace();
    numbers.filter_map(|number| number.parse().ok()).collect()
}

/// An address that nobody listens at.
pub(crate) fn free_address() -> Result<SocketAddr> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    Ok(listener.local_addr()?)
}
