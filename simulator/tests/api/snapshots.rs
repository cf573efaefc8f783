//! Snapshots: a sandbox goes back to what it was, here or elsewhere.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use expressplay::Drm;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use simulator::Simulator;

use crate::help::{Bench, COOKIE, EK, KEY, KID, Who, base_form, device};

const BOX: &str = "/__sim/sandboxes/box";

async fn control(bench: &Bench, method: Method, path: &str, body: Value) -> (StatusCode, Value) {
    let call = bench.http.request(method, bench.url(path)).json(&body);
    let answer = call.send().await.unwrap();
    (answer.status(), answer.json().await.unwrap_or_default())
}

async fn done(bench: &Bench, method: Method, path: &str, body: Value) -> Value {
    let (status, answer) = control(bench, method, path, body).await;
    assert!(status.is_success(), "{path}: {status} {answer}");
    answer
}

fn authenticator() -> String {
    format!("77,{KEY}")
}

/// A sandbox with a record, a refusal, a stored key, a fault and a frozen clock in it.
async fn filled() -> Bench {
    let bench = Bench::start().await;
    let new = json!({ "name": "box", "seed": 3, "recordLagMs": 7,
        "clock": { "now": "2031-01-01T00:00:00Z", "frozen": true },
        "accounts": [{ "environment": "test", "authenticator": authenticator(),
                       "settings": { "credits": 5 } }] });
    done(&bench, Method::POST, "/__sim/sandboxes", new).await;
    play(&bench).await;
    let store = bench.http.post(bench.url("/keystore/keys"));
    let store = store.query(&[("customerAuthenticator", authenticator())]);
    let key = json!({ "kid": KID, "ek": EK, "info": "a film" });
    assert!(store.json(&key).send().await.unwrap().status().is_success());
    let fault = json!({ "effect": { "latency": { "ms": 1 } }, "call": "keys" });
    done(&bench, Method::POST, &format!("{BOX}/faults"), fault).await;
    let ahead = json!({ "seconds": 60 });
    done(&bench, Method::POST, &format!("{BOX}/clock/advance"), ahead).await;
    bench
}

/// A token for one device, redeemed by it and by another.
async fn play(bench: &Bench) {
    let one = device();
    let bound_to = one.device_id().to_string();
    let mut form = base_form(Drm::Widevine);
    let authenticator = authenticator();
    form.extend([("customerAuthenticator", authenticator.as_str())]);
    form.extend([("cookie", COOKIE), ("deviceId", &bound_to)]);
    let call = bench.http.post(bench.url("/hms/wv/token")).form(&form);
    let url = call.send().await.unwrap().text().await.unwrap();
    let url = url.parse().unwrap();
    assert_eq!(
        bench.redeem(&url, &one, &[KID]).await.status(),
        StatusCode::OK
    );
    let other = bench.redeem(&url, &device(), &[KID]).await;
    assert_eq!(other.status(), StatusCode::FORBIDDEN);
}

/// All that can be seen of the sandbox from outside.
async fn seen(bench: &Bench) -> Value {
    let get = async |path: &str| {
        let call = bench.http.get(bench.url(path));
        let call = call.query(&[("customerAuthenticator", authenticator())]);
        call.send().await.unwrap().json::<Value>().await.unwrap()
    };
    let mut state = done(bench, Method::GET, BOX, json!({})).await;
    // How far a clock that stands still is behind goes on changing.
    state["clock"]["aheadMs"] = Value::Null;
    let faults = done(bench, Method::GET, &format!("{BOX}/faults"), json!({})).await;
    json!({
        "records": get("/cmiapi/getrecord/?start=0&length=100").await,
        "keys": get("/keystore/keys").await,
        "state": state,
        "faults": faults.as_array().unwrap().iter().map(|f| f["effect"].clone()).collect::<Vec<_>>(),
    })
}

#[tokio::test]
async fn a_sandbox_goes_back_to_a_snapshot_of_it() {
    let bench = &filled().await;
    let before = seen(bench).await;
    assert_eq!(before["records"]["records"].as_array().unwrap().len(), 2);
    assert_eq!(before["state"]["accounts"][0]["settings"]["credits"], 4);
    let name = json!({ "name": "played-once" });
    done(bench, Method::POST, &format!("{BOX}/snapshots"), name).await;

    play(bench).await;
    let other = json!({ "now": "2040-01-01T00:00:00Z", "frozen": false });
    done(bench, Method::PUT, &format!("{BOX}/clock"), other).await;
    let settings = json!({ "disabled": true });
    done(
        bench,
        Method::PATCH,
        &format!("{BOX}/accounts/test/77"),
        settings,
    )
    .await;
    done(bench, Method::DELETE, &format!("{BOX}/faults"), json!({})).await;
    assert_ne!(seen(bench).await, before);

    let snapshot = format!("{BOX}/snapshots/played-once");
    done(
        bench,
        Method::POST,
        &format!("{snapshot}/restore"),
        json!({}),
    )
    .await;
    assert_eq!(seen(bench).await, before);
    let all = done(bench, Method::GET, &format!("{BOX}/snapshots"), json!({})).await;
    assert_eq!(all[0]["name"], "played-once");
    done(bench, Method::DELETE, &snapshot, json!({})).await;
    let gone = control(
        bench,
        Method::POST,
        &format!("{snapshot}/restore"),
        json!({}),
    )
    .await;
    assert_eq!(gone.0, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_reset_forgets_what_was_done_and_keeps_who_may_do_it() {
    let bench = &filled().await;
    done(bench, Method::POST, &format!("{BOX}/reset"), json!({})).await;
    let after = seen(bench).await;
    assert_eq!(after["records"]["records"], json!([]));
    assert_eq!((&after["keys"], &after["faults"]), (&json!([]), &json!([])));
    assert_eq!(after["state"]["accounts"][0]["settings"]["credits"], 5);
    assert_eq!(after["state"]["clock"]["now"], "2031-01-01T00:01:00Z");
    play(bench).await;
}

/// A sandbox with one account, of that number.
async fn sandbox_of(bench: &Bench, number: u32) -> String {
    let authenticator = format!("{number},{KEY}");
    let new = json!({ "name": format!("box-{number}"),
        "accounts": [{ "environment": "test", "authenticator": authenticator }] });
    done(bench, Method::POST, "/__sim/sandboxes", new).await;
    authenticator
}

/// Redeems a token of an account.
async fn redeem_for(bench: &Bench, authenticator: &str) {
    let mut form = base_form(Drm::Widevine);
    form.push(("customerAuthenticator", authenticator));
    let call = bench.http.post(bench.url("/hms/wv/token")).form(&form);
    let url = call.send().await.unwrap().text().await.unwrap();
    let answer = bench.redeem(&url.parse().unwrap(), &device(), &[KID]).await;
    assert_eq!(answer.status(), StatusCode::OK);
}

/// The ids of an account's records, the newest first.
async fn ids_of(bench: &Bench, authenticator: &str) -> Vec<String> {
    let call = bench.http.get(bench.url("/cmiapi/getrecord/"));
    let call = call.query(&[("customerAuthenticator", authenticator)]);
    let answer: Value = call.send().await.unwrap().json().await.unwrap();
    let records = answer["records"].as_array().unwrap().iter();
    let ids = records.map(|record| record["event_id"].as_str().unwrap().to_owned());
    ids.collect()
}

#[tokio::test]
async fn a_reset_account_counts_its_records_from_1_again() {
    let bench = &Bench::start().await;
    let account = &sandbox_of(bench, 81).await;
    redeem_for(bench, account).await;
    redeem_for(bench, account).await;
    assert_eq!(ids_of(bench, account).await, ["2", "1"]);
    let reset = "/__sim/sandboxes/box-81/reset";
    done(bench, Method::POST, reset, json!({})).await;
    redeem_for(bench, account).await;
    assert_eq!(ids_of(bench, account).await, ["1"]);
}

#[tokio::test]
async fn accounts_that_are_reset_in_turn_do_not_come_into_each_other() {
    let bench = &Bench::start().await;
    let one = &sandbox_of(bench, 81).await;
    let other = &sandbox_of(bench, 82).await;
    redeem_for(bench, one).await;
    for _ in 0..3 {
        redeem_for(bench, other).await;
    }
    for number in [81, 82] {
        let reset = format!("/__sim/sandboxes/box-{number}/reset");
        done(bench, Method::POST, &reset, json!({})).await;
    }
    // The other way round: who comes first has the first place.
    redeem_for(bench, other).await;
    redeem_for(bench, one).await;
    redeem_for(bench, one).await;
    assert_eq!(ids_of(bench, other).await, ["1"]);
    assert_eq!(ids_of(bench, one).await, ["2", "1"]);
}

#[tokio::test]
async fn a_seed_that_begins_again_takes_no_kept_keys_place_and_gives_no_authenticator_away() {
    let bench = &Bench::start().await;
    let new = json!({ "name": "box", "seed": 3 });
    let made = done(bench, Method::POST, "/__sim/sandboxes", new).await;
    let authenticator = made["accounts"][0]["authenticator"]
        .as_str()
        .unwrap()
        .to_owned();
    let make_key = async || {
        let call = bench.http.post(bench.url("/keystore/keys"));
        let kek = "11111111111111111111111111111111";
        let call = call.query(&[
            ("customerAuthenticator", authenticator.as_str()),
            ("kek", kek),
        ]);
        let key: Value = call.send().await.unwrap().json().await.unwrap();
        key["kid"].as_str().unwrap().to_owned()
    };
    let first = make_key().await;
    let name = json!({ "name": "one-key" });
    done(bench, Method::POST, &format!("{BOX}/snapshots"), name).await;
    let restore = format!("{BOX}/snapshots/one-key/restore");
    done(bench, Method::POST, &restore, json!({})).await;
    assert_ne!(make_key().await, first, "it is kept already");

    done(bench, Method::POST, &format!("{BOX}/reset"), json!({})).await;
    assert_eq!(
        make_key().await,
        first,
        "what was made first is made first again"
    );
    done(bench, Method::POST, &format!("{BOX}/reset"), json!({})).await;
    let mut form = base_form(Drm::Widevine);
    form.push(("customerAuthenticator", &authenticator));
    let call = bench.http.post(bench.url("/hms/wv/token")).form(&form);
    let url: expressplay::TokenUrl = call
        .send()
        .await
        .unwrap()
        .text()
        .await
        .unwrap()
        .parse()
        .unwrap();
    let token = URL_SAFE_NO_PAD.decode(url.token().reveal()).unwrap();
    let secret = hex::decode(authenticator.split(',').nth(1).unwrap()).unwrap();
    assert!(!token.windows(8).any(|bytes| bytes == &secret[..8]));
}

#[tokio::test]
async fn a_seed_that_begins_again_makes_faults_strike_the_same_calls_again() {
    let bench = &Bench::start().await;
    let new = json!({ "name": "box", "seed": 3 });
    let made = done(bench, Method::POST, "/__sim/sandboxes", new).await;
    let authenticator = made["accounts"][0]["authenticator"].as_str().unwrap();
    let run = async || {
        let fault = json!({ "effect": { "status": 503 }, "share": 0.5 });
        let fault = done(bench, Method::POST, &format!("{BOX}/faults"), fault).await;
        let mut seen = vec![fault["id"].to_string()];
        for _ in 0..32 {
            let call = bench.http.get(bench.url("/cmiapi/getrecord/"));
            let call = call.query(&[("customerAuthenticator", authenticator)]);
            seen.push(call.send().await.unwrap().status().to_string());
        }
        seen
    };
    let name = json!({ "name": "new" });
    done(bench, Method::POST, &format!("{BOX}/snapshots"), name).await;
    let first = run().await;
    for again in ["reset", "snapshots/new/restore"] {
        done(bench, Method::POST, &format!("{BOX}/{again}"), json!({})).await;
        assert_eq!(run().await, first, "{again}");
    }
}

#[tokio::test]
async fn a_sandbox_is_taken_elsewhere_as_a_file() {
    let bench = &filled().await;
    let before = seen(bench).await;
    let file = done(bench, Method::GET, &format!("{BOX}/export"), json!({})).await;

    let elsewhere = &Bench::with(Simulator::builder()).await;
    let taken = control(bench, Method::POST, "/__sim/import", file.clone()).await;
    assert_eq!(taken.0, StatusCode::CONFLICT, "there it is already");
    let beside = "/__sim/import?name=beside";
    let (status, said) = control(bench, Method::POST, beside, file.clone()).await;
    assert_eq!(status, StatusCode::CONFLICT);
    let said = said["error"].as_str().unwrap();
    assert!(
        said.contains("sandbox box has account 77 (test) already"),
        "{said}"
    );
    assert!(said.contains("import it elsewhere"), "{said}");
    done(elsewhere, Method::POST, "/__sim/import", file.clone()).await;
    assert_eq!(seen(elsewhere).await, before);
    play(elsewhere).await;
    done(elsewhere, Method::DELETE, BOX, json!({})).await;
    let mut late = file.clone();
    late["hands"] = json!({ "frozen": { "at": "9999-01-01T00:00:00Z" } });
    let taken = done(elsewhere, Method::POST, "/__sim/import", late).await;
    assert_eq!(
        taken["clock"]["now"], "3000-01-01T00:00:00Z",
        "as late as it gets"
    );

    for (member, value, why) in [
        ("version", json!(2), "version 1"),
        ("hands", json!("up"), "hands"),
        ("surprise", json!(1), "surprise"),
        ("name", json!("No Name"), "a-z"),
        (
            "faults",
            json!([{ "effect": "reset", "times": 0 }]),
            "once or more",
        ),
    ] {
        let mut wrong = file.clone();
        wrong[member] = value;
        let (status, said) = control(elsewhere, Method::POST, "/__sim/import", wrong).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{said}");
        assert!(said["error"].as_str().unwrap().contains(why), "{said}");
    }
}

#[tokio::test]
async fn the_default_sandbox_is_exported_and_imported_too() {
    let played = async |bench: &Bench| {
        let url = bench.token(Who::Test, Drm::Widevine, &[]).await;
        let licence = bench.redeem(&url, &device(), &[KID]).await;
        assert_eq!(licence.status(), StatusCode::OK);
    };
    let bench = &Bench::start().await;
    played(bench).await;
    let export = "/__sim/sandboxes/default/export";
    let file = done(bench, Method::GET, export, json!({})).await;
    let first = bench.records(Who::Test, &[]).await;
    played(bench).await;
    done(bench, Method::POST, "/__sim/import", file.clone()).await;
    assert_eq!(bench.records(Who::Test, &[]).await, first, "as it was");

    // One of other accounts takes it under another name, and gives it back.
    let elsewhere = &Bench::of(Simulator::builder()).await;
    let (status, said) = control(elsewhere, Method::POST, "/__sim/import", file.clone()).await;
    assert_eq!(status, StatusCode::CONFLICT);
    let why = said["error"].as_str().unwrap();
    assert!(why.contains("sandbox default has not"), "{why}");
    done(elsewhere, Method::POST, "/__sim/import?name=box", file).await;
    assert_eq!(elsewhere.records(Who::Test, &[]).await, first);
    let file = done(elsewhere, Method::GET, &format!("{BOX}/export"), json!({})).await;
    played(bench).await;
    done(
        bench,
        Method::POST,
        "/__sim/import?name=default",
        file.clone(),
    )
    .await;
    assert_eq!(bench.records(Who::Test, &[]).await, first);

    for (query, why) in [("name=No Name", "a-z"), ("as=box", "parameter name")] {
        let path = format!("/__sim/import?{query}");
        let (status, said) = control(bench, Method::POST, &path, file.clone()).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{said}");
        assert!(said["error"].as_str().unwrap().contains(why), "{said}");
    }
}

#[tokio::test]
async fn a_file_with_rows_that_no_simulator_writes_makes_no_sandbox() {
    let bench = &filled().await;
    let mut file = done(bench, Method::GET, &format!("{BOX}/export"), json!({})).await;
    done(bench, Method::DELETE, BOX, json!({})).await;
    let row = &mut file["accounts"][0]["data"][0][0];
    let whole = row.clone();
    for (member, value) in [
        ("cookie", json!("a cookie has 32 characters at most")),
        ("kids", json!("not json")),
        ("status", json!("lost")),
        ("eventTimeMs", json!("now")),
        ("eventId", json!(i64::MAX)),
        ("deviceId", json!("00112233")),
    ] {
        let mut wrong = file.clone();
        let mut row = whole.clone();
        row[member] = value;
        wrong["accounts"][0]["data"][0][0] = row;
        let (status, said) = control(bench, Method::POST, "/__sim/import", wrong).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{member}: {said}");
        let gone = control(bench, Method::GET, BOX, json!({})).await;
        assert_eq!(gone.0, StatusCode::NOT_FOUND, "{member}");
    }
    done(bench, Method::POST, "/__sim/import", file).await;
}

#[tokio::test]
async fn a_file_says_in_plain_words_what_is_wrong_with_its_rows() {
    let bench = &filled().await;
    let file = done(bench, Method::GET, &format!("{BOX}/export"), json!({})).await;
    done(bench, Method::DELETE, BOX, json!({})).await;
    let data = &file["accounts"][0]["data"];
    let (first, key) = (&data[0][0], &data[1][0]);
    let without_id = json!({ "drm": "wv" });
    for (table, rows, why) in [
        (0, json!([first, first]), "an eventId comes twice"),
        (0, json!([without_id]), "from 1 to 9007199254740992"),
        (0, json!([5]), "list of objects"),
        (0, json!("x"), "list of objects"),
        (0, json!({}), "list of objects"),
        (0, json!([[first]]), "list of objects"),
        (1, json!({ "a": key }), "list of objects"),
        (1, json!([key, key]), "comes twice"),
        (1, json!([{ "kid": KID }]), "lacks"),
        (2, json!([{ "remaining": -1 }]), "none can say"),
        (2, json!([{ "remaining": "x" }]), "in place of a number"),
        (2, json!(null), "list of objects"),
    ] {
        let mut wrong = file.clone();
        wrong["accounts"][0]["data"][table] = rows;
        let (status, said) = control(bench, Method::POST, "/__sim/import", wrong).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{why}: {said}");
        let said = said["error"].as_str().unwrap();
        let place = format!("accounts[0].data[{table}]");
        assert!(said.contains(why) && said.contains(&place), "{why}: {said}");
        assert!(!said.contains("constraint"), "{said}");
        let gone = control(bench, Method::GET, BOX, json!({})).await;
        assert_eq!(gone.0, StatusCode::NOT_FOUND, "{why}");
    }
    let default = "/__sim/sandboxes/default/export";
    let mut file = done(bench, Method::GET, default, json!({})).await;
    let account = file["accounts"][0].clone();
    file["accounts"].as_array_mut().unwrap().push(account);
    let (status, said) = control(bench, Method::POST, "/__sim/import", file).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    let said = said["error"].as_str().unwrap();
    assert!(said.contains("there twice"), "{said}");
}

#[tokio::test]
async fn ids_of_a_file_that_are_too_large_for_an_account_are_numbered_anew() {
    let bench = &Bench::start().await;
    let account = &sandbox_of(bench, 81).await;
    redeem_for(bench, account).await;
    redeem_for(bench, account).await;
    let export = "/__sim/sandboxes/box-81/export";
    let mut file = done(bench, Method::GET, export, json!({})).await;
    done(bench, Method::DELETE, "/__sim/sandboxes/box-81", json!({})).await;
    for (first, second, then) in [
        (7_i64, 1_i64 << 31, ["2147483649", "2147483648", "7"]),
        ((1 << 31) + 1, 7, ["3", "2", "1"]),
        (1 << 53, u32::MAX.into(), ["3", "2", "1"]),
    ] {
        file["accounts"][0]["data"][0][0]["eventId"] = json!(first);
        file["accounts"][0]["data"][0][1]["eventId"] = json!(second);
        done(bench, Method::POST, "/__sim/import", file.clone()).await;
        redeem_for(bench, account).await;
        assert_eq!(ids_of(bench, account).await, then);
        done(bench, Method::DELETE, "/__sim/sandboxes/box-81", json!({})).await;
    }
}
