//! Key storage.

use expressplay::{RefusalBody, key_storage::StoredKey};
use reqwest::{Method, Response, StatusCode};
use serde_json::json;

use crate::help::{Bench, EK, KEK, KEY, KID, Who, authenticator, code};

async fn call(
    bench: &Bench,
    method: Method,
    path: &str,
    kek: Option<&str>,
    body: Option<serde_json::Value>,
) -> Response {
    let mut call = bench
        .http
        .request(method, bench.url(&format!("/keystore/keys{path}")))
        .query(&[("customerAuthenticator", authenticator(Who::Test))]);
    if let Some(kek) = kek {
        call = call.query(&[("kek", kek)]);
    }
    if let Some(body) = body {
        call = call.json(&body);
    }
    call.send().await.unwrap()
}

async fn all_keys(bench: &Bench, kek: Option<&str>) -> Vec<StoredKey> {
    let listed = call(bench, Method::GET, "", kek, None).await;
    listed.json().await.unwrap()
}

#[tokio::test]
async fn a_key_is_made_read_and_removed() {
    let bench = Bench::start().await;
    let made = call(&bench, Method::POST, "", Some(KEK), None).await;
    assert_eq!(made.status(), StatusCode::OK);
    let made: StoredKey = made.json().await.unwrap();
    assert!(made.kid.len() == 32 && made.kid.to_uppercase() == made.kid);
    assert!(
        made.kek_id
            .as_ref()
            .is_some_and(|id| id.starts_with("#1.") && id.len() == 43)
    );
    assert!(made.k.is_some() && made.last_update.is_some());

    let path = format!("/{}", made.kid);
    let shown: StoredKey = call(&bench, Method::GET, &path, Some(KEK), None)
        .await
        .json()
        .await
        .unwrap();
    assert_eq!(shown, made);
    let closed: StoredKey = call(&bench, Method::GET, &path, None, None)
        .await
        .json()
        .await
        .unwrap();
    assert_eq!(closed.k, None);
    let other = call(&bench, Method::GET, &path, Some(KEY), None).await;
    let other: RefusalBody = other.json().await.unwrap();
    assert_eq!(other.error_code, -4024);
    assert_eq!(other.parameter.as_deref(), Some("kek"), "no ek was sent");

    let gone = call(&bench, Method::DELETE, &path, None, None).await;
    assert_eq!(gone.status(), StatusCode::NO_CONTENT);
    for method in [Method::GET, Method::DELETE] {
        let missing = call(&bench, method, &path, None, None).await;
        assert_eq!(missing.status(), StatusCode::NOT_FOUND);
        assert_eq!(code(missing).await, -4019);
    }
}

#[tokio::test]
async fn the_golden_vector_goes_in_wrapped_and_comes_out_clear() {
    let bench = Bench::start().await;
    let body = json!({"kid": KID, "kekId": "mine", "info": "reel 1", "contentId": "c", "ek": EK});
    let stored = call(&bench, Method::POST, "", None, Some(body)).await;
    assert_eq!(stored.status(), StatusCode::OK);
    let all = all_keys(&bench, Some(KEK)).await;
    assert_eq!(all.len(), 1);
    assert_eq!(
        all[0].k.as_deref(),
        Some("F2434CA0F6A7DE822574BF2F8190F6CD")
    );
    assert_eq!(all[0].kid, KID.to_uppercase());
    assert_eq!(all[0].ek, EK);
    assert_eq!(all[0].kek_id.as_deref(), Some("mine"));
    assert_eq!(all[0].info.as_deref(), Some("reel 1"));

    // Stored again, it is replaced.
    let body = json!({"kid": KID, "k": KEY});
    call(&bench, Method::POST, "", Some(KEK), Some(body)).await;
    let all = all_keys(&bench, Some(KEK)).await;
    assert_eq!(all.len(), 1);
    assert_eq!(all[0].k.as_deref(), Some(KEY.to_uppercase().as_str()));
}

#[tokio::test]
async fn keys_under_different_keks_are_listed_together() {
    let bench = Bench::start().await;
    call(&bench, Method::POST, "", Some(KEK), None).await;
    call(&bench, Method::POST, "", Some(KEY), None).await;
    let all = all_keys(&bench, Some(KEK)).await;
    assert_eq!(all.len(), 2);
    assert_eq!(all.iter().filter(|key| key.k.is_some()).count(), 1);
}

#[tokio::test]
async fn what_cannot_be_stored_is_refused_with_its_code() {
    let bench = Bench::start().await;
    let cases = [
        (None, json!({"kid": KID, "k": KEY}), -4024),
        (Some(KEK), json!({"kid": KID}), -2005),
        (Some(KEK), json!({"kid": KID, "k": "abc"}), -2027),
        (Some(KEK), json!({"kid": KID, "k": KEY, "ek": EK}), -4024),
        (Some(KEK), json!({"kid": "abc", "k": KEY}), -4020),
        (Some(KEK), json!({"k": KEY}), -4018),
        (None, json!({"kid": KID, "ek": "abc"}), -4024),
        (Some("abc"), json!({"kid": KID, "ek": EK}), -4024),
        (Some(KEY), json!({"kid": KID, "ek": EK}), -4024),
        (Some(KEK), json!([1, 2]), -4019),
    ];
    for (kek, body, expected) in cases {
        let response = call(&bench, Method::POST, "", kek, Some(body.clone())).await;
        assert_eq!(code(response).await, expected, "{body}");
    }
    let nothing = call(&bench, Method::POST, "", None, None).await;
    assert_eq!(code(nothing).await, -4024);
    let all = all_keys(&bench, None).await;
    assert!(all.is_empty());
}

#[tokio::test]
async fn one_account_does_not_see_the_keys_of_another() {
    let bench = Bench::start().await;
    call(
        &bench,
        Method::POST,
        "",
        None,
        Some(json!({"kid": KID, "ek": EK})),
    )
    .await;
    let other = bench
        .http
        .get(bench.url(&format!("/keystore/keys/{KID}")))
        .query(&[("customerAuthenticator", authenticator(Who::Strict))])
        .send()
        .await
        .unwrap();
    assert_eq!(other.status(), StatusCode::NOT_FOUND);
}
