//! The README's trial of the entitlement server, run word for word.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use crate::common::{
    curl,
    program::{Running, server},
};

const README: &str = include_str!("../../../README.md");
const SERVER: &str = env!("CARGO_BIN_EXE_server");

/// A script of the README's section on the entitlement server.
fn script(language: &str) -> &'static str {
    let (_, section) = README
        .split_once("\n## The sample entitlement server\n")
        .unwrap();
    let start = format!("```{language}\n");
    let (_, rest) = section.split_once(&start).unwrap();
    rest.split_once("```").unwrap().0
}

/// The simulator's program, which plays the devices. It is built here: one that lies there already
/// may be of yesterday. Where the whole workspace is tested there is nothing left to build.
fn simulator() -> PathBuf {
    let folder = Path::new(SERVER).parent().unwrap();
    let mut build = Command::new(env!("CARGO"));
    // As the whole workspace is built, so that nothing is built twice where that is what is tested.
    build.args(["build", "--locked", "--workspace"]);
    build.args(["--bin", "simulator", "--target-dir"]);
    build.arg(folder.parent().unwrap());
    if folder.ends_with("release") {
        build.arg("--release");
    }
    // Without what cargo tells a test of its own crate: ring's build script watches these variables,
    // and would run again, and all that stands on ring be built again.
    let of_this_crate =
        |name: &str| name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_");
    for (name, _) in std::env::vars_os() {
        if name.to_str().is_some_and(of_this_crate) {
            build.env_remove(name);
        }
    }
    let status = build.current_dir(env!("CARGO_MANIFEST_DIR")).status();
    assert!(status.unwrap().success());
    folder.join("simulator")
}

#[tokio::test]
async fn the_trial_of_the_readme_runs_as_it_stands() {
    let folder = tempfile::tempdir().unwrap();
    let programs = simulator();
    let path = format!(
        "{}:{}",
        programs.parent().unwrap().display(),
        std::env::var("PATH").unwrap()
    );
    let shell = |script: &str| {
        let mut shell = Command::new("bash");
        shell
            .args(["-euo", "pipefail", "-c", script])
            .current_dir(folder.path())
            .env("PATH", &path);
        shell
    };
    let (make, start) = script("sh").trim().split_once('\n').unwrap();
    // Its name in a checkout, and the port that it has there.
    let make = make.replace("target/release/server", "server");
    let start = start.replace("\\\n", " ").replace(":3443", ":0");
    let flags = start.split_once("ARGS=\"").unwrap().1.trim_end_matches('"');
    assert!(curl::run(shell(&make)).await.status.success());
    let mut command = server(&folder);
    command.args(["--simulator-listen", "127.0.0.1:0"]);
    let running = Running::start(command.args(flags.split_whitespace()));

    let url = running.line("The entitlement server, over mutual TLS: ");
    let mut run = shell(script("bash"));
    run.env("SEES", url.replace("127.0.0.1", "localhost"));
    let output = curl::run(run).await;
    let said = String::from_utf8(output.stdout).unwrap();
    let complained = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{said}{complained}");

    let lines: Vec<_> = said.lines().collect();
    let [tv, tablet, dummy, film, none, anybody] = lines[..] else {
        panic!("{said}");
    };
    assert_ne!(tv, tablet);
    for license in [dummy, film, anybody] {
        assert!(license.contains(r#""kty":"oct""#), "{license}");
    }
    assert_eq!(none, "No licence for the tablet.");
    assert!(complained.contains("refused with -4001"), "{complained}");
}
