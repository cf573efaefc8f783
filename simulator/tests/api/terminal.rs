//! `simulator device`, the device for the command line.

use std::process::Command;

use expressplay::Drm;

use crate::help::{Bench, KID, Who, base_form};

#[tokio::test(flavor = "multi_thread")]
async fn a_device_redeems_what_any_drm_answers() {
    let bench = Bench::start().await;
    let folder = tempfile::tempdir().unwrap();
    let key = folder.path().join("tv.pem");
    let device = |words: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_simulator"));
        command.arg("device").args(words);
        command.output().unwrap()
    };
    let key = key.to_str().unwrap();
    assert!(device(&["new", key]).status.success());
    for drm in Drm::ALL {
        let answer = bench.token_call(Who::Test, drm, &base_form(drm)).await;
        let answer = answer.text().await.unwrap();
        let redeemed = device(&["redeem", key, &answer, "--kid", KID]);
        let said = String::from_utf8(redeemed.stdout).unwrap();
        assert!(said.contains(r#""kty":"oct""#), "{drm}: {said}");
    }
    let nonsense = device(&["redeem", key, "{}", "--kid", KID]);
    let said = String::from_utf8(nonsense.stderr).unwrap();
    assert!(said.contains("no answer of PlayReady's"), "{said}");
}
