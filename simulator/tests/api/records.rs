//! Record retrieval, by all four methods.

use std::time::Duration;

use expressplay::Drm;

use crate::help::{Bench, COOKIE, KID, OTHER_KID, Who, code, device};

#[tokio::test]
async fn records_are_found_by_each_of_the_four_methods() {
    let bench = Bench::start().await;
    let a = device();
    let url = bench
        .token(Who::Test, Drm::Widevine, &[("cookie", COOKIE)])
        .await;
    for _ in 0..40 {
        bench.redeem(&url, &a, &[KID]).await;
    }
    let latest = bench.records(Who::Test, &[]).await;
    assert_eq!(latest.len(), 32);
    let numbers: Vec<i64> = latest
        .iter()
        .map(|r| r.event_id.0.parse().unwrap())
        .collect();
    assert!(
        numbers.windows(2).all(|pair| pair[0] > pair[1]),
        "newest first: {numbers:?}"
    );

    let by_cookie = bench.records(Who::Test, &[("cookie", COOKIE)]).await;
    assert_eq!(by_cookie, latest);
    let by_id = bench
        .records(Who::Test, &[("id", &latest[3].event_id.0)])
        .await;
    assert_eq!(by_id, [latest[3].clone()]);
    assert!(
        bench
            .records(Who::Test, &[("id", "no such event")])
            .await
            .is_empty()
    );

    let window = bench
        .records(Who::Test, &[("start", "0"), ("length", "10")])
        .await;
    assert_eq!(window.len(), 10);
    assert_eq!(
        window[9].event_id.0.parse::<i64>().unwrap(),
        numbers[0] - 39,
        "0 is the oldest"
    );
    let end = bench
        .records(Who::Test, &[("start", "38"), ("length", "10")])
        .await;
    assert_eq!(end, latest[..2]);
}

#[tokio::test]
async fn by_cookie_come_issued_licences_alone() {
    let bench = Bench::start().await;
    let (a, b) = (device(), device());
    let id = a.device_id().to_string();
    let url = bench
        .token(
            Who::Test,
            Drm::Widevine,
            &[("cookie", COOKIE), ("deviceId", &id)],
        )
        .await;
    bench.redeem(&url, &a, &[KID]).await;
    for _ in 0..40 {
        bench.redeem(&url, &b, &[KID]).await;
        bench.redeem(&url, &a, &[OTHER_KID]).await;
    }
    let by_cookie = bench.records(Who::Test, &[("cookie", COOKIE)]).await;
    assert_eq!(by_cookie.len(), 1);
    assert_eq!(by_cookie[0].issued_to(), Some(a.device_id()));
    let latest = bench.records(Who::Test, &[]).await;
    assert!(
        latest.iter().all(|record| record.issued_to().is_none()),
        "refusals are shown here"
    );
}

#[tokio::test]
async fn one_account_does_not_see_the_records_of_another() {
    let bench = Bench::start().await;
    let url = bench
        .token(Who::Test, Drm::Widevine, &[("cookie", COOKIE)])
        .await;
    bench.redeem(&url, &device(), &[KID]).await;
    assert_eq!(bench.records(Who::Test, &[]).await.len(), 1);
    assert!(bench.records(Who::Strict, &[]).await.is_empty());
    assert!(
        bench
            .records(Who::Strict, &[("cookie", COOKIE)])
            .await
            .is_empty()
    );
}

#[tokio::test]
async fn a_lag_hides_what_is_new() {
    let bench = Bench::start().await;
    bench.simulator.set_record_lag(Duration::from_secs(60));
    let url = bench
        .token(Who::Test, Drm::Widevine, &[("cookie", COOKIE)])
        .await;
    bench.redeem(&url, &device(), &[KID]).await;
    assert!(
        bench
            .records(Who::Test, &[("cookie", COOKIE)])
            .await
            .is_empty()
    );
    assert!(bench.records(Who::Test, &[]).await.is_empty());
    bench.clock().advance(Duration::from_secs(61));
    assert_eq!(
        bench.records(Who::Test, &[("cookie", COOKIE)]).await.len(),
        1
    );
}

#[tokio::test]
async fn more_than_one_method_or_half_of_one_is_refused() {
    let bench = Bench::start().await;
    let cases: [(&[(&str, &str)], i32); 6] = [
        (&[("cookie", COOKIE), ("id", "1")], -2035),
        (&[("id", "1"), ("start", "0"), ("length", "1")], -2035),
        (&[("start", "0")], -2035),
        (&[("length", "1")], -2035),
        (&[("start", "-1"), ("length", "1")], -2035),
        (&[("cookie", "")], -2033),
    ];
    for (pairs, expected) in cases {
        assert_eq!(
            code(bench.records_call(Who::Test, pairs).await).await,
            expected,
            "{pairs:?}"
        );
    }
}

#[tokio::test]
async fn records_need_an_authenticator() {
    let bench = Bench::start().await;
    let response = bench
        .http
        .get(bench.url("/cmiapi/getrecord/"))
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), 401);
    assert_eq!(code(response).await, -2017);
}
