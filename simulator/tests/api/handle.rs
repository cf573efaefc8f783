//! A sandbox driven from Rust does all that its control plane does over HTTP.

use std::time::Duration;

use expressplay::{Drm, TokenUrl, record::Records};
use jiff::Timestamp;
use reqwest::StatusCode;
use simulator::{
    Environment, Error, SandboxHandle, SandboxName, Simulator,
    control::{ChangeSettings, NewSandbox, SetClock},
    fault::{Effect, NewFault},
    journal::JournalQuery,
};
use sqlx::{Connection, Executor, SqliteConnection};

use crate::help::{Bench, KID, base_form, device};

fn named(name: &str) -> NewSandbox {
    NewSandbox {
        name: Some(name.parse().unwrap()),
        ..NewSandbox::default()
    }
}

async fn authenticator(sandbox: &SandboxHandle) -> String {
    sandbox.state().await.unwrap().accounts[0]
        .authenticator
        .clone()
}

async fn token(bench: &Bench, sandbox: &SandboxHandle) -> TokenUrl {
    let authenticator = authenticator(sandbox).await;
    let mut form = base_form(Drm::Widevine);
    form.push(("customerAuthenticator", &authenticator));
    let call = bench.http.post(bench.url("/hms/wv/token")).form(&form);
    let answer = call.send().await.unwrap();
    answer.text().await.unwrap().parse().unwrap()
}

async fn records(bench: &Bench, sandbox: &SandboxHandle) -> usize {
    let query = [("customerAuthenticator", authenticator(sandbox).await)];
    let call = bench
        .http
        .get(bench.url("/cmiapi/getrecord/"))
        .query(&query);
    let answer: Records = call.send().await.unwrap().json().await.unwrap();
    answer.records.len()
}

#[tokio::test]
async fn what_a_handle_changes_is_there_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let database = format!("sqlite://{}/simulator.db", folder.path().display());
    let start = async || {
        Simulator::builder()
            .database(&database)
            .start()
            .await
            .unwrap()
    };
    let simulator = start().await;
    let sandbox = simulator.make_sandbox(named("kept")).await.unwrap();
    let noon: Timestamp = "2031-05-06T12:00:00Z".parse().unwrap();
    let set = SetClock {
        now: Some(noon),
        frozen: Some(true),
    };
    sandbox.set_clock(set).await.unwrap();
    sandbox.advance(Duration::from_secs(60)).await.unwrap();
    sandbox
        .set_record_lag(Duration::from_millis(7))
        .await
        .unwrap();
    let number = sandbox.state().await.unwrap().accounts[0].number;
    let three = ChangeSettings {
        credits: Some(Some(3)),
        ..ChangeSettings::default()
    };
    sandbox
        .change_account(Environment::Test, number, three)
        .await
        .unwrap();
    sandbox.save("then".parse().unwrap()).await.unwrap();
    simulator.stop().await;

    let simulator = start().await;
    let sandbox = simulator.sandbox(&"kept".parse().unwrap()).unwrap();
    let state = sandbox.state().await.unwrap();
    assert_eq!(state.clock.now.to_string(), "2031-05-06T12:01:00Z");
    assert!(state.clock.frozen);
    assert_eq!(state.record_lag_ms, 7);
    assert_eq!(state.accounts[0].settings.credits, Some(Some(3)));
    assert_eq!(sandbox.snapshots().await.unwrap()[0].name, "then");
}

#[tokio::test]
async fn one_that_was_dropped_is_seen_and_changed_no_more_and_does_not_come_back() {
    let folder = tempfile::tempdir().unwrap();
    let database = format!("sqlite://{}/simulator.db", folder.path().display());
    let start = async || Simulator::builder().database(&database).start().await;
    let simulator = start().await.unwrap();
    let sandbox = simulator.make_sandbox(named("gone")).await.unwrap();
    let number = sandbox.state().await.unwrap().accounts[0].number;
    let late: SandboxName = "late".parse().unwrap();
    // What came in before a drop, and has its turn after it.
    sandbox.clone().remove().await.unwrap();
    let namesake = simulator.make_sandbox(named("gone")).await.unwrap();
    let kept: SandboxName = "kept".parse().unwrap();
    namesake.save(kept.clone()).await.unwrap();
    let settings = ChangeSettings::default();
    for changed in [
        sandbox.set_record_lag(Duration::ZERO).await.err(),
        sandbox.set_clock(SetClock::default()).await.err(),
        sandbox
            .change_account(Environment::Test, number, settings)
            .await
            .err(),
        sandbox.save(late).await.err(),
        sandbox.state().await.err(),
        sandbox.snapshots().await.err(),
        sandbox.restore(&kept).await.err(),
        sandbox.remove_snapshot(&kept).await.err(),
        sandbox.export().await.err(),
        sandbox.add_fault(NewFault::of(Effect::Reset)).err(),
        sandbox.reset().await.err(),
        sandbox.remove().await.err(),
    ] {
        let why = changed.unwrap().to_string();
        assert_eq!(why, "there is no sandbox gone");
    }
    assert_eq!(namesake.snapshots().await.unwrap().len(), 1);
    namesake.remove().await.unwrap();
    simulator.stop().await;

    let simulator = start().await.unwrap();
    assert_eq!(simulator.sandboxes().len(), 1, "the default one");
    let again = simulator.make_sandbox(named("gone")).await.unwrap();
    assert!(again.snapshots().await.unwrap().is_empty());
}

#[tokio::test]
async fn one_whose_drop_fails_is_there_until_it_is_dropped() {
    let folder = tempfile::tempdir().unwrap();
    let database = format!("sqlite://{}/simulator.db", folder.path().display());
    let simulator = Simulator::builder().database(&database).start();
    let simulator = simulator.await.unwrap();
    let sandbox = simulator.make_sandbox(named("box")).await.unwrap();
    let mut connection = SqliteConnection::connect(&database).await.unwrap();
    let refuse = "create trigger refuse before delete on sandbox
                  begin select raise(abort, 'not now'); end";
    connection.execute(refuse).await.unwrap();
    sandbox.clone().remove().await.unwrap_err();
    assert_eq!(sandbox.state().await.unwrap().accounts.len(), 2);
    assert!(simulator.sandbox(sandbox.name()).is_some());

    connection.execute("drop trigger refuse").await.unwrap();
    sandbox.clone().remove().await.unwrap();
    assert!(simulator.sandbox(sandbox.name()).is_none());
}

#[tokio::test]
async fn it_saves_restores_resets_exports_and_imports() {
    let bench = &Bench::start().await;
    let simulator = &bench.simulator;
    let sandbox = simulator.make_sandbox(named("box")).await.unwrap();
    let token = token(bench, &sandbox).await;
    bench.redeem(&token, &device(), &[KID]).await;
    let once: SandboxName = "once".parse().unwrap();
    sandbox.save(once.clone()).await.unwrap();
    bench.redeem(&token, &device(), &[KID]).await;
    assert_eq!(records(bench, &sandbox).await, 2);
    sandbox.restore(&once).await.unwrap();
    assert_eq!(records(bench, &sandbox).await, 1);
    let document = sandbox.export().await.unwrap();
    let file = serde_json::to_string(&document).unwrap();
    sandbox.reset().await.unwrap();
    assert_eq!(records(bench, &sandbox).await, 0);
    sandbox.remove_snapshot(&once).await.unwrap();
    assert!(sandbox.restore(&once).await.is_err());

    sandbox.clone().remove().await.unwrap();
    let again = simulator.import(serde_json::from_str(&file).unwrap()).await;
    let again = again.unwrap();
    assert_eq!(records(bench, &again).await, 1);
    assert_eq!(simulator.sandboxes().len(), 2, "and the default one");
    let gone = sandbox.advance(Duration::from_secs(1)).await;
    assert!(
        matches!(gone, Err(Error::Control { .. })),
        "it is another's name now"
    );
}

#[tokio::test]
async fn faults_and_the_journal_are_its_own_and_who_waits_is_let_go_when_it_is_removed() {
    let bench = &Bench::start().await;
    let sandbox = bench.simulator.make_sandbox(named("box")).await.unwrap();
    let mut fault = NewFault::of(Effect::Garbage);
    fault.times = Some(0);
    assert!(
        sandbox.add_fault(fault.clone()).is_err(),
        "it could never strike"
    );
    fault.times = Some(1);
    let made = sandbox.add_fault(fault).unwrap();
    assert_eq!(sandbox.faults()[0].id, made.id);
    assert!(sandbox.remove_fault(made.id) && sandbox.faults().is_empty());
    assert_eq!(records(bench, &sandbox).await, 0);
    let wait = JournalQuery {
        count: Some(2),
        wait: 600_000,
        ..JournalQuery::default()
    };
    let waiting = tokio::spawn({
        let sandbox = sandbox.clone();
        async move { sandbox.journal(&wait).await.len() }
    });
    tokio::task::yield_now().await;
    sandbox.clone().remove().await.unwrap();
    assert_eq!(waiting.await.unwrap(), 1, "what there is");
    sandbox.clear_journal();
    assert!(sandbox.journal(&JournalQuery::default()).await.is_empty());
    let dropped = bench.http.get(bench.url("/__sim/sandboxes/box"));
    assert_eq!(
        dropped.send().await.unwrap().status(),
        StatusCode::NOT_FOUND
    );
}

#[tokio::test]
async fn a_sandbox_has_so_many_snapshots_and_no_more() {
    let simulator = Simulator::start().await.unwrap();
    let sandbox = simulator.make_sandbox(named("box")).await.unwrap();
    for number in 0..100 {
        let name = format!("number-{number}").parse().unwrap();
        sandbox.save(name).await.unwrap();
    }
    let why = sandbox.save("more".parse().unwrap()).await.unwrap_err();
    assert!(why.to_string().contains("100 snapshots"), "{why}");
    sandbox.save("number-7".parse().unwrap()).await.unwrap();
}

#[tokio::test]
async fn one_sandbox_makes_another_beside_it() {
    let simulator = Simulator::start().await.unwrap();
    let first = simulator.sandbox(&SandboxName::of_default()).unwrap();
    let made = first.make_another(named("beside")).await.unwrap();
    made.advance(Duration::from_secs(3600)).await.unwrap();
    assert!(simulator.sandbox(made.name()).is_some());
    assert_eq!(first.clock().ahead_ms, 0, "each has its own time");
    let again = first.make_another(named("beside")).await.unwrap_err();
    assert!(matches!(again, Error::Control { .. }), "{again}");
}
