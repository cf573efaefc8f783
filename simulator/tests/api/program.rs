//! `simulator serve`, from its first screen to its end.

use std::{net::TcpListener, path::Path, process::Stdio};

use reqwest::{Client, StatusCode};
use serde_json::{Value, json};

use crate::process::{Running, fault_of, serve};

const SECRET: &str = "1ad8eed133edf43cbcc185f0236828ae";

fn http() -> Client {
    let _ = rustls::crypto::ring::default_provider().install_default();
    Client::new()
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
    let why = "account in place 2 is none: it does not begin with test= or production=";
    assert!(fault.contains(why), "{fault}");
    assert!(!fault.contains(SECRET), "{fault}");
}

#[test]
fn a_bad_flag_is_named() {
    // The address that it goes by otherwise may be in use.
    let listen = ["--listen", "127.0.0.1:0"];
    for (flags, name) in [
        (&["--listen", "nowhere"][..], "--listen"),
        (&["--listen", "4500"], "such as 127.0.0.1:4000"),
        (&["--listen", "localhost:http"], "or localhost:4000"),
        (&["--record-lag", "soon"], "--record-lag"),
        (&["--record-lag", "1.5"], "a whole number of seconds"),
        (&["--log-format", "xml"], "text or json"),
        (
            &[&listen[..], &["--public-url", "nowhere"]].concat(),
            "public URL",
        ),
        (
            &[&listen[..], &["--database", "mysql://x"]].concat(),
            "sqlite://path.db",
        ),
        (&["--lisen", "127.0.0.1:0"], "--lisen"),
    ] {
        let fault = fault_of(serve(flags));
        assert!(fault.contains(name), "{flags:?}: {fault}");
    }
}

#[test]
fn it_listens_on_localhost_by_name() {
    let running = Running::quietly(&["--listen", "localhost:0"]);
    assert!(
        running.url.starts_with("http://127.0.0.1:"),
        "{}",
        running.url
    );
}

#[tokio::test]
async fn its_first_screen_holds_a_call_that_works() {
    let running = Running::quietly(&["--listen", "0.0.0.0:0"]);
    let said = &running.said;
    assert!(said.contains("control plane (/__sim/) is shut"), "{said}");
    let call = said.split("curl '").nth(1).unwrap();
    let call = call.split('\'').next().unwrap();
    assert!(call.starts_with("http://127.0.0.1:"), "{call}");
    let answer = http().get(call).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    assert!(answer.text().await.unwrap().contains("ExpressPlayToken="));
}

#[tokio::test]
async fn every_url_of_its_first_screen_is_there() {
    for (listen, least) in [("127.0.0.1:0", 7), ("0.0.0.0:0", 5)] {
        let running = Running::quietly(&["--listen", listen]);
        let urls: Vec<_> = running
            .said
            .split([' ', '\n', '\''])
            .filter(|word| word.starts_with("http://"))
            .collect();
        assert_eq!(urls.len(), least, "{}", running.said);
        for url in urls {
            let answer = http().get(url).send().await.unwrap();
            assert_eq!(answer.status(), StatusCode::OK, "{url}");
        }
    }
}

/// A configuration file that names a token and an account.
fn configured(folder: &Path) -> String {
    let file = folder.join("simulator.toml");
    let text = format!(
        "listen = \"127.0.0.1:0\"\ncontrol-token = \"from the file\"\n\
         account = [\"test=7,{SECRET},strict\"]\nrecord-lag = 9\n"
    );
    std::fs::write(&file, text).unwrap();
    file.display().to_string()
}

async fn sandbox(running: &Running, token: &str) -> (StatusCode, Value) {
    let url = format!("{}/__sim/sandboxes/default", running.url);
    let call = http().get(url).bearer_auth(token);
    let answer = call.send().await.unwrap();
    (answer.status(), answer.json().await.unwrap())
}

#[tokio::test]
async fn a_flag_goes_before_the_environment_and_that_before_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let file = configured(folder.path());

    let by_file = Running::start(serve(&["--config", &file]).stderr(Stdio::null()));
    let (_, state) = sandbox(&by_file, "from the file").await;
    assert_eq!(state["accounts"][0]["number"], 7);
    assert_eq!(state["recordLagMs"], 9000);

    let mut command = serve(&["--record-lag", "11"]);
    let command = command
        .env("SIMULATOR_CONFIG", &file)
        .env("SIMULATOR_CONTROL_TOKEN", "from the environment")
        .env("SIMULATOR_RECORD_LAG", "10")
        .env("SIMULATOR_ACCOUNTS", format!("test=8,{SECRET}"));
    let by_all = Running::start(command.stderr(Stdio::null()));
    let (status, _) = sandbox(&by_all, "from the file").await;
    assert_eq!(status, StatusCode::FORBIDDEN);
    let (_, state) = sandbox(&by_all, "from the environment").await;
    assert_eq!(state["recordLagMs"], 11_000, "by flag");
    let accounts = state["accounts"].as_array().unwrap();
    assert_eq!((accounts.len(), &accounts[0]["number"]), (1, &json!(8)));
}

#[test]
fn what_is_wrong_in_the_file_is_told_with_key_and_line() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("simulator.toml");
    let name = file.display().to_string();
    let missing = fault_of(serve(&["--config", &name]));
    assert!(missing.contains(&name), "{missing}");
    for (text, why) in [
        (
            format!("\naccounts = [\"test=7,{SECRET}\"]"),
            "line 2: there is no key accounts",
        ),
        (
            format!("account = [\"tst=7,{SECRET}\"]"),
            "line 1: the account in place 1",
        ),
        (format!("control-token = {SECRET}"), "line 1: "),
    ] {
        std::fs::write(&file, text).unwrap();
        let fault = fault_of(serve(&["--config", &name]));
        assert!(fault.contains(why) && fault.contains(&name), "{fault}");
        assert!(!fault.contains(SECRET), "{fault}");
    }
}

#[tokio::test]
async fn its_logs_are_json_where_that_is_asked_for() {
    let running = Running::start(&mut serve(&[
        "--listen",
        "127.0.0.1:0",
        "--log-format",
        "json",
    ]));
    let url = format!("{}/cmiapi/getrecord/", running.url);
    let refused = http().get(url).send().await.unwrap();
    assert_eq!(refused.status(), StatusCode::UNAUTHORIZED);
    running.tell_to_end();
    let (status, said) = running.ended().await;
    assert!(status.success());
    let lines: Vec<Value> = said
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let refusal = lines.iter().find(|line| line["message"] == "refused");
    let refusal = refusal.unwrap_or_else(|| panic!("{said}"));
    assert_eq!(
        (&refusal["code"], &refusal["level"]),
        (&json!(-2017), &json!("INFO"))
    );
}

#[tokio::test]
async fn told_to_end_it_answers_what_is_under_way_and_ends_well() {
    let running = Running::quietly(&["--listen", "127.0.0.1:0"]);
    let of_default = format!("{}/__sim/sandboxes/default", running.url);
    let faults = format!("{of_default}/faults");
    let fault = json!({ "effect": { "latency": { "ms": 60_000 } }, "call": "records" });
    http().post(&faults).json(&fault).send().await.unwrap();
    let live = http().get(format!("{of_default}/journal/events"));
    let mut live = live.send().await.unwrap();
    let call = http().get(format!("{}/cmiapi/getrecord/", running.url));
    let call = tokio::spawn(call.send());
    loop {
        let all = http().get(&faults).send().await.unwrap();
        let all: Value = all.json().await.unwrap();
        if all[0]["struck"] == 1 {
            break;
        }
    }
    running.tell_to_end();
    let (status, _) = running.ended().await;
    assert!(status.success());
    let answer = call.await.unwrap().unwrap();
    assert_eq!(answer.status(), StatusCode::UNAUTHORIZED, "it was answered");
    while live.chunk().await.unwrap().is_some() {}
}
