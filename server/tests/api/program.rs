//! The program itself: what it says when it starts, and why it does not.

use std::{
    io::Read,
    net::TcpListener,
    process::{Command, Output},
};

use app::problem::Problem;

use crate::common::{
    ALICE, Browser,
    program::{AUTHENTICATOR, Running, server},
};

fn fails(command: &mut Command) -> String {
    let Output { status, stderr, .. } = command.output().unwrap();
    assert!(!status.success());
    String::from_utf8(stderr).unwrap()
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
    assert!(running.said.contains("no built site in target/site"));
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
async fn a_built_site_is_not_missed_where_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let pkg = folder.path().join("site/pkg");
    std::fs::create_dir_all(&pkg).unwrap();
    std::fs::write(pkg.join("bindery.css"), "").unwrap();
    let listen = ["--simulator-listen", "127.0.0.1:0", "--site", "site"];
    let running = Running::start(server(&folder).args(listen));
    assert!(!running.said.contains("built site"), "{}", running.said);
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

#[tokio::test]
async fn demo_viewers_of_an_earlier_start_cannot_sign_in_where_they_are_left_out() {
    let folder = tempfile::tempdir().unwrap();
    let listen = ["--simulator-listen", "127.0.0.1:0"];
    let mut first = Running::start(server(&folder).args(listen));
    let browser = Browser::new(&first.url);
    browser.sign_in(ALICE, "demo").await;
    assert!(browser.is_signed_in().await);
    let session = browser.cookie("bindery_session").unwrap();
    first.kill();

    let mut second = Running::start(server(&folder).args(listen).arg("--no-demo-data"));
    let browser = Browser::new(&second.url);
    browser.set_cookie("bindery_session", &session);
    assert!(!browser.is_signed_in().await, "nor does a session go on");
    browser.sign_in(ALICE, "demo").await;
    assert!(!browser.is_signed_in().await);
    let page = browser.get("/signin").await;
    assert!(page.tells_of(&Problem::WrongPassword));
    second.kill();

    let third = Running::start(server(&folder).args(listen));
    let browser = Browser::new(&third.url);
    browser.sign_in(ALICE, "demo").await;
    assert!(browser.is_signed_in().await, "they were not deleted");
}

#[test]
fn an_authenticator_with_a_typo_is_not_quoted() {
    let folder = tempfile::tempdir().unwrap();
    let secret = &AUTHENTICATOR[7..38];
    for typo in [
        format!("201722,{secret}"),
        format!("201722;{secret}0"),
        format!("-{secret}"),
    ] {
        let by_flag = fails(server(&folder).args(["--customer-authenticator", &typo]));
        let by_environment = fails(server(&folder).env("BINDERY_CUSTOMER_AUTHENTICATOR", &typo));
        for fault in [by_flag, by_environment] {
            assert!(fault.contains("32 hexadecimal digits"), "{fault}");
            assert!(!fault.contains(&secret[..8]), "{fault}");
        }
    }
}

#[tokio::test]
async fn a_flag_can_be_set_by_environment_with_a_one() {
    let folder = tempfile::tempdir().unwrap();
    let running = Running::start(
        server(&folder)
            .env("BINDERY_SIMULATOR_LISTEN", "127.0.0.1:0")
            .env("BINDERY_HTTPS", "1")
            .env("BINDERY_TEST_CONTROLS", "yes")
            .env("BINDERY_NO_DEMO_DATA", "0"),
    );
    assert!(running.said.contains(ALICE));
    let browser = Browser::new(&running.url);
    let answer = browser.sign_in(ALICE, "demo").await;
    assert!(answer.set_cookies[0].contains("Secure"));
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
fn a_database_that_another_shop_serves_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let flags = ["--simulator-listen", "127.0.0.1:0"];
    let mut first = Running::start(server(&folder).args(flags));
    let fault = fails(server(&folder).args(flags));
    assert!(fault.contains("another process serves it"), "{fault}");
    assert!(fault.contains("bindery.db"), "{fault}");
    first.kill();
    Running::start(server(&folder).args(flags));
}

#[test]
fn a_catalogue_that_is_not_there_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let fault = fails(server(&folder).args(["--catalogue", "nowhere.toml"]));
    assert!(fault.contains("nowhere.toml"), "{fault}");
}

#[tokio::test]
async fn a_viewer_is_added_with_a_password_from_standard_input() {
    let folder = tempfile::tempdir().unwrap();
    let add = |email: &str, password: &str| {
        let mut child = server(&folder)
            .args(["add-viewer", email])
            .stdin(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        std::io::Write::write_all(&mut child.stdin.take().unwrap(), password.as_bytes()).unwrap();
        let Output {
            status,
            stdout,
            stderr,
        } = child.wait_with_output().unwrap();
        let said = String::from_utf8([stdout, stderr].concat()).unwrap();
        assert!(!said.contains("open sesame"), "{said}");
        (status.success(), said)
    };
    assert!(add("carol@example.com", "open sesame\n").0);
    let (again, said) = add("Carol@example.com", "another\n");
    assert!(!again && said.contains("already"), "{said}");
    assert!(!add("carol", "open sesame\n").0, "no email");
    assert!(!add("dave@example.com", "\n").0, "no password");

    let flags = ["--simulator-listen", "127.0.0.1:0", "--no-demo-data"];
    let running = Running::start(server(&folder).args(flags));
    let browser = Browser::new(&running.url);
    browser.sign_in("carol@example.com", "open sesame").await;
    assert!(browser.is_signed_in().await);
}
