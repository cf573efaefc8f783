//! Numbers for Prometheus.

use expressplay::Drm;
use reqwest::StatusCode;

use crate::help::{Bench, COOKIE, KID, Who, device};

#[tokio::test]
async fn calls_are_counted_by_what_came_of_them_and_nobody_is_named() {
    let bench = &Bench::start().await;
    let one = device();
    let bound_to = one.device_id().to_string();
    let more = [("cookie", COOKIE), ("deviceId", &bound_to)];
    let url = bench.token(Who::Test, Drm::Widevine, &more).await;
    for _ in 0..2 {
        bench.redeem(&url, &one, &[KID]).await;
    }
    bench.redeem(&url, &device(), &[KID]).await;

    let origin = "https://metrics.example.org";
    let call = bench.http.get(bench.url("/metrics"));
    let answer = call.header("origin", origin).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    let headers = answer.headers();
    assert!(!headers.contains_key("access-control-allow-origin"));
    let kind = headers["content-type"].to_str().unwrap();
    assert!(kind.starts_with("application/openmetrics-text"), "{kind}");
    let text = answer.text().await.unwrap();
    for line in [
        r#"simulator_calls_total{call="license",drm="wv",outcome="granted",code=""} 2"#,
        r#"simulator_calls_total{call="license",drm="wv",outcome="refused",code="-4001"} 1"#,
        r#"simulator_call_duration_seconds_count{call="license"} 3"#,
        "simulator_commit_records_count 3",
        "simulator_sandboxes 1",
        "# EOF",
    ] {
        assert!(text.lines().any(|it| it == line), "{line}\n{text}");
    }
    for secret in [COOKIE, &bound_to, url.token().reveal()] {
        assert!(!text.contains(secret));
    }
}
