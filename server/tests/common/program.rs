//! The program itself, as a process.

use std::{
    io::{BufRead, BufReader},
    process::{Child, ChildStdout, Command, Stdio},
};

use tempfile::TempDir;

pub(crate) const AUTHENTICATOR: &str = "201722,1ad8eed133edf43cbcc185f0236828ae";
pub(crate) const CATALOGUE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../media/catalogue.toml");

/// The program, to be run in a folder of its own, on a free port, and with nothing from whoever runs
/// the tests.
pub(crate) fn server(folder: &TempDir) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_server"));
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("BINDERY_") {
            command.env_remove(name);
        }
    }
    command
        .current_dir(folder.path())
        .env_remove("RUST_LOG")
        .env("BINDERY_LISTEN", "127.0.0.1:0")
        .env("BINDERY_CATALOGUE", CATALOGUE)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// A server that runs; it is killed when the test ends.
pub(crate) struct Running {
    pub(crate) child: Child,
    pub(crate) stdout: BufReader<ChildStdout>,
    /// What it said when it started.
    pub(crate) said: String,
    pub(crate) url: String,
}

impl Running {
    pub(crate) fn start(command: &mut Command) -> Self {
        let mut child = command.stderr(Stdio::null()).spawn().unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut said = String::new();
        while !said.contains("Ctrl-C") {
            assert_ne!(stdout.read_line(&mut said).unwrap(), 0, "it ended: {said}");
        }
        let mut running = Self {
            child,
            stdout,
            said,
            url: String::new(),
        };
        running.url = running.line("Bindery is open: ");
        running
    }

    /// What it said behind these words.
    pub(crate) fn line(&self, words: &str) -> String {
        let line = self.said.lines().find_map(|line| line.strip_prefix(words));
        line.unwrap_or_else(|| panic!("it did not say {words}: {}", self.said))
            .to_owned()
    }

    /// Ends it as a power cut would.
    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself, which is as good.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
