//! The journal: what it keeps of every call, and how a test waits in it.

use std::{
    io::{Read, Write},
    net::TcpStream,
};

use expressplay::{
    Drm, KeyId,
    challenge::{KidBytes, TokenHash},
};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::help::{Bench, COOKIE, EK, KEY, KID, Who, authenticator, base_form, code, device};

const JOURNAL: &str = "/__sim/sandboxes/default/journal";

async fn journal(bench: &Bench, query: &str) -> Value {
    let url = bench.url(&format!("{JOURNAL}?{query}"));
    let answer = bench.http.get(url).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    answer.json().await.unwrap()
}

#[tokio::test]
async fn every_call_is_kept_with_what_it_carried_and_what_came_of_it() {
    let bench = &Bench::start().await;
    let device = device();
    let bound_to = device.device_id().to_string();
    let more = [("cookie", COOKIE), ("deviceId", &bound_to)];
    let url = bench.token(Who::Test, Drm::Widevine, &more).await;
    bench.redeem(&url, &device, &[KID]).await;
    let other = crate::help::device();
    bench.redeem(&url, &other, &[KID]).await;
    bench.records(Who::Test, &[("cookie", COOKIE)]).await;

    let all = journal(bench, "").await;
    assert_eq!(all["count"], 4);
    let told: Vec<_> = all["entries"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| {
            (
                entry["call"].as_str().unwrap(),
                entry["outcome"].as_str().unwrap(),
                entry["status"].as_u64().unwrap(),
                entry["errorCode"].as_i64(),
                entry["cookie"].as_str(),
            )
        })
        .collect();
    let cookie = Some(COOKIE);
    assert_eq!(
        told,
        [
            ("token", "granted", 200, None, cookie),
            ("license", "granted", 200, None, cookie),
            ("license", "refused", 403, Some(-4001), cookie),
            ("records", "granted", 200, None, cookie),
        ]
    );
    let refused = &all["entries"][2];
    assert_eq!(refused["device"], other.device_id().to_string());
    assert!(
        refused["error"]
            .as_str()
            .unwrap()
            .contains("the token is bound to device")
    );
    // It says what was asked for, and of which token, as the device itself named it.
    let asked = &refused["challenge"];
    let kid: KeyId = KID.parse().unwrap();
    let kid = String::from(KidBytes(kid.clear_key_bytes()));
    assert_eq!(
        (&asked["signed"], &asked["kids"]),
        (&json!(true), &json!([kid]))
    );
    assert!(asked["iat"].is_i64() && asked["jti"].is_string());
    let name = String::from(TokenHash(url.token().hash()));
    assert_eq!(refused["token"], json!(name));

    let token = &all["entries"][0];
    assert!(token["token"].is_null() && token["challenge"].is_null());
    assert_eq!(
        (&token["method"], &token["path"]),
        (&json!("POST"), &json!("/hms/wv/token"))
    );

    let of_device = journal(bench, &format!("device={bound_to}&call=license")).await;
    assert_eq!(of_device["count"], 1);
    assert_eq!(
        journal(bench, "outcome=refused&drm=widevine").await["count"],
        1
    );
    assert_eq!(journal(bench, "cookie=other").await["count"], 0);
    assert_eq!(journal(bench, "after=3").await["count"], 1);
}

#[tokio::test]
async fn no_secret_is_in_it() {
    let bench = &Bench::start().await;
    let misspelt = [
        ("contentkey", KEY),
        ("Kek", KEY),
        ("customerauthenticator", "1,secret"),
    ];
    let url = bench.token(Who::Test, Drm::Widevine, &misspelt).await;
    bench.redeem(&url, &device(), &[KID]).await;
    let stored = bench.http.post(bench.url("/keystore/keys"));
    let stored = stored
        .query(&[
            ("customerAuthenticator", authenticator(Who::Test).as_str()),
            ("kek", KEY),
        ])
        .header("content-type", "application/x-www-form-urlencoded")
        .body(format!(r#"{{"kid":"{COOKIE}","k":"{KEY}"}}"#));
    assert_eq!(
        stored.send().await.unwrap().status(),
        StatusCode::OK,
        "as curl sends it"
    );
    let text = journal(bench, "").await.to_string();
    let secret = authenticator(Who::Test);
    for secret in [
        KEY,
        secret.split(',').nth(1).unwrap(),
        url.token().reveal(),
        "1,secret",
    ] {
        assert!(!text.contains(secret), "{text}");
    }
    assert!(text.contains("[redacted]"));
}

#[tokio::test]
async fn a_test_waits_for_a_call_that_is_still_to_come() {
    let bench = &Bench::start().await;
    let url = bench
        .token(Who::Test, Drm::Widevine, &[("cookie", COOKIE)])
        .await;
    let query = format!("call=license&cookie={COOKIE}&outcome=granted&count=2&wait=60000");
    let (found, ()) = tokio::join!(journal(bench, &query), async {
        bench.redeem(&url, &device(), &[KID]).await;
        bench.redeem(&url, &device(), &[KID]).await;
    });
    assert_eq!(found["count"], 2);
    let in_vain = journal(bench, "call=keys&wait=1").await;
    assert_eq!(in_vain["count"], 0);
}

#[tokio::test]
async fn calls_are_told_as_they_come() {
    let bench = &Bench::start().await;
    bench.records(Who::Test, &[]).await;
    let url = bench.url(&format!("{JOURNAL}/events"));
    let mut live = bench.http.get(&url).send().await.unwrap();
    assert_eq!(live.headers()["content-type"], "text/event-stream");
    bench.records(Who::Test, &[("cookie", COOKIE)]).await;
    let mut told = String::new();
    while !told.ends_with("\n\n") {
        told += std::str::from_utf8(&live.chunk().await.unwrap().unwrap()).unwrap();
    }
    assert!(told.contains("id: 2\n") && told.contains(COOKIE), "{told}");

    // Who was cut off goes on where it was.
    let call = bench.http.get(&url).header("last-event-id", "0");
    let mut again = call.send().await.unwrap();
    let mut told = String::new();
    while !told.contains("id: 2\n") {
        told += std::str::from_utf8(&again.chunk().await.unwrap().unwrap()).unwrap();
    }
    assert!(told.contains("id: 1\n"), "{told}");
}

#[tokio::test]
async fn what_smells_is_hinted_at_in_the_journal_and_in_a_header_of_the_test_environment() {
    let bench = &Bench::start().await;
    let call = async |who: Who| {
        let mut pairs = base_form(Drm::Widevine);
        pairs.extend([("devceId", COOKIE), ("securitylevel", "1")]);
        bench.token_call(who, Drm::Widevine, &pairs).await
    };
    let answer = call(Who::Test).await;
    assert_eq!(answer.status(), StatusCode::OK, "a hint changes nothing");
    let hints: Vec<_> = answer.headers().get_all("sim-hint").iter().collect();
    assert_eq!(hints.len(), 2);
    assert_eq!(
        hints[0],
        "devceId is no parameter and was ignored; deviceId is one"
    );
    let answer = call(Who::Production).await;
    assert!(!answer.headers().contains_key("sim-hint"));
    for entry in journal(bench, "").await["entries"].as_array().unwrap() {
        assert_eq!(entry["hints"].as_array().unwrap().len(), 2);
    }

    let mut pairs = base_form(Drm::Widevine);
    pairs.push(("expirationTime", " 60"));
    let refused = bench.token_call(Who::Test, Drm::Widevine, &pairs).await;
    assert_eq!(refused.status(), StatusCode::BAD_REQUEST);
    let hint = refused.headers()["sim-hint"].to_str().unwrap();
    assert!(hint.contains("%2B"), "{hint}");

    let url = bench.token(Who::Test, Drm::Widevine, &[]).await;
    bench
        .clock()
        .advance(std::time::Duration::from_secs(30 * 3600));
    let late = bench.redeem(&url, &device(), &[KID]).await;
    assert_eq!(late.status(), StatusCode::OK);
    let hint = late.headers()["sim-hint"].to_str().unwrap();
    assert!(hint.contains("30 hours"), "{hint}");
}

#[tokio::test]
async fn a_query_that_makes_no_sense_says_which_part() {
    let bench = &Bench::start().await;
    for (query, why) in [
        ("call=licence", "call"),
        ("cuokie=1", "cuokie"),
        ("wait=soon", "wait"),
        ("wait=99999999", "milliseconds at most"),
        ("device=abc", "device"),
    ] {
        let url = bench.url(&format!("{JOURNAL}?{query}"));
        let answer = bench.http.get(url).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::BAD_REQUEST, "{query}");
        let said = answer.text().await.unwrap();
        assert!(said.contains(why), "{said}");
    }
}

#[tokio::test]
async fn a_trace_goes_with_the_call_and_a_cleared_journal_goes_on_counting() {
    let bench = &Bench::start().await;
    let trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    let call = bench.http.get(bench.url("/cmiapi/getrecord/"));
    call.header("traceparent", trace).send().await.unwrap();
    let all = journal(bench, "").await;
    assert_eq!(all["entries"][0]["traceparent"], trace);
    assert_eq!(
        all["entries"][0]["errorCode"], -2017,
        "nobody's call is kept too"
    );
    let cleared = bench.http.delete(bench.url(JOURNAL)).send().await.unwrap();
    assert_eq!(cleared.status(), StatusCode::NO_CONTENT);
    bench.records(Who::Test, &[]).await;
    let all = journal(bench, "").await;
    assert_eq!(
        (&all["count"], &all["entries"][0]["seq"]),
        (&json!(1), &json!(2))
    );
}

#[tokio::test]
async fn who_waits_or_watches_is_let_go_when_the_sandbox_is_dropped() {
    let bench = &Bench::start().await;
    let sandboxes = bench.url("/__sim/sandboxes");
    let made = bench
        .http
        .post(&sandboxes)
        .json(&json!({ "name": "brief" }));
    made.send().await.unwrap();
    let brief = format!("{sandboxes}/brief");
    let live = bench.http.get(format!("{brief}/journal/events"));
    let mut live = live.send().await.unwrap();
    let address = bench.simulator.addr();
    let request = format!(
        "GET /__sim/sandboxes/brief/journal?wait=600000 HTTP/1.1\r\nhost: {address}\r\n\
         connection: close\r\n\r\n"
    );
    let mut waiting = TcpStream::connect(address).unwrap();
    waiting.write_all(request.as_bytes()).unwrap();
    // Whoever answers later calls has come to the one that waits.
    for _ in 0..2 {
        bench.http.get(&brief).send().await.unwrap();
    }
    bench.http.delete(&brief).send().await.unwrap();
    while live.chunk().await.unwrap().is_some() {}
    let waited = tokio::task::spawn_blocking(move || {
        let mut answer = String::new();
        waiting.read_to_string(&mut answer).map(|_| answer)
    });
    let answer = waited.await.unwrap().unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
}

#[tokio::test]
async fn a_stop_waits_for_nobody_who_watches() {
    let bench = Bench::start().await;
    let live = bench.http.get(bench.url(&format!("{JOURNAL}/events")));
    let mut live = live.send().await.unwrap();
    bench.simulator.stop().await;
    while live.chunk().await.unwrap().is_some() {}
}

#[tokio::test]
async fn a_misspelt_parameter_of_records_and_keys_is_hinted_at_too() {
    let bench = &Bench::start().await;
    let call = async |method: Method, path: &str, name: &str, who: Who| {
        let query = [("customerAuthenticator", authenticator(who))];
        let call = bench.http.request(method, bench.url(path)).query(&query);
        // As curl sends JSON that nobody has told it the type of.
        let json = json!({ "kid": KID, "ek": EK, "info": "a&b=c" });
        let call = call.query(&[(name, KID)]).body(json.to_string());
        let form = "application/x-www-form-urlencoded";
        let answer = call.header("content-type", form).send().await.unwrap();
        let hints = answer.headers().get_all("sim-hint").iter();
        let hints = hints.map(|hint| hint.to_str().unwrap().to_owned());
        hints.collect::<Vec<_>>()
    };
    for (method, path, wrong, right) in [
        (
            Method::GET,
            "/cmiapi/getrecord/",
            "cooky",
            "; cookie is one",
        ),
        (
            Method::GET,
            "/cmiapi/getrecord/",
            "Cookie",
            "; cookie is one",
        ),
        (
            Method::GET,
            "/cmiapi/getrecord/",
            "eventid",
            "cookie, id, start, length",
        ),
        (
            Method::GET,
            "/cmiapi/getrecordbytime/",
            "startTim",
            "; startTime is one",
        ),
        (
            Method::GET,
            "/cmiapi/getarchivedrecord/",
            "endtime",
            "; endTime is one",
        ),
        (Method::POST, "/keystore/keys", "KEK", "; kek is one"),
        (Method::GET, "/keystore/keys", "kid", "it takes kek"),
    ] {
        let hints = call(method.clone(), path, wrong, Who::Test).await;
        assert_eq!(hints.len(), 1, "{path}: {hints:?}");
        assert!(
            hints[0].starts_with(wrong) && hints[0].ends_with(right),
            "{hints:?}"
        );
        let newest = journal(bench, "").await["entries"]
            .as_array()
            .unwrap()
            .last()
            .cloned();
        assert_eq!(newest.unwrap()["hints"], json!(hints));
        let of_production = call(method, path, wrong, Who::Production).await;
        assert!(of_production.is_empty(), "{path}: {of_production:?}");
    }
    assert!(
        call(Method::POST, "/keystore/keys", "kek", Who::Test)
            .await
            .is_empty()
    );
}

#[tokio::test]
async fn an_authenticator_at_a_host_of_the_other_environment_leaves_a_hint_with_its_owner() {
    let bench = Bench::start().await;
    let form = [
        ("customerAuthenticator", authenticator(Who::Test)),
        ("errorFormat", "json".to_owned()),
    ];
    let call = bench.http.post(bench.url("/hms/wv/token")).form(&form);
    let call = call.header("host", "wv-gen.service.expressplay.com");
    let response = call.send().await.unwrap();
    let hint = response.headers()["sim-hint"].to_str().unwrap().to_owned();
    assert!(hint.contains("customerAuthenticator is test's"), "{hint}");
    assert_eq!(code(response).await, -2018);
    let found = journal(&bench, "outcome=refused").await;
    assert_eq!(found["entries"][0]["hints"][0], hint);
}

#[tokio::test]
async fn a_misspelt_authenticator_leaves_its_hint_in_the_answer_by_the_host() {
    let bench = Bench::start().await;
    for (environment, has_hint) in [("test", true), ("service", false)] {
        let form = [("customerauthenticator", authenticator(Who::Test))];
        let call = bench.http.post(bench.url("/hms/wv/token")).form(&form);
        let call = call.header("host", format!("wv-gen.{environment}.expressplay.com"));
        let response = call.send().await.unwrap();
        let hint = response.headers().get("sim-hint");
        assert_eq!(hint.is_some(), has_hint, "{environment}");
        if let Some(hint) = hint {
            let hint = hint.to_str().unwrap();
            assert!(hint.contains("customerAuthenticator is one"), "{hint}");
        }
    }
}
