//! The entitlement server from the command line: certificates for a trial, the flags, the end.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::Path,
    process::{Command, Output},
};

use serde_json::Value;
use tempfile::TempDir;

use crate::common::{
    curl::{self, Certificates},
    program::{Running, server},
};

const FOLDER: &str = "it's a trial";

fn succeeds(command: &mut Command) -> String {
    let Output {
        status,
        stdout,
        stderr,
    } = command.output().unwrap();
    assert!(status.success(), "{}", String::from_utf8_lossy(&stderr));
    String::from_utf8(stdout).unwrap()
}

fn fails(command: &mut Command) -> String {
    let Output { status, stderr, .. } = command.output().unwrap();
    assert!(!status.success());
    String::from_utf8(stderr).unwrap()
}

fn make(folder: &TempDir, arguments: &[&str]) -> Command {
    let mut command = server(folder);
    command.arg("make-certificates").args(arguments);
    command
}

/// The server, with all that its entitlement server needs.
fn whole(folder: &TempDir, certificates: &Certificates) -> Command {
    let mut command = server(folder);
    command
        .args(["--simulator-listen", "127.0.0.1:0"])
        .env("BINDERY_ENTITLEMENT_LISTEN", "127.0.0.1:0")
        .env(
            "BINDERY_ENTITLEMENT_CERTIFICATE",
            &certificates.files.certificate,
        )
        .env("BINDERY_ENTITLEMENT_KEY", &certificates.files.key)
        .env(
            "BINDERY_ENTITLEMENT_CLIENT_CA",
            &certificates.files.client_ca,
        );
    command
}

/// A command that was shown, its lines joined as a shell does.
fn shown(said: &str, start: &str) -> String {
    let said = said.replace("\\\n", "");
    let line = said.lines().find(|line| line.trim().starts_with(start));
    line.unwrap_or_else(|| panic!("it does not show {start}: {said}"))
        .trim()
        .to_owned()
}

fn in_shell(folder: &TempDir, line: &str) -> Command {
    let mut shell = Command::new("bash");
    shell
        .args(["-euo", "pipefail", "-c", line])
        .current_dir(folder.path());
    shell
}

#[tokio::test]
async fn the_commands_that_make_certificates_shows_work_as_they_stand() {
    let folder = tempfile::tempdir().unwrap();
    let said = succeeds(&mut make(&folder, &[FOLDER, "--host", "sees.example.com"]));
    assert!(said.contains("sees.example.com"), "{said}");

    // The start line is for port 3443, which another program may have.
    let program = env!("CARGO_BIN_EXE_server");
    let start = shown(&said, program).replace("127.0.0.1:3443", "127.0.0.1:0");
    let flags = start.strip_prefix(program).unwrap();
    let mut command = server(&folder);
    let environment: Vec<_> = command
        .get_envs()
        .filter_map(|(name, value)| Some((name.to_owned(), value?.to_owned())))
        .collect();
    command = in_shell(
        &folder,
        &format!("exec {program} --simulator-listen 127.0.0.1:0 {flags}"),
    );
    command
        .envs(environment)
        .stdout(std::process::Stdio::piped());
    let running = Running::start(&mut command);
    let url = running.line("The entitlement server, over mutual TLS: ");
    let port = url.split([':', '/']).nth(4).unwrap();

    let call = shown(&said, "curl").replace("localhost:3443", &format!("localhost:{port}"));
    let answer = curl::run(in_shell(&folder, &call)).await;
    let answer: Value = serde_json::from_slice(&answer.stdout).unwrap();
    assert_eq!(answer["isAllowed"], true, "{answer}");
}

#[test]
fn keys_are_for_their_owner_alone_and_nothing_is_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    let said = succeeds(&mut make(&folder, &["a/b"]));
    let made = folder.path().join("a/b");
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let mut names = vec![];
    for file in fs::read_dir(&made).unwrap() {
        let path = file.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let pem = fs::read_to_string(&path).unwrap();
        let private = pem.contains("PRIVATE KEY");
        assert_eq!(private, name.ends_with("-key.pem"));
        assert_eq!(mode(&path), if private { 0o600 } else { 0o644 }, "{name}");
        assert!(said.contains(&name), "{said}");
        assert!(!said.contains(pem.lines().nth(1).unwrap()), "{said}");
        names.push((name, pem));
    }
    assert_eq!(names.len(), 5);
    assert_eq!(mode(&made), 0o700);

    fs::remove_file(made.join("ca.pem")).unwrap();
    let fault = fails(&mut make(&folder, &["a/b"]));
    assert!(fault.contains("a/b/server.pem"), "{fault}");
    assert!(fault.contains("nothing is overwritten"), "{fault}");
    assert!(!made.join("ca.pem").exists(), "nor is half a set left");
    for (name, pem) in names.iter().filter(|(name, _)| name != "ca.pem") {
        assert_eq!(&fs::read_to_string(made.join(name)).unwrap(), pem);
    }
    for none in ["a b", "*.example.com", "", "https://example.com"] {
        let fault = fails(&mut make(&folder, &["elsewhere", "--host", none]));
        assert!(fault.contains("--host"), "{fault}");
    }
    assert!(!folder.path().join("elsewhere").exists());
    let fault = fails(&mut make(&folder, &["a/b/server.pem"]));
    assert!(
        fault.contains("a/b/server.pem cannot be written"),
        "{fault}"
    );
}

#[test]
fn half_an_entitlement_server_is_told_what_it_lacks() {
    let folder = tempfile::tempdir().unwrap();
    let certificates = Certificates::new();
    for (variable, flag) in [
        ("BINDERY_ENTITLEMENT_LISTEN", "--entitlement-listen"),
        (
            "BINDERY_ENTITLEMENT_CERTIFICATE",
            "--entitlement-certificate",
        ),
        ("BINDERY_ENTITLEMENT_KEY", "--entitlement-key"),
        ("BINDERY_ENTITLEMENT_CLIENT_CA", "--entitlement-client-ca"),
    ] {
        let fault = fails(whole(&folder, &certificates).env_remove(variable));
        assert!(fault.contains(&format!("missing: {flag}.")), "{fault}");
        assert!(fault.contains("make-certificates"), "{fault}");
    }
}

#[test]
fn a_file_or_an_address_that_will_not_do_ends_the_program_with_the_flag_that_names_it() {
    let folder = tempfile::tempdir().unwrap();
    let certificates = Certificates::new();
    for (variable, value, words) in [
        (
            "BINDERY_ENTITLEMENT_KEY",
            "nowhere.pem",
            "--entitlement-key nowhere.pem: it cannot be read",
        ),
        (
            "BINDERY_ENTITLEMENT_CLIENT_CA",
            "/dev/null",
            "--entitlement-client-ca /dev/null: it holds no certificate in PEM",
        ),
    ] {
        let fault = fails(whole(&folder, &certificates).env(variable, value));
        assert!(fault.starts_with("It did not work: "), "{fault}");
        assert!(fault.contains(words), "{fault}");
    }
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let fault = fails(whole(&folder, &certificates).env("BINDERY_ENTITLEMENT_LISTEN", &address));
    assert!(fault.contains("with --entitlement-listen"), "{fault}");
}

#[tokio::test]
async fn told_to_end_it_lets_the_entitlement_server_end_too() {
    let folder = tempfile::tempdir().unwrap();
    let certificates = Certificates::new();
    let mut running = Running::start(&mut whole(&folder, &certificates));
    let url = running.line("The entitlement server, over mutual TLS: ");
    let mut call = certificates.client();
    call.args([&url, "-d", "{}"]);
    assert_eq!(curl::answer(call).await.status, 400);
    // Somebody who has connected and says nothing keeps nobody.
    let address = url.replace("https://", "").replace("/entitlement", "");
    let _silent = std::net::TcpStream::connect(&address).unwrap();

    let id = running.child.id().to_string();
    let told = Command::new("kill").args(["-TERM", &id]).status().unwrap();
    assert!(told.success());
    assert!(running.child.wait().unwrap().success());
    assert!(std::net::TcpStream::connect(&address).is_err());
}
