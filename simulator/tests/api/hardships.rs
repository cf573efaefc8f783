//! What may befall the program: `kill -9` at any moment, a disk that takes no more, a database that
//! is locked or corrupt. It says so and ends, and nothing that was answered is lost.

use std::{
    collections::HashSet,
    path::Path,
    process::{Command, Stdio},
};

use expressplay::{Token, TokenUrl, record::Records};
use reqwest::{Client, Response, StatusCode};
use serde_json::{Value, json};
use simulator::{Account, Clock, Entropy, SoftDevice};
use sqlx::SqlitePool;
use tokio::{sync::watch, task::JoinSet};

use crate::{
    help::{EK, KEK, KEY, KID, device, kid_bytes},
    process::{Running, fault_of, in_folder, serve, without_settings},
    rot::rot,
};

const KILLS: usize = 12;
const CLIENTS: usize = 4;
/// A kill comes after 1 to this many licences of a round.
const MOMENTS: usize = 48;

/// Somebody who makes tokens, redeems them and stores keys, until the simulator is gone.
#[derive(Clone)]
struct Caller {
    http: Client,
    url: String,
    authenticator: String,
}

/// What a caller was given.
#[derive(Default)]
struct Told {
    /// The cookies of licences that came.
    licenses: Vec<String>,
    /// The kids of keys that were stored.
    keys: Vec<String>,
    tokens: Vec<Token>,
}

impl Caller {
    fn of(running: &Running) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        Self {
            http: Client::new(),
            url: running.url.clone(),
            authenticator: Account::defaults()[0].authenticator.reveal(),
        }
    }

    async fn token(&self, cookie: &str) -> Option<Token> {
        let form = [
            ("customerAuthenticator", self.authenticator.as_str()),
            ("errorFormat", "json"),
            ("kid", KID),
            ("contentKey", KEY),
            ("cookie", cookie),
        ];
        let call = self.http.post(format!("{}/hms/wv/token", self.url));
        let answer = call.form(&form).send().await.ok()?;
        let url: TokenUrl = answer.text().await.ok()?.parse().ok()?;
        Some(url.token().clone())
    }

    async fn redeem(&self, token: &Token, device: &SoftDevice) -> Option<Response> {
        let entropy = Entropy::from_os();
        let claims = SoftDevice::claims(token, &kid_bytes(&[KID]), &Clock::default(), &entropy);
        let endpoint = format!("{}/hms/wv/rights/", self.url);
        let url = TokenUrl::new(&endpoint, token.clone()).unwrap();
        let call = self
            .http
            .post(url.reveal())
            .header("content-type", "application/jose")
            .body(device.sign(&claims).unwrap());
        call.send().await.ok()
    }

    async fn store(&self, kid: &str) -> Option<()> {
        let call = self.http.post(format!("{}/keystore/keys", self.url));
        let call = call.query(&[("customerAuthenticator", &self.authenticator)]);
        let answer = call.json(&json!({ "kid": kid, "ek": EK })).send().await;
        answer.ok()?.error_for_status().ok().map(|_| ())
    }

    async fn until_it_dies(self, licenses: watch::Sender<usize>) -> Told {
        let mut told = Told::default();
        // None: the simulator died.
        let _: Option<()> = async {
            let device = device();
            loop {
                let cookie = hex::encode(Entropy::from_os().bytes::<16>());
                let token = self.token(&cookie).await?;
                told.tokens.push(token.clone());
                let answer = self.redeem(&token, &device).await?;
                assert_eq!(answer.status(), StatusCode::OK);
                // A licence is one when all of it has come.
                answer.bytes().await.ok()?;
                told.licenses.push(cookie.clone());
                licenses.send_modify(|count| *count += 1);
                self.store(&cookie).await?;
                told.keys.push(cookie);
            }
        }
        .await;
        told
    }

    async fn get(&self, path: &str, more: &[(&str, &str)]) -> Response {
        let call = self.http.get(format!("{}{path}", self.url));
        let call = call.query(&[("customerAuthenticator", &self.authenticator)]);
        call.query(more).send().await.unwrap()
    }

    /// The cookies of all licences on record.
    async fn recorded(&self) -> HashSet<String> {
        let mut found = HashSet::new();
        for start in (0..).step_by(1000) {
            let window = [("start", &*start.to_string()), ("length", "1000")];
            let page: Records = self
                .get("/cmiapi/getrecord/", &window)
                .await
                .json()
                .await
                .unwrap();
            if page.records.is_empty() {
                break;
            }
            let issued = page.records.iter().filter(|it| it.issued_to().is_some());
            found.extend(issued.filter_map(|it| Some(it.cookie.as_ref()?.as_str().to_owned())));
        }
        found
    }
}

fn flags(folder: &Path) -> Vec<String> {
    in_folder(folder).into()
}

fn quiet(folder: &Path) -> Running {
    let flags = flags(folder);
    Running::quietly(&flags.iter().map(String::as_str).collect::<Vec<_>>())
}

fn loud(folder: &Path) -> Command {
    let flags = flags(folder);
    let mut command = serve(&flags.iter().map(String::as_str).collect::<Vec<_>>());
    command.env("RUST_LOG", "error");
    command
}

async fn database(folder: &Path) -> SqlitePool {
    let url = format!("sqlite://{}/simulator.db", folder.display());
    SqlitePool::connect(&url).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_under_load_it_has_all_that_it_answered() {
    let folder = tempfile::tempdir().unwrap();
    let entropy = Entropy::from_os();
    let mut told = Told::default();
    for _ in 0..KILLS {
        let mut running = quiet(folder.path());
        let (licenses, mut count) = watch::channel(0);
        let mut callers = JoinSet::new();
        for _ in 0..CLIENTS {
            callers.spawn(Caller::of(&running).until_it_dies(licenses.clone()));
        }
        // Callers that fail before that moment have nobody left to count.
        drop(licenses);
        let moment = 1 + usize::from(entropy.bytes::<1>()[0]) % MOMENTS;
        count.wait_for(|count| *count >= moment).await.unwrap();
        running.kill();
        for one in callers.join_all().await {
            told.licenses.extend(one.licenses);
            told.keys.extend(one.keys);
            told.tokens.extend(one.tokens);
        }
    }
    assert!(told.licenses.len() >= KILLS, "too little to prove anything");

    let running = quiet(folder.path());
    let caller = Caller::of(&running);
    let recorded = caller.recorded().await;
    let lost = told.licenses.iter().filter(|it| !recorded.contains(*it));
    assert_eq!(lost.count(), 0, "licences that came are not on record");
    let stored = caller.get("/keystore/keys", &[]).await;
    let stored: Vec<Value> = stored.json().await.unwrap();
    let stored: HashSet<_> = stored
        .iter()
        .map(|key| key["kid"].as_str().unwrap().to_lowercase())
        .collect();
    let lost = told.keys.iter().filter(|it| !stored.contains(*it));
    assert_eq!(lost.count(), 0, "keys that were stored are gone");
    let device = device();
    for token in told.tokens.iter().step_by(8) {
        let answer = caller.redeem(token, &device).await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK, "a token of before a kill");
    }
    let kid = told.keys[0].as_str();
    let by_stored_key = [("kid", kid), ("kek", KEK), ("errorFormat", "json")];
    let answer = caller.get("/hms/wv/token", &by_stored_key).await;
    assert_eq!(answer.status(), StatusCode::OK);
    let database = database(folder.path()).await;
    let (sound,): (String,) = sqlx::query_as("pragma integrity_check")
        .fetch_one(&database)
        .await
        .unwrap();
    assert_eq!(sound, "ok");
}

/// Redeems until that fails; the cookies of the licences that came, and what was said in the end.
async fn redeem_until_refused(caller: &Caller) -> (Vec<String>, Value) {
    let device = device();
    let mut granted = vec![];
    loop {
        let cookie = hex::encode(Entropy::from_os().bytes::<16>());
        let token = caller.token(&cookie).await.unwrap();
        let answer = caller.redeem(&token, &device).await.unwrap();
        if answer.status() == StatusCode::INTERNAL_SERVER_ERROR {
            return (granted, answer.json().await.unwrap());
        }
        assert_eq!(answer.status(), StatusCode::OK);
        granted.push(cookie);
        assert!(granted.len() < 2_000, "there is no end to the disk");
    }
}

#[tokio::test]
async fn a_disk_that_takes_no_more_is_told_and_ends_it_and_no_licence_is_lost() {
    let folder = tempfile::tempdir().unwrap();
    // A limit on the size of files (in KiB) is what a disk without room is to one who has no disk
    // to fill: the system refuses to write.
    let mut limited = Command::new("bash");
    without_settings(&mut limited);
    limited
        .args(["-c", "ulimit -f 600; exec \"$@\"", "bash"])
        .arg(env!("CARGO_BIN_EXE_simulator"))
        .arg("serve")
        .args(in_folder(folder.path()))
        .env("RUST_LOG", "error")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let running = Running::start(&mut limited);
    let (granted, refusal) = redeem_until_refused(&Caller::of(&running)).await;
    assert!(granted.len() > 5, "{}", granted.len());
    assert_eq!(refusal["errorCode"], -2030);
    let why = refusal["errorMessage"].as_str().unwrap();
    assert!(why.contains("the disk fails"), "{why}");

    let (status, said) = running.ended().await;
    assert_eq!(status.code(), Some(1), "{said}");
    assert!(
        said.contains("It did not work: the simulator cannot go on"),
        "{said}"
    );
    assert!(said.contains("the disk fails"), "{said}");

    let running = quiet(folder.path());
    let recorded = Caller::of(&running).recorded().await;
    assert!(granted.iter().all(|cookie| recorded.contains(cookie)));
}

#[tokio::test]
async fn a_database_that_rots_while_it_is_served_is_told_and_ends_it() {
    let folder = tempfile::tempdir().unwrap();
    let running = Running::start(&mut loud(folder.path()));
    let caller = Caller::of(&running);
    let token = caller.token("before").await.unwrap();
    assert_eq!(
        caller.redeem(&token, &device()).await.unwrap().status(),
        StatusCode::OK
    );
    rot(&folder.path().join("simulator.db")).await;

    let answer = caller.redeem(&token, &device()).await.unwrap();
    assert_eq!(answer.status(), StatusCode::INTERNAL_SERVER_ERROR);
    let refusal = answer.text().await.unwrap();
    assert!(refusal.contains("the database is corrupt"), "{refusal}");
    let (status, said) = running.ended().await;
    assert_eq!(status.code(), Some(1), "{said}");
    assert!(
        said.contains("cannot go on: the database is corrupt"),
        "{said}"
    );
}

#[test]
fn a_file_that_is_no_database_is_told_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("simulator.db");
    let text = "this is no database, but long enough to be taken for one".repeat(40);
    std::fs::write(&file, &text).unwrap();
    let fault = fault_of(loud(folder.path()));
    assert!(fault.contains("simulator.db"), "{fault}");
    assert!(fault.contains("Move that file away"), "{fault}");
    assert!(fault.contains("--database"), "{fault}");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), text);
}

#[tokio::test]
async fn a_database_that_is_locked_is_told_with_who_may_hold_it() {
    let folder = tempfile::tempdir().unwrap();
    let running = quiet(folder.path());
    let fault = fault_of(loud(folder.path()));
    assert!(fault.contains("another process serves it"), "{fault}");
    drop(running);

    let held = database(folder.path()).await;
    let lock = held.begin_with("begin immediate").await.unwrap();
    let starting = loud(folder.path());
    let fault = tokio::task::spawn_blocking(move || fault_of(starting));
    let fault = fault.await.unwrap();
    assert!(fault.contains("locked"), "{fault}");
    assert!(fault.contains("a database browser"), "{fault}");
    drop(lock);
}
