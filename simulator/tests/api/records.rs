//! Record retrieval, by all four methods.

use std::time::Duration;

use expressplay::{Drm, RefusalBody, record::Records};
use jiff::SignedDuration;

use crate::help::{Bench, COOKIE, KID, OTHER_KID, Who, authenticator, code, device};

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

#[tokio::test]
async fn records_are_found_by_time_and_the_archive_has_the_old_ones() {
    let bench = Bench::start().await;
    let a = device();
    let mut times = vec![];
    for _ in 0..3 {
        let url = bench.token(Who::Test, Drm::Widevine, &[]).await;
        times.push(bench.clock().now());
        bench.redeem(&url, &a, &[KID]).await;
        bench.clock().advance(Duration::from_secs(24 * 3600));
    }
    let find = async |path: &str, start: &str, end: &str| {
        let call = bench.http.get(bench.url(path)).query(&[
            ("customerAuthenticator", authenticator(Who::Test).as_str()),
            ("startTime", start),
            ("endTime", end),
        ]);
        let response = call.send().await.unwrap();
        assert_eq!(response.status(), 200);
        let records = response.json::<Records>().await.unwrap().records;
        let ids: Vec<_> = records.into_iter().map(|it| it.event_id.0).collect();
        ids
    };
    let at = |n: usize, seconds: i64| {
        let time = times[n] + SignedDuration::from_secs(seconds);
        time.to_string()
    };
    let by_time = "/cmiapi/getrecordbytime/";
    assert_eq!(find(by_time, &at(0, 0), &at(1, 60)).await, ["2", "1"]);
    assert_eq!(find(by_time, &at(1, 3600), &at(2, 60)).await, ["3"]);
    assert!(find(by_time, &at(2, 3600), &at(2, 7200)).await.is_empty());

    let archive = "/cmiapi/getarchivedrecord/";
    assert!(find(archive, &at(0, 0), &at(2, 60)).await.is_empty());
    // 87 and a half days and the three that have passed: the first is over 90 days old.
    bench
        .clock()
        .advance(Duration::from_secs((88 * 24 - 12) * 3600));
    assert_eq!(find(archive, &at(0, 0), &at(2, 60)).await, ["1"]);
    assert_eq!(find(by_time, &at(0, 0), &at(2, 60)).await, ["3", "2", "1"]);
}

#[tokio::test]
async fn a_span_of_time_has_two_ends_in_order() {
    let bench = Bench::start().await;
    let auth = authenticator(Who::Test);
    for (start, end, parameter) in [
        (None, Some("2030-01-01T00:00:00Z"), "startTime"),
        (Some("2030-01-01T00:00:00Z"), None, "endTime"),
        (Some("yesterday"), Some("2030-01-01T00:00:00Z"), "startTime"),
        (Some("2030-01-01T00:00:00Z"), Some("+60"), "endTime"),
        (
            Some("2030-01-01T00:00:01Z"),
            Some("2030-01-01T00:00:00Z"),
            "endTime",
        ),
    ] {
        for path in ["/cmiapi/getrecordbytime/", "/cmiapi/getarchivedrecord"] {
            let mut query = vec![("customerAuthenticator", auth.as_str())];
            query.extend(start.map(|time| ("startTime", time)));
            query.extend(end.map(|time| ("endTime", time)));
            let response = bench
                .http
                .get(bench.url(path))
                .query(&query)
                .send()
                .await
                .unwrap();
            let body: RefusalBody = response.json().await.unwrap();
            assert_eq!(body.error_code, -2035);
            assert_eq!(
                body.parameter.as_deref(),
                Some(parameter),
                "{start:?} {end:?}"
            );
        }
    }
}
