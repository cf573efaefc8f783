//! What the server and the simulator logged in this test run, at every level.

use std::{
    io,
    sync::{Mutex, OnceLock, PoisonError},
};

use tracing_subscriber::EnvFilter;

static LOG: Mutex<Vec<u8>> = Mutex::new(vec![]);
static STARTED: OnceLock<()> = OnceLock::new();

struct Keep;

impl io::Write for Keep {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        LOG.lock()
            .unwrap_or_else(PoisonError::into_inner)
            .extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// From now on the log is kept.
pub(crate) fn keep() {
    STARTED.get_or_init(|| {
        tracing_subscriber::fmt()
            .with_env_filter(EnvFilter::new(
                "info,server=trace,simulator=trace,expressplay=trace,app=trace,tower_http=trace,sqlx=trace",
            ))
            .with_ansi(false)
            .with_writer(|| Keep)
            .init();
    });
}

/// Everything that was logged so far.
pub(crate) fn text() -> String {
    String::from_utf8_lossy(&LOG.lock().unwrap_or_else(PoisonError::into_inner)).into_owned()
}

/// The steps that the server logged for a cookie, in order.
pub(crate) fn steps_of(cookie: &str) -> Vec<u8> {
    text()
        .lines()
        .filter(|line| line.contains("server::entitlement") && line.contains(cookie))
        .filter_map(|line| line.split_once("step=")?.1.bytes().next())
        .map(|digit| digit - b'0')
        .collect()
}
