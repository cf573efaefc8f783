//! The program itself: what it says when it starts, and why it does not.

use std::{
    io::{BufRead, BufReader, Read},
    net::TcpListener,
    process::{Child, Command, Output, Stdio},
};

use tempfile::TempDir;

use crate::common::{ALICE, Browser};

const AUTHENTICATOR: &str = "201722,1ad8eed133edf43cbcc185f0236828ae";
const CATALOGUE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../media/catalogue.toml");

fn server(folder: &TempDir) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_server"));
    command
        .current_dir(folder.path())
        .env_remove("RUST_LOG")
        .env("BINDERY_LISTEN", "127.0.0.1:0")
        .env("BINDERY_CATALOGUE", CATALOGUE)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

fn fails(command: &mut Command) -> String {
    let Output { status, stderr, .. } = command.output().unwrap();
    assert!(!status.success());
    String::from_utf8(stderr).unwrap()
}

/// A server that runs; it is killed when the test ends.
struct Running {
    child: Child,
    stdout: BufReader<std::process::ChildStdout>,
    said: String,
    url: String,
}

impl Running {
    fn start(command: &mut Command) -> Self {
        let mut child = command.stderr(Stdio::null()).spawn().unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut said = String::new();
        while !said.contains("Ctrl-C") {
            assert_ne!(stdout.read_line(&mut said).unwrap(), 0, "it ended: {said}");
        }
        let url = said
            .lines()
            .find_map(|line| line.strip_prefix("Bindery is open: "))
            .unwrap();
        Self {
            url: url.to_owned(),
            child,
            stdout,
            said,
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself, which is as good.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[tokio::test]
async fn the_program_says_where_it_is_and_whom_to_sign_in_as_and_ends_when_told() {
    let folder = tempfile::tempdir().unwrap();
    let mut running = Running::start(
        server(&folder)
            .env("BINDERY_SIMULATOR_LISTEN", "127.0.0.1:0")
            .args(["--customer-authenticator", AUTHENTICATOR]),
    );
    assert!(running.said.contains(ALICE) && running.said.contains("demo"));
    assert!(
        !running.said.contains(&AUTHENTICATOR[7..]),
        "nothing secret"
    );
    let browser = Browser::new(&running.url);
    browser.sign_in(ALICE, "demo").await;
    assert!(browser.is_signed_in().await);
    assert!(folder.path().join("data/bindery.db").exists());
    assert!(folder.path().join("data/bindery-expressplay.db").exists());

    let id = running.child.id().to_string();
    assert!(
        Command::new("kill")
            .args(["-TERM", &id])
            .status()
            .unwrap()
            .success()
    );
    assert!(
        running.child.wait().unwrap().success(),
        "told to end, it ends well"
    );
    let mut rest = String::new();
    running.stdout.read_to_string(&mut rest).unwrap();
}

#[tokio::test]
async fn without_demo_data_there_is_nobody_to_sign_in_as() {
    let folder = tempfile::tempdir().unwrap();
    let running = Running::start(server(&folder).args([
        "--simulator-listen",
        "127.0.0.1:0",
        "--no-demo-data",
    ]));
    assert!(!running.said.contains(ALICE));
    let browser = Browser::new(&running.url);
    browser.sign_in(ALICE, "demo").await;
    assert!(!browser.is_signed_in().await);
}

#[test]
fn flags_that_do_not_go_together_end_the_program_with_a_reason() {
    let folder = tempfile::tempdir().unwrap();
    let real = ["--expressplay-url", "https://{host}.test.expressplay.com"];
    let fault = fails(server(&folder).args(real));
    assert!(fault.contains("--customer-authenticator"), "{fault}");
    let known = ["--customer-authenticator", AUTHENTICATOR];
    let fault = fails(
        server(&folder)
            .args(real)
            .args(known)
            .arg("--test-controls"),
    );
    assert!(fault.contains("--test-controls"), "{fault}");
    assert!(!fault.contains(&AUTHENTICATOR[7..]));
    let fault = fails(server(&folder).args(["--cdm", "widevine"]));
    assert!(fault.contains("--expressplay-url"), "{fault}");
}

#[test]
fn a_port_in_use_is_told_and_ends_the_program() {
    let folder = tempfile::tempdir().unwrap();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let fault = fails(server(&folder).args(["--listen", &address]));
    assert!(
        fault.contains(&address) && fault.contains("--listen"),
        "{fault}"
    );
    let fault = fails(server(&folder).args(["--simulator-listen", &address]));
    assert!(
        fault.contains(&address) && fault.contains("ExpressPlay"),
        "{fault}"
    );
}

#[test]
fn a_catalogue_that_is_not_there_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let fault = fails(server(&folder).args(["--catalogue", "nowhere.toml"]));
    assert!(fault.contains("nowhere.toml"), "{fault}");
}
