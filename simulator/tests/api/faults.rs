//! Faults: each does to a real client what it says, and to nobody else.

use std::time::Duration;

use expressplay::Drm;
use reqwest::{Client, Error, Method, Response, StatusCode};
use serde_json::{Value, json};
use simulator::{
    SandboxName, Simulator,
    fault::{CallKind, Effect, NewFault},
};

use crate::help::{Bench, COOKIE, KID, Who, authenticator, base_form, code, device};

const FAULTS: &str = "/__sim/sandboxes/default/faults";

async fn control(bench: &Bench, method: Method, path: &str, body: Value) -> (StatusCode, Value) {
    let call = bench.http.request(method, bench.url(path)).json(&body);
    let answer = call.send().await.unwrap();
    (answer.status(), answer.json().await.unwrap_or_default())
}

async fn fault(bench: &Bench, fault: Value) -> Value {
    let (status, state) = control(bench, Method::POST, FAULTS, fault).await;
    assert_eq!(status, StatusCode::CREATED, "{state}");
    state
}

async fn token_call(bench: &Bench, more: &[(&str, &str)]) -> Result<Response, Error> {
    let authenticator = authenticator(Who::Test);
    let mut form = base_form(Drm::Widevine);
    form.extend_from_slice(more);
    form.push(("customerAuthenticator", &authenticator));
    form.push(("errorFormat", "json"));
    // A connection of its own: what happens to it happens to no other call.
    let http = Client::builder().timeout(Duration::from_secs(20)).build();
    let call = http.unwrap().post(bench.url("/hms/wv/token"));
    call.form(&form).send().await
}

#[tokio::test]
async fn a_status_and_a_code_come_in_place_of_an_answer() {
    let bench = &Bench::start().await;
    fault(bench, json!({ "effect": { "status": 503 }, "times": 1 })).await;
    let broken = token_call(bench, &[]).await.unwrap();
    assert_eq!(broken.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert!(!broken.text().await.unwrap().contains("errorCode"));

    fault(
        bench,
        json!({ "effect": { "error": -2019 }, "call": "license", "times": 1 }),
    )
    .await;
    let url = bench.token(Who::Test, Drm::Widevine, &[]).await;
    let refused = bench.redeem(&url, &device(), &[KID]).await;
    assert_eq!(refused.status(), StatusCode::FORBIDDEN);
    assert_eq!(code(refused).await, -2019);
    assert_eq!(
        bench.records(Who::Test, &[]).await,
        vec![],
        "nothing was done"
    );
    let granted = bench.redeem(&url, &device(), &[KID]).await;
    assert_eq!(granted.status(), StatusCode::OK, "once is once");

    fault(
        bench,
        json!({ "effect": { "error": -2018 }, "call": "records", "times": 1 }),
    )
    .await;
    let refused = bench.records_call(Who::Test, &[]).await;
    assert_eq!(refused.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(code(refused).await, -2018);
}

#[tokio::test]
async fn a_reset_takes_the_answer_and_not_what_was_done() {
    let bench = &Bench::start().await;
    let url = bench.token(Who::Test, Drm::Widevine, &[]).await;
    fault(
        bench,
        json!({ "effect": "reset", "call": "license", "times": 1 }),
    )
    .await;
    let device = device();
    let fresh = Client::new();
    let lost = fresh
        .post(url.reveal())
        .header("content-type", "application/jose")
        .body(bench.challenge(&url, &device, &[KID]))
        .send()
        .await;
    let lost = lost.unwrap_err();
    assert!(!lost.is_timeout() && lost.is_request(), "{lost:?}");
    let records = bench.records(Who::Test, &[]).await;
    assert_eq!(records.len(), 1, "the licence is on record all the same");
    assert!(records[0].issued_to().is_some());
}

#[tokio::test]
async fn half_an_answer_and_no_answer_at_all_reach_the_client_as_such() {
    let bench = &Bench::start().await;
    fault(bench, json!({ "effect": "truncate", "times": 1 })).await;
    let cut = token_call(bench, &[]).await;
    // The head may come, but never the whole body.
    let whole = match cut {
        Ok(cut) => cut.bytes().await,
        Err(error) => Err(error),
    };
    assert!(whole.is_err());

    fault(bench, json!({ "effect": "garbage", "times": 1 })).await;
    let garbage = token_call(bench, &[]).await.unwrap();
    assert_eq!(garbage.status(), StatusCode::OK);
    assert!(!garbage.text().await.unwrap().contains("ExpressPlayToken"));
    let whole = token_call(bench, &[]).await.unwrap();
    assert!(whole.text().await.unwrap().contains("ExpressPlayToken"));
}

#[tokio::test]
async fn latency_outlasts_an_impatient_client_and_no_patient_one() {
    let bench = &Bench::start().await;
    let state = fault(
        bench,
        json!({ "effect": { "latency": { "ms": 3_600_000 } } }),
    )
    .await;
    let url = bench.url("/hms/wv/token");
    let impatient = Client::builder()
        .timeout(Duration::from_millis(200))
        .build();
    let form = [("customerAuthenticator", authenticator(Who::Test))];
    let late = impatient.unwrap().post(&url).form(&form).send().await;
    assert!(late.unwrap_err().is_timeout());
    let left = bench.url("/__sim/sandboxes/default/journal?outcome=failed&wait=60000");
    let left = bench.http.get(left).send().await.unwrap();
    let left: Value = left.json().await.unwrap();
    let entry = &left["entries"][0];
    assert_eq!((&left["count"], &entry["status"]), (&json!(1), &json!(499)));
    assert_eq!(
        (&entry["call"], &entry["faults"]),
        (&json!("token"), &json!([1]))
    );

    let path = format!("{FAULTS}/{}", state["id"]);
    assert_eq!(
        control(bench, Method::DELETE, &path, json!({})).await.0,
        204
    );
    assert_eq!(
        control(bench, Method::DELETE, &path, json!({})).await.0,
        404
    );
    fault(
        bench,
        json!({ "effect": { "latency": { "fromMs": 1, "toMs": 3 } } }),
    )
    .await;
    assert_eq!(
        token_call(bench, &[]).await.unwrap().status(),
        StatusCode::OK
    );
}

#[tokio::test]
async fn a_lag_hides_what_has_just_happened() {
    let bench = &Bench::start().await;
    let url = bench
        .token(Who::Test, Drm::Widevine, &[("cookie", COOKIE)])
        .await;
    bench.redeem(&url, &device(), &[KID]).await;
    let mine = [("cookie", COOKIE)];
    fault(
        bench,
        json!({ "effect": { "recordLagMs": 60_000 }, "cookie": COOKIE, "times": 2 }),
    )
    .await;
    assert_eq!(bench.records(Who::Test, &mine).await.len(), 0);
    bench.clock().advance(Duration::from_secs(61));
    assert_eq!(bench.records(Who::Test, &mine).await.len(), 1);
}

#[tokio::test]
async fn a_fault_of_one_cookie_device_and_sandbox_strikes_nobody_else() {
    let bench = &Bench::start().await;
    let (a, b) = (device(), device());
    let url = bench
        .token(Who::Test, Drm::Widevine, &[("cookie", COOKIE)])
        .await;
    let of_a = a.device_id().to_string();
    let one = json!({ "effect": { "status": 500 }, "device": of_a, "cookie": COOKIE });
    fault(bench, one).await;
    assert_eq!(bench.redeem(&url, &a, &[KID]).await.status(), 500);
    assert_eq!(bench.redeem(&url, &b, &[KID]).await.status(), 200);
    let other = bench
        .token(Who::Test, Drm::Widevine, &[("cookie", "other")])
        .await;
    assert_eq!(bench.redeem(&other, &a, &[KID]).await.status(), 200);

    let new = json!({ "name": "beside" });
    let (_, beside) = control(bench, Method::POST, "/__sim/sandboxes", new).await;
    let all = json!({ "effect": { "status": 502 } });
    let path = "/__sim/sandboxes/beside/faults";
    assert_eq!(control(bench, Method::POST, path, all).await.0, 201);
    assert_eq!(
        token_call(bench, &[]).await.unwrap().status(),
        StatusCode::OK
    );
    let authenticator = beside["accounts"][0]["authenticator"].as_str().unwrap();
    let call = bench.http.get(bench.url("/cmiapi/getrecord/"));
    let call = call.query(&[("customerAuthenticator", authenticator)]);
    assert_eq!(call.send().await.unwrap().status(), StatusCode::BAD_GATEWAY);
}

#[tokio::test]
async fn faults_are_listed_with_what_they_did_and_cleared() {
    let bench = &Bench::start().await;
    fault(
        bench,
        json!({ "effect": "garbage", "call": "token", "times": 3 }),
    )
    .await;
    token_call(bench, &[]).await.unwrap();
    let (_, all) = control(bench, Method::GET, FAULTS, json!({})).await;
    let expected = json!([{ "id": 1, "struck": 1, "until": null, "effect": "garbage",
        "call": "token", "times": 2 }]);
    assert_eq!(all, expected);
    assert_eq!(
        control(bench, Method::DELETE, FAULTS, json!({})).await.0,
        204
    );
    assert_eq!(
        control(bench, Method::GET, FAULTS, json!({})).await.1,
        json!([])
    );

    for (wrong, why) in [
        (json!({ "effect": { "status": 99 } }), "400 to 599"),
        (json!({ "effect": "explode" }), "explode"),
        (json!({ "call": "token" }), "effect"),
        (json!({ "effect": "reset", "share": 2 }), "from 0 to 1"),
        (json!({ "effect": "reset", "times": 0 }), "once or more"),
        (json!({ "effect": "reset", "share": 0 }), "above 0"),
        (json!({ "effect": "reset", "forSeconds": 0 }), "1 or more"),
        (
            json!({ "effect": { "recordLagMs": 5 }, "call": "token" }),
            "acts on records alone",
        ),
        (
            json!({ "effect": "reset", "call": "keys", "drm": "ms3" }),
            "drm: a call of `keys` carries none",
        ),
        (
            json!({ "effect": { "latency": { "fromMs": 2, "toMs": 1 } } }),
            "fromMs is not above toMs",
        ),
    ] {
        let (status, said) = control(bench, Method::POST, FAULTS, wrong.clone()).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{wrong}");
        assert!(said["error"].as_str().unwrap().contains(why), "{said}");
    }
}

#[tokio::test]
async fn a_simulator_in_rust_makes_faults_and_asks_its_journal_too() {
    let simulator = Simulator::start().await.unwrap();
    let sandbox = simulator.sandbox(&SandboxName::of_default()).unwrap();
    let fault = NewFault::of(Effect::status(503).unwrap())
        .call(CallKind::Records)
        .times(1);
    let state = sandbox.add_fault(fault).unwrap();
    assert_eq!(sandbox.faults(), [state]);
    let _ = rustls::crypto::ring::default_provider().install_default();
    let url = format!("{}/cmiapi/getrecord/", simulator.url());
    assert_eq!(reqwest::get(&url).await.unwrap().status(), 503);
    assert!(sandbox.faults().is_empty());
    let calls = sandbox
        .journal(&simulator::journal::JournalQuery::default())
        .await;
    assert_eq!((calls.len(), calls[0].status), (1, 503));
}

#[tokio::test]
async fn an_answer_without_a_body_is_late_cut_and_spoilt_too() {
    let bench = &Bench::start().await;
    let key = bench.url(&format!("/keystore/keys/{KID}"));
    let own = [("customerAuthenticator", authenticator(Who::Test))];
    let store = async || {
        let call = bench.http.post(bench.url("/keystore/keys")).query(&own);
        let stored = call.json(&json!({ "kid": KID, "ek": crate::help::EK }));
        assert_eq!(stored.send().await.unwrap().status(), StatusCode::OK);
    };
    // A connection of its own: what happens to it happens to no other call.
    let delete = || Client::new().delete(&key).query(&own).send();
    for effect in [json!("reset"), json!("truncate")] {
        store().await;
        let once = json!({ "effect": effect, "times": 1 });
        fault(bench, once).await;
        assert!(delete().await.is_err(), "{effect}");
    }
    store().await;
    fault(bench, json!({ "effect": "garbage", "times": 1 })).await;
    let spoilt = delete().await.unwrap();
    assert!(spoilt.text().await.unwrap().contains("garbage"));

    store().await;
    let (short, none) = (json!({ "latency": { "ms": 1 } }), json!({}));
    fault(bench, json!({ "effect": short, "times": 1 })).await;
    assert_eq!(delete().await.unwrap().status(), StatusCode::NO_CONTENT);
    let (_, left) = control(bench, Method::GET, FAULTS, none).await;
    assert_eq!(left, json!([]), "it has struck");
}
