//! The README's scripts for a terminal, run word for word, and its Rust.

use std::process::Command;

use simulator::Simulator;

use crate::process::without_settings;

const README: &str = include_str!("../../../README.md");

/// The first script of a section that is to be run as it stands.
fn script(heading: &str) -> &'static str {
    block(heading, "bash")
}

fn block(heading: &str, language: &str) -> &'static str {
    let (_, section) = README.split_once(&format!("\n{heading}\n")).unwrap();
    let (_, rest) = section.split_once(&format!("```{language}\n")).unwrap();
    rest.split_once("```").unwrap().0
}

/// Runs a script where the simulator is not; what it says, and what it complains of.
async fn run(script: &'static str, simulator: &Simulator) -> (String, String) {
    let folder = tempfile::tempdir().unwrap();
    let program = std::path::Path::new(env!("CARGO_BIN_EXE_simulator"));
    let path = format!(
        "{}:{}",
        program.parent().unwrap().display(),
        std::env::var("PATH").unwrap()
    );
    let mut run = Command::new("bash");
    without_settings(&mut run);
    run.args(["-euo", "pipefail", "-c", script])
        .current_dir(folder.path())
        .env("PATH", path)
        .env("EP", simulator.url());
    // Elsewhere than where the simulator runs, which it calls.
    let output = tokio::task::spawn_blocking(move || run.output());
    let output = output.await.unwrap().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    let complained = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{said}{complained}");
    (said, complained)
}

#[tokio::test]
async fn the_workflow_of_the_readme_runs_as_it_stands() {
    let simulator = Simulator::start().await.unwrap();
    let workflow = script("## The simulator from any language");
    let (said, complained) = run(workflow, &simulator).await;

    let lines: Vec<_> = said.lines().collect();
    let [device, other, dummy, recorded, license, none] = lines[..] else {
        panic!("{said}");
    };
    assert_ne!(device, other);
    assert!(dummy.contains(r#""kty":"oct""#), "{dummy}");
    assert_eq!(recorded, format!("ExpressPlay recorded {device}"));
    assert!(license.contains(r#""kty":"oct""#), "{license}");
    assert_eq!(none, "No licence for the bedroom.");
    assert!(complained.contains("refused with -4001"), "{complained}");
}

#[tokio::test]
async fn the_sandbox_of_the_readme_runs_as_it_stands() {
    let simulator = Simulator::start().await.unwrap();
    let (said, complained) = run(script("### In a test suite"), &simulator).await;
    assert_eq!(complained, "");
    for told in [
        r#""aheadMs":"#,
        r#""effect":{"status":503}"#,
        "a fault of this sandbox",
        r#"{"count":1,"entries":[{"seq":1,"at":"2030-01-02T"#,
    ] {
        assert!(said.contains(told), "{told}: {said}");
    }
    let all = simulator.sandbox(&"checkout".parse().unwrap());
    assert!(all.is_none(), "it was dropped");
}

/// The README's lines of Rust, each of which stands here too.
#[tokio::test]
async fn the_rust_of_the_readme_works() -> Result<(), Box<dyn std::error::Error>> {
    use simulator::{
        control::NewSandbox,
        fault::{CallKind, Effect, NewFault},
        journal::JournalQuery,
    };

    let simulator = Simulator::start().await?; // a free port, in memory; dropped, it stops
    let sandbox = simulator.make_sandbox(NewSandbox::default()).await?;
    let account = sandbox.state().await?.accounts[0].authenticator.clone();
    sandbox
        .advance(std::time::Duration::from_secs(3600))
        .await?; // its clock alone
    sandbox.add_fault(
        NewFault::of(Effect::status(503)?)
            .call(CallKind::Token)
            .times(1),
    )?;

    let _ = rustls::crypto::ring::default_provider().install_default();
    let token = format!(
        "{}/hms/wv/token?customerAuthenticator={account}",
        simulator.url()
    );
    reqwest::get(token).await?;

    let tokens = JournalQuery {
        call: Some(CallKind::Token),
        wait: 5000,
        ..JournalQuery::default()
    };
    let calls = sandbox.journal(&tokens).await; // as soon as there is one, or after 5 s
    assert_eq!(calls[0].status, 503);

    // As rustfmt breaks lines elsewhere, the words alone count.
    let words = |text: &str| text.replace([' ', '\n', ','], "");
    let here = words(include_str!("readme.rs"));
    let code = block("### In a test suite", "rust");
    for line in code.lines().filter(|line| !line.starts_with("//")) {
        let of_use = line.starts_with("use ");
        assert!(of_use || here.contains(&words(line)), "{line}");
    }
    Ok(())
}
