//! curl, a client that is not ours, and the certificates that it shows.

use std::{
    path::PathBuf,
    process::{Command, Output},
};

use serde_json::Value;
use server::{certificates, mutual_tls::Files};
use simulator::Clock;
use tempfile::TempDir;

/// A set of certificates, made as for a trial.
pub(crate) struct Certificates {
    folder: TempDir,
    /// What the server reads of it.
    pub(crate) files: Files,
}

impl Certificates {
    pub(crate) fn new() -> Self {
        Self::by(&Clock::default())
    }

    /// Made when that clock shows.
    pub(crate) fn by(clock: &Clock) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let trial = certificates::make(&folder.path().join("made"), &[], clock).unwrap();
        Self {
            folder,
            files: trial.server_files(),
        }
    }

    /// The path of one of its files.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join("made").join(name)
    }

    /// curl, which trusts the server of this set and has nothing to show.
    pub(crate) fn stranger(&self) -> Command {
        let mut curl = Command::new("curl");
        // What it prints last is the status: 000 where there was no answer.
        curl.args(["-sS", "--max-time", "60", "-w", "\n%{http_code}"])
            .arg("--cacert")
            .arg(self.path("ca.pem"));
        curl
    }

    /// curl as the client of this set.
    pub(crate) fn client(&self) -> Command {
        let mut curl = self.stranger();
        curl.arg("--cert").arg(self.path("client.pem"));
        curl.arg("--key").arg(self.path("client-key.pem"));
        curl
    }
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: String,
    pub(crate) body: Value,
}

/// Runs a program while this test goes on serving.
pub(crate) async fn run(mut command: Command) -> Output {
    let output = tokio::task::spawn_blocking(move || command.output());
    output.await.unwrap().unwrap()
}

/// An answer in JSON.
pub(crate) async fn answer(mut curl: Command) -> Answer {
    curl.arg("-i");
    let output = run(curl).await;
    let said = String::from_utf8(output.stdout).unwrap();
    let complained = String::from_utf8(output.stderr).unwrap();
    let (said, status) = said.rsplit_once('\n').unwrap();
    // An interim answer (100 Continue) comes before it.
    let start = said.rfind("HTTP/1.1 ").unwrap_or_else(|| {
        panic!("no answer: {complained}");
    });
    let (headers, body) = said[start..].split_once("\r\n\r\n").unwrap();
    Answer {
        status: status.parse().unwrap(),
        headers: headers.to_lowercase(),
        body: serde_json::from_str(body).unwrap_or_else(|_| panic!("no JSON: {body}")),
    }
}

/// What it complains of where there is no answer at all.
pub(crate) async fn no_answer(curl: Command) -> String {
    let output = run(curl).await;
    assert!(!output.status.success());
    assert_eq!(String::from_utf8(output.stdout).unwrap(), "\n000");
    String::from_utf8(output.stderr).unwrap()
}
