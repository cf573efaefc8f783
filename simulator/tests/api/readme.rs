//! The README's workflow in a terminal, run word for word.

use std::process::Command;

use simulator::Simulator;

use crate::process::without_settings;

const README: &str = include_str!("../../../README.md");

/// The first script of the README that is to be run as it stands.
fn script() -> &'static str {
    let (_, rest) = README.split_once("```bash\n").unwrap();
    rest.split_once("```").unwrap().0
}

#[tokio::test]
async fn the_workflow_of_the_readme_runs_as_it_stands() {
    let simulator = Simulator::start().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let program = std::path::Path::new(env!("CARGO_BIN_EXE_simulator"));
    let path = format!(
        "{}:{}",
        program.parent().unwrap().display(),
        std::env::var("PATH").unwrap()
    );
    let mut run = Command::new("bash");
    without_settings(&mut run);
    run.args(["-euo", "pipefail", "-c", script()])
        .current_dir(folder.path())
        .env("PATH", path)
        .env("EP", simulator.url());
    // Elsewhere than where the simulator runs, which it calls.
    let output = tokio::task::spawn_blocking(move || run.output());
    let output = output.await.unwrap().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    let complained = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{said}{complained}");

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
