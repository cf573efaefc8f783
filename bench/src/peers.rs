//! What people use today: mountebank, WireMock and Prism, each with a canned answer to the same
//! request, and with its logs and its journal off.

use std::{
    ffi::OsString,
    fs,
    path::{Path, PathBuf},
};

use serde_json::{Value, json};

use crate::{
    Bench, Result,
    machine::{Machine, first_line},
    ours::Answers,
    report::{Row, Shape},
    say,
    subject::{Launch, free_address},
};

const PATH: &str = "/hms/wv/rights/";

/// Each peer that is installed.
pub(crate) async fn measure(
    bench: &Bench,
    answers: &Answers,
    machine: &mut Machine,
) -> Result<Vec<Row>> {
    let mut rows = vec![];
    for peer in [Peer::Mountebank, Peer::WireMock, Peer::Prism] {
        if let Err(why) = peer.look(bench) {
            let note = format!("{} was left out: {why}.", peer.name());
            say(&note);
            machine.note(note);
            continue;
        }
        let version = peer.version(bench)?;
        let name = format!("{} {version}, canned", peer.name());
        let launch = |_| peer.launch(bench, answers);
        let requests = |address| Ok(answers.plain_requests(address));
        rows.extend(
            bench
                .measure_same(Shape::Peer, &name, launch, requests)
                .await?,
        );
    }
    Ok(rows)
}

#[derive(Debug, Clone, Copy)]
enum Peer {
    Mountebank,
    WireMock,
    Prism,
}

impl Peer {
    const fn name(self) -> &'static str {
        match self {
            Self::Mountebank => "mountebank",
            Self::WireMock => "WireMock",
            Self::Prism => "Prism",
        }
    }

    fn package(self, bench: &Bench) -> PathBuf {
        let name = match self {
            Self::Mountebank => "mountebank",
            Self::WireMock => "wiremock",
            Self::Prism => "@stoplight/prism-cli",
        };
        bench.root.join("bench/node_modules").join(name)
    }

    /// Whether it can be run; if not, why.
    fn look(self, bench: &Bench) -> Result<()> {
        if !self.package(bench).is_dir() {
            return Err("its npm package is not installed (tools/setup bench)".into());
        }
        if matches!(self, Self::WireMock) && first_line("java", &["-version"]).is_none() {
            return Err("there is no java here to run it".into());
        }
        Ok(())
    }

    fn version(self, bench: &Bench) -> Result<String> {
        let package = fs::read_to_string(self.package(bench).join("package.json"))?;
        let package: Value = serde_json::from_str(&package)?;
        let version = package["version"].as_str();
        Ok(version.ok_or("a package has no version")?.to_owned())
    }

    fn launch(self, bench: &Bench, answers: &Answers) -> Result<Launch> {
        let (address, folder) = (free_address()?, bench.folder.path());
        let package = self.package(bench);
        let port = address.port().to_string();
        let (program, arguments): (&str, Vec<OsString>) = match self {
            Self::Mountebank => {
                let config = write(
                    folder,
                    "mountebank.json",
                    &imposters(address.port(), answers),
                )?;
                let own = free_address()?.port().to_string();
                let script = package.join("bin/mb").into();
                let mut arguments = vec![script, "--configfile".into(), config.into()];
                arguments
                    .extend(["--port", &own, "--nologfile", "--loglevel", "error"].map(Into::into));
                ("node", arguments)
            }
            Self::WireMock => {
                fs::create_dir_all(folder.join("wiremock/mappings"))?;
                write(folder, "wiremock/mappings/license.json", &mapping(answers))?;
                let jar = jar_in(&package)?;
                let mut arguments = vec!["-jar".into(), jar.into(), "--root-dir".into()];
                arguments.push(folder.join("wiremock").into());
                let flags = ["--port", &port, "--no-request-journal", "--disable-banner"];
                arguments.extend(flags.map(Into::into));
                ("java", arguments)
            }
            Self::Prism => {
                let document = write(folder, "prism.json", &document(answers))?;
                let script = package.join("dist/index.js").into();
                let mut arguments = vec![script, "mock".into(), document.into()];
                let flags = [
                    "--host",
                    "127.0.0.1",
                    "--port",
                    &port,
                    "--verboseLevel",
                    "silent",
                ];
                arguments.extend(flags.map(Into::into));
                ("node", arguments)
            }
        };
        Ok(Launch {
            address,
            program: program.into(),
            arguments,
            probe: answers.plain_requests(address).swap_remove(0),
        })
    }
}

/// mountebank closes each connection unless told otherwise.
fn imposters(port: u16, answers: &Answers) -> Value {
    let headers = json!({ "Content-Type": "application/json", "Connection": "keep-alive" });
    json!({ "imposters": [{
        "port": port,
        "protocol": "http",
        "stubs": [{
            "predicates": [{ "equals": { "method": "POST", "path": PATH } }],
            "responses": [{ "is": { "statusCode": 200, "headers": headers, "body": answers.license } }],
        }],
    }] })
}

fn mapping(answers: &Answers) -> Value {
    json!({
        "request": { "method": "POST", "urlPath": PATH },
        "response": {
            "status": 200,
            "headers": { "Content-Type": "application/json" },
            "body": answers.license,
        },
    })
}

fn document(answers: &Answers) -> Value {
    let license: Value = serde_json::from_str(&answers.license).unwrap_or_default();
    let example = json!({ "application/json": { "schema": {}, "example": license } });
    json!({
        "openapi": "3.1.0",
        "info": { "title": "A canned licence", "version": "1" },
        "paths": { PATH: { "post": {
            "requestBody": { "content": { "application/json": { "schema": {} } } },
            "responses": { "200": { "description": "A licence", "content": example } },
        } } },
    })
}

fn write(folder: &Path, name: &str, value: &Value) -> Result<PathBuf> {
    let path = folder.join(name);
    fs::write(&path, serde_json::to_vec_pretty(value)?)?;
    Ok(path)
}

/// The jar that an npm package brings.
fn jar_in(folder: &Path) -> Result<PathBuf> {
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            if path.extension().is_some_and(|it| it == "jar") {
                return Ok(path);
            }
            if path.is_dir() {
                folders.push(path);
            }
        }
    }
    Err("the npm package brings no jar".into())
}
