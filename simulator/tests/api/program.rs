//! `simulator serve`, as a process.

use std::{
    io::{BufRead, BufReader},
    net::TcpListener,
    process::{Child, Command, Stdio},
};

const SECRET: &str = "1ad8eed133edf43cbcc185f0236828ae";

fn serve(flags: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_simulator"));
    command
        .arg("serve")
        .args(flags)
        .env_remove("RUST_LOG")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// What it says on standard error when it does not start.
fn fault_of(mut command: Command) -> String {
    let output = command.output().unwrap();
    assert!(!output.status.success());
    String::from_utf8(output.stderr).unwrap()
}

struct Running {
    child: Child,
    /// What it said when it started.
    said: String,
}

impl Running {
    fn start(flags: &[&str], last_words: &str) -> Self {
        let mut child = serve(flags).stderr(Stdio::null()).spawn().unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut said = String::new();
        while !said.contains(last_words) {
            assert_ne!(stdout.read_line(&mut said).unwrap(), 0, "it ended: {said}");
        }
        Self { child, said }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

#[test]
fn a_port_in_use_is_told_with_the_flag_that_helps() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let fault = fault_of(serve(&["--listen", &address]));
    assert!(fault.starts_with("It did not work"), "{fault}");
    assert!(fault.contains(&address), "{fault}");
    assert!(fault.contains("another address with --listen"), "{fault}");
}

#[test]
fn a_wrong_account_is_named_by_its_place_and_not_quoted() {
    let right = format!("test=1,{SECRET}");
    let wrong = format!("prod=2,{SECRET}");
    let fault = fault_of(serve(&["--account", &right, "--account", &wrong]));
    assert!(fault.contains("account number 2"), "{fault}");
    assert!(!fault.contains(SECRET), "{fault}");
}

#[tokio::test]
async fn its_first_screen_holds_a_call_that_works() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let running = Running::start(&["--listen", "0.0.0.0:0"], "--control-token");
    let said = &running.said;
    assert!(said.contains("control plane (/__sim/) is shut"), "{said}");
    let call = said.split("curl '").nth(1).unwrap();
    let call = call.split('\'').next().unwrap();
    assert!(call.starts_with("http://127.0.0.1:"), "{call}");
    let answer = reqwest::get(call).await.unwrap();
    assert_eq!(answer.status(), 200);
    assert!(answer.text().await.unwrap().contains("ExpressPlayToken="));
}
