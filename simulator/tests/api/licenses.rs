//! Redemption, and the cross-check (seed steps 3 and 7).

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use expressplay::{
    Drm, SignedChallenge, TokenUrl,
    challenge::{JWS_TYPE, TokenHash},
    record::Status,
};
use reqwest::StatusCode;
use simulator::SoftDevice;

use crate::help::{Bench, COOKIE, KID, Who, code, device, kid_bytes};

/// A token of the storefront's kind: production, bound to a device.
async fn bound(bench: &Bench, device: &SoftDevice) -> TokenUrl {
    let id = device.device_id().to_string();
    bench
        .token(
            Who::Production,
            Drm::Widevine,
            &[("cookie", COOKIE), ("deviceId", &id)],
        )
        .await
}

#[tokio::test]
async fn a_token_bound_to_one_device_is_redeemed_by_it_and_refused_on_another() {
    let bench = Bench::start().await;
    let (a, b) = (device(), device());
    let url = bound(&bench, &a).await;
    assert_eq!(
        bench.redeem(&url, &a, &[KID]).await.status(),
        StatusCode::OK
    );
    assert_eq!(code(bench.redeem(&url, &b, &[KID]).await).await, -4001);

    let records = bench.records(Who::Production, &[]).await;
    assert_eq!(records[0].status, Some(Status::Refused));
    assert_eq!(records[0].device_id, None);
    assert_eq!(records[0].refused_device_id, Some(b.device_id()));
    assert_eq!(records[0].error_code, Some(-4001));
    assert_eq!(records[1].status, Some(Status::Issued));
    assert_eq!(records[1].device_id, Some(a.device_id()));
}

#[tokio::test]
async fn the_dummy_token_ties_the_device_to_the_cookie() {
    let bench = Bench::start().await;
    let a = device();
    let dummy = bench
        .token(Who::Production, Drm::Widevine, &[("cookie", COOKIE)])
        .await;
    assert!(
        bench
            .records(Who::Production, &[("cookie", COOKIE)])
            .await
            .is_empty()
    );
    assert_eq!(
        bench.redeem(&dummy, &a, &[KID]).await.status(),
        StatusCode::OK
    );
    let records = bench.records(Who::Production, &[("cookie", COOKIE)]).await;
    assert_eq!(records.len(), 1);
    assert_eq!(records[0].issued_to(), Some(a.device_id()));
    assert_eq!(records[0].kids, [KID.parse().unwrap()]);
}

#[tokio::test]
async fn a_plain_challenge_with_a_borrowed_device_id_passes_only_where_the_account_allows_it() {
    let bench = Bench::start().await;
    let a = device();
    let id = a.device_id().to_string();
    let production = bound(&bench, &a).await;
    let borrowed = bench
        .redeem_plain(&production, Some(a.device_id()), &[KID])
        .await;
    assert_eq!(code(borrowed).await, -4001);
    let record = &bench.records(Who::Production, &[]).await[0];
    assert_eq!(record.status, Some(Status::Refused));
    assert_eq!(record.refused_device_id, Some(a.device_id()));

    let test = bench
        .token(Who::Test, Drm::Widevine, &[("deviceId", &id)])
        .await;
    let claimed = bench.redeem_plain(&test, Some(a.device_id()), &[KID]).await;
    assert_eq!(claimed.status(), StatusCode::OK);
    let nameless = bench.redeem_plain(&test, None, &[KID]).await;
    assert_eq!(code(nameless).await, -4001);
    let unbound = bench.token(Who::Test, Drm::Widevine, &[]).await;
    assert_eq!(
        bench.redeem_plain(&unbound, None, &[KID]).await.status(),
        StatusCode::OK
    );
}

#[tokio::test]
async fn a_challenge_is_good_for_one_use() {
    let bench = Bench::start().await;
    let a = device();
    let url = bound(&bench, &a).await;
    let challenge = bench.challenge(&url, &a, &[KID]);
    let first = bench.post_challenge(&url, challenge.clone()).await;
    assert_eq!(first.status(), StatusCode::OK);
    let replay = bench.post_challenge(&url, challenge).await;
    assert_eq!(code(replay).await, -4001);
    let records = bench.records(Who::Production, &[]).await;
    assert_eq!(records.len(), 2);
    assert_eq!(records[0].status, Some(Status::Refused));
    assert_eq!(records[0].refused_device_id, Some(a.device_id()));
}

#[tokio::test]
async fn a_challenge_may_come_out_of_a_file_with_its_last_newline() {
    let bench = Bench::start().await;
    let a = device();
    let url = bound(&bench, &a).await;
    let challenge = bench.challenge(&url, &a, &[KID]);
    let granted = bench.post_challenge(&url, format!("{challenge}\n")).await;
    assert_eq!(granted.status(), StatusCode::OK);
    let replay = bench.post_challenge(&url, challenge).await;
    assert_eq!(code(replay).await, -4001, "it is the same one");
}

#[tokio::test]
async fn of_one_challenge_sent_many_times_at_once_one_is_answered() {
    let bench = Bench::start().await;
    let a = device();
    let url = bound(&bench, &a).await;
    let challenge = bench.challenge(&url, &a, &[KID]);
    let calls = (0..20).map(|_| bench.post_challenge(&url, challenge.clone()));
    let mut issued = 0;
    for response in futures_join(calls).await {
        issued += usize::from(response == StatusCode::OK);
    }
    assert_eq!(issued, 1);
    assert_eq!(bench.records(Who::Production, &[]).await.len(), 20);
}

async fn futures_join(
    calls: impl Iterator<Item = impl Future<Output = reqwest::Response>>,
) -> Vec<StatusCode> {
    use futures_util::future::join_all;
    join_all(calls)
        .await
        .into_iter()
        .map(|response| response.status())
        .collect()
}

#[tokio::test]
async fn a_challenge_must_be_signed_by_its_own_key_for_this_token_and_now() {
    let bench = Bench::start().await;
    let (a, b) = (device(), device());
    let url = bound(&bench, &a).await;
    let claims = || {
        SoftDevice::claims(
            url.token(),
            &kid_bytes(&[KID]),
            bench.clock(),
            &bench.entropy,
        )
    };

    // B signs, and puts A's key in the header.
    let stolen_header = SignedChallenge::signing_input(a.jwk(), &claims()).unwrap();
    let by_b = b.sign(&claims()).unwrap();
    let signature = by_b.rsplit('.').next().unwrap();
    let forged = format!("{stolen_header}.{signature}");

    let mut other_token = claims();
    other_token.ath = TokenHash([0; 32]);
    let mut early = claims();
    early.iat -= 301;
    let mut late = claims();
    late.iat += 301;
    let mut absurd = claims();
    absurd.iat = i64::MAX;

    let mut challenges = vec![forged, String::new(), "a.b.c".to_owned()];
    for claims in [other_token, early, late, absurd] {
        challenges.push(a.sign(&claims).unwrap());
    }
    let sent = challenges.len();
    for challenge in challenges {
        assert_eq!(
            code(bench.post_challenge(&url, challenge.clone()).await).await,
            -4001
        );
    }
    let records = bench.records(Who::Production, &[]).await;
    assert_eq!(records.len(), sent);
    assert!(
        records
            .iter()
            .all(|record| record.status == Some(Status::Refused))
    );
    assert!(
        records
            .iter()
            .all(|record| record.refused_device_id.is_none()),
        "nothing was proved"
    );

    let just_in_time = SoftDevice::claims(
        url.token(),
        &kid_bytes(&[KID]),
        bench.clock(),
        &bench.entropy,
    );
    let just_in_time = expressplay::ChallengeClaims {
        iat: just_in_time.iat - 290,
        ..just_in_time
    };
    let fine = bench
        .post_challenge(&url, a.sign(&just_in_time).unwrap())
        .await;
    assert_eq!(fine.status(), StatusCode::OK);
}

#[tokio::test]
async fn no_other_algorithm_is_taken() {
    let bench = Bench::start().await;
    let a = device();
    let url = bound(&bench, &a).await;
    let claims = SoftDevice::claims(
        url.token(),
        &kid_bytes(&[KID]),
        bench.clock(),
        &bench.entropy,
    );
    let payload = URL_SAFE_NO_PAD.encode(serde_json::to_vec(&claims).unwrap());
    for alg in ["none", "HS256", "ES384"] {
        let header = format!(
            r#"{{"alg":"{alg}","typ":"{JWS_TYPE}","jwk":{}}}"#,
            a.jwk().to_json()
        );
        for signature in ["", &URL_SAFE_NO_PAD.encode([0; 64])] {
            let compact = format!("{}.{payload}.{signature}", URL_SAFE_NO_PAD.encode(&header));
            assert_eq!(
                code(bench.post_challenge(&url, compact).await).await,
                -4001,
                "{alg}"
            );
        }
    }
}

#[tokio::test]
async fn a_tampered_token_is_refused_and_leaves_no_record() {
    let bench = Bench::start().await;
    let a = device();
    let url = bound(&bench, &a).await;
    let mut bytes = URL_SAFE_NO_PAD.decode(url.token().reveal()).unwrap();
    bytes[60] ^= 1;
    let token = URL_SAFE_NO_PAD.encode(bytes).parse().unwrap();
    let tampered = TokenUrl::new(url.endpoint(), token).unwrap();
    assert_eq!(code(bench.redeem(&tampered, &a, &[KID]).await).await, -4010);
    let missing = bench.http.post(url.endpoint()).send().await.unwrap();
    assert_eq!(code(missing).await, -4010);
    assert!(bench.records(Who::Production, &[]).await.is_empty());
}

#[tokio::test]
async fn a_token_may_travel_in_a_header() {
    let bench = Bench::start().await;
    let a = device();
    let url = bound(&bench, &a).await;
    let response = bench
        .http
        .post(url.endpoint())
        .header("ExpressPlayToken", url.token().reveal())
        .header("content-type", "application/jose")
        .body(bench.challenge(&url, &a, &[KID]))
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(response.headers()["cache-control"], "no-store");
}

#[tokio::test]
async fn a_token_of_one_drm_or_environment_is_no_good_at_another() {
    let bench = Bench::start().await;
    let a = device();
    let url = bound(&bench, &a).await;
    let fairplay = TokenUrl::new(&bench.url("/hms/fp/rights/"), url.token().clone()).unwrap();
    assert_eq!(code(bench.redeem(&fairplay, &a, &[KID]).await).await, -4010);
    let at_host = async |host: &str| {
        let call = bench.http.post(url.reveal()).header("host", host);
        let call = call.header("content-type", "application/jose");
        let call = call.body(bench.challenge(&url, &a, &[KID]));
        call.send().await.unwrap()
    };
    let elsewhere = at_host("wv.test.expressplay.com").await;
    assert_eq!(code(elsewhere).await, -4010);
    let at_home = at_host("wv.service.expressplay.com").await;
    assert_eq!(at_home.status(), StatusCode::OK);
}

#[tokio::test]
async fn a_browser_of_any_origin_may_redeem_but_not_ask_for_tokens() {
    let bench = Bench::start().await;
    let preflight = |path: &str| {
        bench
            .http
            .request(reqwest::Method::OPTIONS, bench.url(path))
            .header("origin", "https://shop.example.org")
            .header("access-control-request-method", "POST")
            .header(
                "access-control-request-headers",
                "content-type,expressplaytoken",
            )
            .send()
    };
    let allowed = preflight("/hms/wv/rights/").await.unwrap();
    assert_eq!(allowed.headers()["access-control-allow-origin"], "*");
    let refused = preflight("/hms/wv/token").await.unwrap();
    assert!(
        !refused
            .headers()
            .contains_key("access-control-allow-origin")
    );

    // A refusal must be readable too, or the page cannot say why.
    let a = device();
    let url = bound(&bench, &a).await;
    let response = bench
        .http
        .post(url.reveal())
        .header("origin", "https://shop.example.org")
        .send()
        .await
        .unwrap();
    assert_eq!(response.headers()["access-control-allow-origin"], "*");
    assert_eq!(code(response).await, -4001);
}
