//! Many redemptions at once: they share commits, and come to what one after the other comes to.

use expressplay::{Drm, TokenUrl};
use futures_util::future::join_all;
use reqwest::StatusCode;
use serde_json::json;
use simulator::{Simulator, SoftDevice};

use crate::help::{Bench, COOKIE, KID, Who, code, device};

const CREDITS: usize = 10;

/// What became of challenges that were sent all at once: 0 for a licence, else the code.
async fn send(bench: &Bench, url: &TokenUrl, challenges: Vec<String>) -> Vec<i32> {
    let sent = challenges.into_iter().map(async |challenge| {
        let response = bench.post_challenge(url, challenge).await;
        match response.status() {
            StatusCode::OK => 0,
            _ => code(response).await,
        }
    });
    join_all(sent).await
}

fn count(codes: &[i32], code: i32) -> usize {
    codes.iter().filter(|it| **it == code).count()
}

/// Each record says what its answer said, in a row without a gap.
async fn check_records(bench: &Bench, who: Who, codes: &[i32], device: &SoftDevice) {
    let window = [("start", "0"), ("length", "1000")];
    let records = bench.records(who, &window).await;
    assert_eq!(records.len(), codes.len());
    for (record, number) in records.iter().rev().zip(1..) {
        assert_eq!(record.event_id.0.parse(), Ok(number));
        let issued = record.error_code.is_none();
        let id = Some(device.device_id());
        assert_eq!(record.device_id, id.filter(|_| issued));
        assert_eq!(record.refused_device_id, id.filter(|_| !issued));
    }
    for code in [-4001, -2019] {
        let kept = records.iter().filter(|it| it.error_code == Some(code));
        assert_eq!(kept.count(), count(codes, code), "{code}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crowd_gets_what_one_after_the_other_would() {
    let folder = tempfile::tempdir().unwrap();
    let database = format!("sqlite://{}/crowd.db", folder.path().display());
    let bench = Bench::with(Simulator::builder().database(database)).await;
    let credits = bench
        .http
        .patch(bench.url("/__sim/sandboxes/default/accounts/test/7"))
        .json(&json!({ "credits": CREDITS }))
        .send()
        .await
        .unwrap();
    assert_eq!(credits.status(), StatusCode::OK);

    let a = device();
    let accounts = [Who::Production, Who::Test, Who::WithoutCredits];
    let mut urls = vec![];
    for who in accounts {
        let more = [("cookie", COOKIE)];
        urls.push(bench.token(who, Drm::Widevine, &more).await);
    }
    let fresh = |url| (0..40).map(|_| bench.challenge(url, &a, &[KID])).collect();
    // Each of ten challenges four times over.
    let replays = |url| {
        let ten = (0..10).map(|_| bench.challenge(url, &a, &[KID]));
        ten.flat_map(|challenge| std::iter::repeat_n(challenge, 4))
            .collect()
    };
    let (all_granted, replayed, out_of_credits) = tokio::join!(
        send(&bench, &urls[0], fresh(&urls[0])),
        send(&bench, &urls[1], replays(&urls[1])),
        send(&bench, &urls[2], fresh(&urls[2])),
    );

    assert_eq!(count(&all_granted, 0), 40);
    assert_eq!((count(&replayed, 0), count(&replayed, -4001)), (10, 30));
    assert_eq!(count(&out_of_credits, 0), CREDITS);
    assert_eq!(count(&out_of_credits, -2019), 40 - CREDITS);
    let answers = [all_granted, replayed, out_of_credits];
    for (who, codes) in accounts.into_iter().zip(&answers) {
        check_records(&bench, who, codes, &a).await;
    }
}
