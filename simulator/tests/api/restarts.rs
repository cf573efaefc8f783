//! What survives a stop, and what a start refuses.

use expressplay::Drm;
use reqwest::StatusCode;
use serde_json::json;
use simulator::{Account, Error, Simulator};

use crate::help::{Bench, COOKIE, EK, KEK, KID, Who, account, authenticator, device};

#[tokio::test]
async fn tokens_records_and_keys_survive_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let database = format!("sqlite://{}/simulator.db", folder.path().display());
    let a = device();

    let bench = Bench::with(Simulator::builder().database(&database)).await;
    let address = bench.simulator.addr();
    let url = bench
        .token(Who::Test, Drm::Widevine, &[("cookie", COOKIE)])
        .await;
    assert_eq!(
        bench.redeem(&url, &a, &[KID]).await.status(),
        StatusCode::OK
    );
    let challenge = bench.challenge(&url, &a, &[KID]);
    assert_eq!(
        bench.post_challenge(&url, challenge.clone()).await.status(),
        StatusCode::OK
    );
    bench
        .http
        .post(bench.url("/keystore/keys"))
        .query(&[("customerAuthenticator", authenticator(Who::Test))])
        .json(&json!({"kid": KID, "ek": EK}))
        .send()
        .await
        .unwrap();
    bench.simulator.stop().await;

    let bench = Bench::with(Simulator::builder().database(&database).listen(address)).await;
    assert_eq!(
        bench.records(Who::Test, &[("cookie", COOKIE)]).await.len(),
        2
    );
    let replay = bench.post_challenge(&url, challenge).await;
    assert_eq!(
        replay.status(),
        StatusCode::FORBIDDEN,
        "a restart makes no challenge fresh"
    );
    assert_eq!(
        bench.redeem(&url, &a, &[KID]).await.status(),
        StatusCode::OK
    );
    let stored = bench
        .token_call(Who::Test, Drm::Widevine, &[("kid", KID), ("kek", KEK)])
        .await;
    assert_eq!(stored.status(), StatusCode::OK);
}

#[tokio::test]
async fn a_start_that_cannot_work_says_why() {
    let bench = Bench::start().await;
    let taken = Simulator::builder()
        .listen(bench.simulator.addr())
        .start()
        .await;
    assert!(matches!(taken, Err(Error::Listen { .. })));

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("not-a-database.db");
    std::fs::write(
        &path,
        "this is no database, but long enough to be taken for one".repeat(40),
    )
    .unwrap();
    let corrupt = Simulator::builder().database(format!("sqlite://{}", path.display()));
    assert!(matches!(corrupt.start().await, Err(Error::Database { .. })));

    for wrong in [
        "drm example",
        "ftp://drm.example.org",
        "https://drm.example.org/?a=b",
    ] {
        let public = Simulator::builder().public_url(wrong).start().await;
        assert!(matches!(public, Err(Error::PublicUrl { .. })), "{wrong}");
    }

    let twins = Simulator::builder()
        .account(account(Who::Test))
        .account(account(Who::Test));
    assert!(matches!(
        twins.start().await,
        Err(Error::SameAccount { .. })
    ));
}

#[tokio::test]
async fn the_default_accounts_are_the_same_each_time() {
    let simulator = Simulator::start().await.unwrap();
    let revealed = |accounts: &[Account]| -> Vec<String> {
        accounts
            .iter()
            .map(|account| account.authenticator.reveal())
            .collect()
    };
    assert_eq!(
        revealed(simulator.accounts()),
        revealed(&Account::defaults())
    );
    assert_eq!(simulator.accounts().len(), 2);
}
