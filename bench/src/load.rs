//! The load generator: each connection sends its next request as soon as it has its answer.

use std::{
    fmt,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use hdrhistogram::Histogram;
use simulator::Clock;

use crate::{Result, connection::Connection};

/// How a program is put under load.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Plan {
    pub(crate) connections: usize,
    /// For so long nothing is counted.
    pub(crate) warm: Duration,
    pub(crate) measured: Duration,
}

/// What is sent, shared by all connections.
pub(crate) struct Requests {
    all: Vec<Vec<u8>>,
    /// Whether a request is good for one use.
    once: bool,
}

/// What came of a run.
#[derive(Debug, Clone)]
pub(crate) struct Level {
    pub(crate) connections: usize,
    pub(crate) per_second: f64,
    pub(crate) p50: Duration,
    pub(crate) p99: Duration,
    /// How many answers there were, those of the warm-up included.
    pub(crate) answers: u64,
}

impl Requests {
    /// Sent in turn, from the first again after the last.
    pub(crate) const fn again_and_again(all: Vec<Vec<u8>>) -> Self {
        Self { all, once: false }
    }

    /// Each sent once; the run is over when there are none left.
    pub(crate) const fn once(all: Vec<Vec<u8>>) -> Self {
        Self { all, once: true }
    }

    fn get(&self, number: usize) -> Option<&[u8]> {
        let place = if self.once {
            number
        } else {
            number % self.all.len()
        };
        self.all.get(place).map(Vec::as_slice)
    }
}

struct Run {
    requests: Requests,
    next: AtomicUsize,
    clock: Clock,
    from: Instant,
    until: Instant,
}

/// What a connection saw.
struct Seen {
    answers: u64,
    micros: Vec<u32>,
    last: Instant,
}

/// Puts a program under load.
///
/// # Errors
/// Where a connection breaks, or an answer is no 200.
pub(crate) async fn run(address: SocketAddr, requests: Requests, plan: Plan) -> Result<Level> {
    let mut connections = vec![];
    for _ in 0..plan.connections {
        connections.push(Connection::open(address).await?);
    }
    let clock = Clock::default();
    let from = clock.monotonic() + plan.warm;
    let run = Arc::new(Run {
        requests,
        next: AtomicUsize::new(0),
        clock,
        from,
        until: from + plan.measured,
    });
    let tasks: Vec<_> = connections
        .into_iter()
        .map(|connection| tokio::spawn(drive(Arc::clone(&run), connection)))
        .collect();
    let mut histogram = Histogram::<u64>::new(3)?;
    let (mut last, mut answers) = (run.from, 0);
    for task in tasks {
        let seen = task.await??;
        answers += seen.answers;
        last = last.max(seen.last);
        for micros in seen.micros {
            histogram.record(micros.into())?;
        }
    }
    if histogram.is_empty() {
        return Err("there were too few requests to measure anything".into());
    }
    let seconds = (last - run.from).as_secs_f64();
    let at = |quantile| Duration::from_micros(histogram.value_at_quantile(quantile));
    Ok(Level {
        connections: plan.connections,
        per_second: histogram.len() as f64 / seconds,
        p50: at(0.5),
        p99: at(0.99),
        answers,
    })
}

async fn drive(run: Arc<Run>, mut connection: Connection) -> Result<Seen> {
    let mut seen = Seen {
        answers: 0,
        micros: vec![],
        last: run.from,
    };
    loop {
        let started = run.clock.monotonic();
        if started >= run.until {
            return Ok(seen);
        }
        let number = run.next.fetch_add(1, Ordering::Relaxed);
        let Some(request) = run.requests.get(number) else {
            return Ok(seen);
        };
        connection.exchange(request).await?;
        seen.answers += 1;
        let ended = run.clock.monotonic();
        if ended >= run.from && ended <= run.until {
            let micros = (ended - started).as_micros();
            seen.micros.push(u32::try_from(micros).unwrap_or(u32::MAX));
            seen.last = ended;
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            connections,
            per_second,
            p50,
            p99,
            ..
        } = self;
        write!(
            f,
            "{per_second:.0} requests/s at {connections} connections, p50 {p50:?}, p99 {p99:?}"
        )
    }
}

#[cfg(test)]
mod tests {
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::TcpListener,
    };

    use super::*;

    /// Answers every request, which is three digits, with them as the status.
    async fn echo_status() -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                tokio::spawn(async move {
                    let mut request = [0; 3];
                    while stream.read_exact(&mut request).await.is_ok() {
                        let status = String::from_utf8_lossy(&request).into_owned();
                        let answer = format!("HTTP/1.1 {status} X\r\ncontent-length: 0\r\n\r\n");
                        stream.write_all(answer.as_bytes()).await.unwrap();
                    }
                });
            }
        });
        address
    }

    const PLAN: Plan = Plan {
        connections: 4,
        warm: Duration::ZERO,
        measured: Duration::from_millis(50),
    };

    #[tokio::test]
    async fn a_run_counts_what_was_answered() {
        let address = echo_status().await;
        let requests = Requests::again_and_again(vec![b"200".to_vec()]);
        let level = run(address, requests, PLAN).await.unwrap();
        assert_eq!(level.connections, 4);
        assert!(level.per_second > 0.0 && level.p50 <= level.p99);
    }

    #[tokio::test]
    async fn a_refusal_ends_the_run() {
        let address = echo_status().await;
        let requests = Requests::once(vec![b"200".to_vec(), b"403".to_vec()]);
        let error = run(address, requests, PLAN).await.unwrap_err();
        assert!(error.to_string().contains("403"), "{error}");
    }
}
