//! `simulator device`, the device for the command line.

use std::process::{Command, Output};

use expressplay::Drm;
use serde_json::json;

use crate::help::{Bench, KEY, KID, Who, base_form};

fn device(words: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_simulator"));
    command.arg("device").args(words).output().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_redeems_what_any_drm_answers() {
    let bench = Bench::start().await;
    let folder = tempfile::tempdir().unwrap();
    let key = folder.path().join("tv.pem");
    let key = key.to_str().unwrap();
    assert!(device(&["new", key]).status.success());
    for drm in Drm::ALL {
        let answer = bench.token_call(Who::Test, drm, &base_form(drm)).await;
        let answer = answer.text().await.unwrap();
        let redeemed = device(&["redeem", key, &answer, "--kid", KID]);
        let said = String::from_utf8(redeemed.stdout).unwrap();
        assert!(said.contains(r#""kty":"oct""#), "{drm}: {said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_says_why_there_is_no_licence() {
    let bench = Bench::start().await;
    let folder = tempfile::tempdir().unwrap();
    let key = folder.path().join("tv.pem");
    let key = key.to_str().unwrap();
    assert!(device(&["new", key]).status.success());
    let fails_with = |answer: &str, expected: &str| {
        let failed = device(&["redeem", key, answer, "--kid", KID]);
        assert_eq!(failed.status.code(), Some(1), "{answer}");
        let said = String::from_utf8(failed.stderr).unwrap();
        assert!(said.contains(expected), "{answer}: {said}");
    };
    for (format, expected) in [("json", "refused with -2027"), ("html", "errorFormat=json")] {
        let wrong = [("kid", KID), ("contentKey", "0"), ("errorFormat", format)];
        let refused = bench.token_call(Who::Test, Drm::Widevine, &wrong).await;
        fails_with(&refused.text().await.unwrap(), expected);
    }
    fails_with("{}", "no answer of PlayReady's");
    let scheme = [("ms3SchemeType", "ms3"), ("kid", KID), ("contentKey", KEY)];
    let ms3 = bench.token_call(Who::Test, Drm::Ms3, &scheme).await;
    fails_with(&ms3.text().await.unwrap(), "without ms3Scheme");

    let url = bench.token(Who::Test, Drm::Widevine, &[]).await;
    let fault = json!({ "effect": "garbage", "call": "license" });
    let faults = bench.url("/__sim/sandboxes/default/faults");
    bench.http.post(faults).json(&fault).send().await.unwrap();
    fails_with(&url.reveal(), "what is no licence");
    fails_with(&bench.url("/"), "a token URL is");
    let again = device(&["new", key]);
    let said = String::from_utf8(again.stderr).unwrap();
    assert!(said.contains("is there already"), "{said}");
}
