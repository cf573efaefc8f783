//! The control plane, and who may use it.

use std::{io::Write, net::TcpStream};

use jiff::SignedDuration;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use simulator::{Error, Simulator, clock::Hands};
use sqlx::{Connection, Executor, SqliteConnection};

use crate::{
    help::{Bench, until},
    process::{fault_of, serve},
};

#[tokio::test]
async fn the_clock_is_read_and_put_forward() {
    let bench = Bench::start().await;
    let url = bench.url("/__sim/clock");
    let before: Value = bench
        .http
        .get(&url)
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    assert_eq!(before["aheadMs"], 0);
    let advance = format!("{url}/advance");
    let after = bench
        .http
        .post(&advance)
        .json(&json!({"seconds": 3600}))
        .send()
        .await
        .unwrap();
    let after: Value = after.json().await.unwrap();
    assert_eq!(after["aheadMs"], 3_600_000);
    let ahead = SignedDuration::from_hours(1);
    assert_eq!(bench.clock().hands(), Hands::Running { ahead });
    for wrong in [json!({}), json!({"seconds": -1}), json!({"minutes": 1})] {
        let response = bench.http.post(&advance).json(&wrong).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::BAD_REQUEST, "{wrong}");
        let said = response.text().await.unwrap();
        let member = ["seconds", "minutes"]
            .iter()
            .any(|name| said.contains(name));
        assert!(member, "{said}");
    }
    let as_curl_sends_it = bench.http.post(&advance).body(r#"{"seconds": 60}"#);
    let after = as_curl_sends_it.send().await.unwrap();
    assert_eq!(after.status(), StatusCode::OK);
}

#[tokio::test]
async fn a_simulator_without_it_says_so_and_offers_no_clock() {
    let bench = Bench::with(Simulator::builder().control(false)).await;
    let get = async |path: &str| {
        let response = bench.http.get(bench.url(path)).send().await.unwrap();
        (response.status(), response.text().await.unwrap())
    };
    let (status, said) = get("/__sim/clock").await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    assert!(said.contains("without its control plane"), "{said}");
    assert!(!get("/").await.1.contains("__sim"));
    let bench = Bench::start().await;
    let page = bench.http.get(bench.url("/")).send().await.unwrap();
    assert!(page.text().await.unwrap().contains("/__sim/clock/advance"));
}

#[tokio::test]
async fn a_web_page_of_another_origin_cannot_reach_it() {
    let bench = Bench::start().await;
    let get = || bench.http.get(bench.url("/__sim/clock"));
    let own = bench.simulator.url().to_owned();
    assert_eq!(
        get().header("origin", own).send().await.unwrap().status(),
        StatusCode::OK
    );
    for (name, value) in [
        ("origin", "https://evil.example.org"),
        ("origin", "null"),
        ("host", "evil.example.org"),
        ("host", "127.0.0.1.evil.example.org"),
    ] {
        let response = get().header(name, value).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::FORBIDDEN, "{name}: {value}");
        assert!(
            !response
                .headers()
                .contains_key("access-control-allow-origin")
        );
    }
}

#[tokio::test]
async fn a_control_token_is_asked_for_where_there_is_one() {
    let bench = Bench::with(Simulator::builder().control_token("open sesame")).await;
    let get = || bench.http.get(bench.url("/__sim/clock"));
    assert_eq!(get().send().await.unwrap().status(), StatusCode::FORBIDDEN);
    let wrong = get()
        .header("authorization", "Bearer sesame")
        .send()
        .await
        .unwrap();
    assert_eq!(wrong.status(), StatusCode::FORBIDDEN);
    let right = get()
        .header("authorization", "Bearer open sesame")
        .send()
        .await
        .unwrap();
    assert_eq!(right.status(), StatusCode::OK);
}

#[tokio::test]
async fn an_empty_control_token_is_none_and_starts_nothing() {
    let error = Simulator::builder().control_token("").start().await;
    assert!(matches!(error, Err(Error::EmptyControlToken)));
    let mut command = serve(&["--listen", "127.0.0.1:0"]);
    command.env("SIMULATOR_CONTROL_TOKEN", "");
    let fault = fault_of(command);
    assert!(fault.contains("an empty control token"), "{fault}");
}

#[tokio::test]
async fn off_loopback_there_is_no_control_without_a_token() {
    let everywhere = "0.0.0.0:0".parse().unwrap();
    let bench = Bench::with(Simulator::builder().listen(everywhere)).await;
    let url = format!(
        "http://127.0.0.1:{}/__sim/clock",
        bench.simulator.addr().port()
    );
    let refused = bench.http.get(&url).send().await.unwrap();
    assert_eq!(refused.status(), StatusCode::FORBIDDEN);
    let said = refused.text().await.unwrap();
    assert!(
        said.contains("a simulator that listens off loopback"),
        "{said}"
    );
}

#[tokio::test]
async fn it_says_whether_it_is_up_and_ready() {
    let bench = Bench::start().await;
    for path in ["/healthz", "/readyz", "/"] {
        let response = bench.http.get(bench.url(path)).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::OK, "{path}");
    }
}

#[tokio::test]
async fn whatever_is_wrong_with_a_call_is_told_in_json() {
    let bench = Bench::start().await;
    for (method, path, status) in [
        (Method::DELETE, "/__sim/sandboxes/default/faults/first", 400),
        (
            Method::PATCH,
            "/__sim/sandboxes/default/accounts/test/one",
            400,
        ),
        (
            Method::PATCH,
            "/__sim/sandboxes/default/accounts/staging/1",
            400,
        ),
        (Method::GET, "/__sim/sandboxes/no%20name", 404),
        (Method::GET, "/__sim/sandboxs", 404),
        (Method::GET, "/__sim/", 404),
        (Method::POST, "/__sim/sandboxes/default/journal", 405),
    ] {
        let call = bench.http.request(method, bench.url(path));
        let answer = call.send().await.unwrap();
        assert_eq!(answer.status().as_u16(), status, "{path}");
        let said: Value = answer.json().await.unwrap();
        assert!(
            said["error"].as_str().is_some_and(|why| !why.is_empty()),
            "{path}: {said}"
        );
    }
}

#[tokio::test]
async fn what_a_body_gets_wrong_is_told_without_a_word_of_rust() {
    let bench = Bench::start().await;
    for (method, path, body, why) in [
        (Method::PUT, "clock", "[1]", "takes a JSON object"),
        (Method::PUT, "clock", r#"{"frozen":1}"#, "frozen: "),
        (Method::POST, "clock/advance", "{}", "`seconds` is missing"),
        (
            Method::POST,
            "clock/advance",
            r#"{"seconds":-1}"#,
            "seconds: ",
        ),
        (
            Method::POST,
            "clock/advance",
            r#"{"seconds":3153600001}"#,
            "a hundred years, at most",
        ),
        (
            Method::POST,
            "faults",
            r#"{"effect":{"latency":5}}"#,
            "effect.latency: ",
        ),
        (
            Method::POST,
            "faults",
            r#"{"effect":{"slow":5}}"#,
            "`latency`, `status`",
        ),
        (
            Method::POST,
            "faults",
            r#"{"effect":"latency"}"#,
            "effect.latency: ",
        ),
        (
            Method::POST,
            "faults",
            r#"{"effect":{"status":503,"error":-2019}}"#,
            "one member, and got `error` and `status`",
        ),
        (Method::POST, "faults", r#"{"effect":null}"#, "got null"),
        (
            Method::POST,
            "snapshots",
            r#"{"name":"A B"}"#,
            "name: a sandbox's name",
        ),
        (Method::POST, "snapshots", "{", "the body is not JSON"),
    ] {
        let call = bench.http.request(
            method,
            bench.url(&format!("/__sim/sandboxes/default/{path}")),
        );
        let answer = call.body(body).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::BAD_REQUEST, "{path} {body}");
        let said: Value = answer.json().await.unwrap();
        let said = said["error"].as_str().unwrap();
        assert!(said.contains(why), "{body}: {said}");
        for word in [
            "struct", "enum", "variant", "untagged", "u64", "u32", "sequence", "EOF",
        ] {
            assert!(!said.contains(word), "{body}: {said}");
        }
    }
}

#[tokio::test]
async fn what_a_path_or_a_query_gets_wrong_is_told_in_the_same_words() {
    let bench = Bench::start().await;
    for (method, path, why) in [
        (
            Method::GET,
            "journal?wait=abc",
            r#"wait: it takes a whole number, 0 or more, and got "abc""#,
        ),
        (
            Method::GET,
            "journal?call=licence",
            "call: it takes `token`, `license`, `records`, `keys`, and got `licence`",
        ),
        (
            Method::GET,
            "journal?foo=1",
            "foo: there is no such name here; there is `call`, `drm`, `cookie`",
        ),
        (
            Method::DELETE,
            "faults/x",
            "id: it takes a whole number, and got x",
        ),
        (
            Method::PATCH,
            "accounts/test/x",
            "number: it takes a whole number, and got x",
        ),
        (
            Method::PATCH,
            "accounts/eval/1",
            "environment: it takes test or production, and got eval",
        ),
    ] {
        let url = bench.url(&format!("/__sim/sandboxes/default/{path}"));
        let answer = bench.http.request(method, url).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::BAD_REQUEST, "{path}");
        let said: Value = answer.json().await.unwrap();
        let said = said["error"].as_str().unwrap();
        assert!(said.starts_with(why), "{path}: {said}");
    }
}

#[tokio::test]
async fn a_change_is_made_to_its_end_even_if_nobody_waits_for_it() {
    let folder = tempfile::tempdir().unwrap();
    let database = format!("sqlite://{}/simulator.db", folder.path().display());
    let bench = Bench::with(Simulator::builder().database(&database)).await;
    let get = async |path: &str| {
        let answer = bench.http.get(bench.url(path)).send().await.unwrap();
        answer.json::<Vec<Value>>().await.unwrap().len()
    };
    // For as long as another holds the database, the change is under way.
    let mut other = SqliteConnection::connect(&database).await.unwrap();
    other.execute("begin immediate").await.unwrap();
    let (address, body) = (bench.simulator.addr(), r#"{"name": "left"}"#);
    let request = format!(
        "POST /__sim/sandboxes HTTP/1.1\r\nhost: {address}\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    let mut connection = TcpStream::connect(address).unwrap();
    connection.write_all(request.as_bytes()).unwrap();
    until(async || get("/__sim/sandboxes").await > 1).await;
    drop(connection);
    // Whoever answers a later call has seen that the connection ended.
    get("/__sim/sandboxes").await;
    other.execute("commit").await.unwrap();

    // This waits for its turn, after that change.
    get("/__sim/sandboxes/left/snapshots").await;
    let kept = sqlx::query_scalar("select count(*) from sandbox where name = 'left'");
    let kept: i64 = kept.fetch_one(&mut other).await.unwrap();
    assert_eq!(kept, 1);
}
