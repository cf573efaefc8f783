//! `simulator serve`, as a process.

use std::{
    io::{BufRead, BufReader, Read},
    path::Path,
    process::{Child, ChildStderr, Command, ExitStatus, Stdio},
};

/// The program with these flags, and none of its settings from the environment.
pub(crate) fn serve(flags: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_simulator"));
    command
        .arg("serve")
        .args(flags)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    without_settings(&mut command);
    command
}

/// Keeps from a program what whoever runs the tests has set for a simulator of their own.
pub(crate) fn without_settings(command: &mut Command) {
    for (name, _) in std::env::vars_os() {
        let set = name.to_string_lossy();
        if set == "RUST_LOG" || set.starts_with("SIMULATOR_") {
            command.env_remove(&name);
        }
    }
}

/// The flags of a database in a folder, and of a port that is free.
pub(crate) fn in_folder(folder: &Path) -> [String; 4] {
    [
        "--listen".to_owned(),
        "127.0.0.1:0".to_owned(),
        "--database".to_owned(),
        format!("sqlite://{}/simulator.db", folder.display()),
    ]
}

/// What it says on standard error when it does not start.
pub(crate) fn fault_of(mut command: Command) -> String {
    let output = command.output().unwrap();
    assert!(!output.status.success());
    String::from_utf8(output.stderr).unwrap()
}

/// A simulator that runs; it is killed when the test ends.
pub(crate) struct Running {
    child: Child,
    stderr: Option<ChildStderr>,
    /// What it said when it started.
    pub(crate) said: String,
    pub(crate) url: String,
}

impl Running {
    /// Starts it, and waits until it says that it is there. Its standard error is kept if it says
    /// little: nobody reads it before it ends.
    pub(crate) fn start(command: &mut Command) -> Self {
        let mut child = command.spawn().unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut said = String::new();
        while !said.contains("Ctrl-C") {
            assert_ne!(stdout.read_line(&mut said).unwrap(), 0, "it ended: {said}");
        }
        let url = said.lines().next().unwrap().rsplit(' ').next().unwrap();
        let url = url.to_owned();
        let stderr = child.stderr.take();
        Self {
            child,
            stderr,
            said,
            url,
        }
    }

    pub(crate) fn quietly(flags: &[&str]) -> Self {
        Self::start(serve(flags).stderr(Stdio::null()))
    }

    /// Ends it as a power cut would.
    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Tells it to end, as a process manager does.
    pub(crate) fn tell_to_end(&self) {
        let told = Command::new("kill")
            .args(["-TERM", &self.child.id().to_string()])
            .status();
        assert!(told.unwrap().success());
    }

    /// Waits until it has ended; how, and what it said on standard error.
    pub(crate) async fn ended(mut self) -> (ExitStatus, String) {
        let waiting = tokio::task::spawn_blocking(move || {
            let status = self.child.wait().unwrap();
            let mut said = String::new();
            if let Some(stderr) = &mut self.stderr {
                stderr.read_to_string(&mut said).unwrap();
            }
            (status, said)
        });
        waiting.await.unwrap()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself, which is as good.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
