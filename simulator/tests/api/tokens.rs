//! Token generation as clients call it.

use std::time::Duration;

use expressplay::{Drm, TokenUrl};
use reqwest::StatusCode;
use simulator::Simulator;

use crate::help::{Bench, COOKIE, EK, KEK, KEY, KID, OTHER_KID, Who, authenticator, code, device};

#[tokio::test]
async fn a_token_is_made_by_get_with_a_query_and_by_post_with_a_form() {
    let bench = Bench::start().await;
    let query = [
        ("customerAuthenticator", authenticator(Who::Test)),
        ("kid", KID.to_owned()),
        ("contentKey", KEY.to_owned()),
    ];
    let url = bench.url("/hms/wv/token");
    let got = bench.http.get(&url).query(&query).send().await.unwrap();
    assert_eq!(got.headers()["content-type"], "text/uri-list");
    let got: TokenUrl = got.text().await.unwrap().parse().unwrap();
    let posted = bench.http.post(&url).form(&query).send().await.unwrap();
    let posted: TokenUrl = posted.text().await.unwrap().parse().unwrap();
    // Half in the query, half in the form, is fine too.
    let mixed = bench
        .http
        .post(&url)
        .query(&query[..1])
        .form(&query[1..])
        .send()
        .await
        .unwrap();
    let mixed: TokenUrl = mixed.text().await.unwrap().parse().unwrap();
    for token_url in [got, posted, mixed] {
        assert_eq!(token_url.endpoint(), bench.url("/hms/wv/rights/"));
        let licence = bench.redeem(&token_url, &device(), &[KID]).await;
        assert_eq!(licence.status(), StatusCode::OK);
    }
}

#[tokio::test]
async fn every_drm_answers_in_its_own_form() {
    let bench = Bench::start().await;
    for (drm, path) in [
        (Drm::Widevine, "/hms/wv/rights/"),
        (Drm::PlayReady, "/playready/RightsManager.asmx"),
        (Drm::FairPlay, "/hms/fp/rights/"),
        (Drm::Ms3, "/hms/ms3/rights/"),
        (Drm::Broadband, "/hms/bb/rights/"),
    ] {
        let url = bench.token(Who::Test, drm, &[]).await;
        assert_eq!(url.endpoint(), bench.url(path));
        assert_eq!(
            bench.redeem(&url, &device(), &[KID]).await.status(),
            StatusCode::OK,
            "{drm}"
        );
    }
}

#[tokio::test]
async fn the_cookie_travels_as_a_parameter_or_as_a_header() {
    let bench = Bench::start().await;
    let headers = [
        format!("cookie={COOKIE}"),
        format!("a=b; cookie={COOKIE}"),
        COOKIE.to_owned(),
    ];
    for header in headers {
        let form = [
            ("customerAuthenticator", authenticator(Who::Test)),
            ("kid", KID.to_owned()),
            ("contentKey", KEY.to_owned()),
        ];
        let call = bench
            .http
            .post(bench.url("/hms/wv/token"))
            .header("cookie", header);
        let answer = call.form(&form).send().await.unwrap().text().await.unwrap();
        bench
            .redeem(&answer.parse().unwrap(), &device(), &[KID])
            .await;
    }
    let url = bench
        .token(Who::Test, Drm::Widevine, &[("cookie", COOKIE)])
        .await;
    bench.redeem(&url, &device(), &[KID]).await;
    assert_eq!(
        bench.records(Who::Test, &[("cookie", COOKIE)]).await.len(),
        4
    );
}

#[tokio::test]
async fn a_cookie_in_a_header_is_held_to_the_same_rule() {
    let bench = Bench::start().await;
    let form = [
        ("customerAuthenticator", authenticator(Who::Test)),
        ("kid", KID.to_owned()),
        ("contentKey", KEY.to_owned()),
        ("errorFormat", "json".to_owned()),
    ];
    let call = bench.http.post(bench.url("/hms/wv/token"));
    let call = call.header("cookie", format!("cookie={}", "c".repeat(33)));
    assert_eq!(code(call.form(&form).send().await.unwrap()).await, -2033);
}

#[tokio::test]
async fn a_key_may_come_in_clear_wrapped_or_from_storage() {
    let bench = Bench::start().await;
    let clear = [
        ("kid", KID),
        ("contentKey", "F2434CA0F6A7DE822574BF2F8190F6CD"),
    ];
    let clear = bench.token_from(Who::Test, Drm::Widevine, &clear).await;
    let wrapped = bench
        .token_from(
            Who::Test,
            Drm::Widevine,
            &[("kid", KID), ("kek", KEK), ("ek", EK)],
        )
        .await;
    let store = bench
        .http
        .post(bench.url("/keystore/keys"))
        .query(&[("customerAuthenticator", authenticator(Who::Test))])
        .json(&serde_json::json!({"kid": KID, "ek": EK}))
        .send()
        .await
        .unwrap();
    assert_eq!(store.status(), StatusCode::OK);
    let stored = bench
        .token_from(Who::Test, Drm::Widevine, &[("kid", KID), ("kek", KEK)])
        .await;
    for url in [clear, wrapped, stored] {
        let body = bench
            .redeem(&url, &device(), &[KID])
            .await
            .text()
            .await
            .unwrap();
        // F2434CA0F6A7DE822574BF2F8190F6CD in base64url
        assert!(body.contains("8kNMoPan3oIldL8vgZD2zQ"), "{body}");
    }
}

#[tokio::test]
async fn several_keys_travel_in_one_token() {
    let bench = Bench::start().await;
    let pairs = [
        ("kid.0", KID),
        ("contentKey.0", KEY),
        ("kid.1", OTHER_KID),
        ("contentKey.1", KEK),
    ];
    let url = bench.token_from(Who::Test, Drm::Widevine, &pairs).await;
    let both = bench.licence(&url, &device(), &[KID, OTHER_KID]).await;
    assert_eq!(both.keys.len(), 2);
    let one = bench
        .licence(&url, &device(), &[OTHER_KID, EK_LIKE_KID])
        .await;
    assert_eq!(one.keys.len(), 1);
}

const EK_LIKE_KID: &str = "20112233445566778899aabbccddeeff";

#[tokio::test]
async fn a_widevine_content_id_is_on_record_with_the_36_characters_that_are_carried() {
    let bench = Bench::start().await;
    for (sent, carried) in [
        ("reel-1", "reel-1"),
        (
            "a-content-id-of-more-than-36-characters",
            "a-content-id-of-more-than-36-charact",
        ),
    ] {
        let more = [("contentId", sent)];
        let url = bench.token(Who::Test, Drm::Widevine, &more).await;
        bench.licence(&url, &device(), &[KID]).await;
        let newest = &bench.records(Who::Test, &[]).await[0];
        assert_eq!(newest.content_id.as_deref(), Some(carried));
    }
}

#[tokio::test]
async fn a_fairplay_key_without_a_kid_answers_any_one_kid() {
    let bench = Bench::start().await;
    let url = bench
        .token_from(
            Who::Test,
            Drm::FairPlay,
            &[("contentKey", KEY), ("iv", KID)],
        )
        .await;
    let body = bench.licence(&url, &device(), &[OTHER_KID, KID]).await;
    assert_eq!(body.keys.len(), 1);
}

#[tokio::test]
async fn a_token_ends_when_it_says() {
    let bench = Bench::start().await;
    let url = bench
        .token(Who::Test, Drm::Widevine, &[("expirationTime", "+60")])
        .await;
    assert_eq!(
        bench.redeem(&url, &device(), &[KID]).await.status(),
        StatusCode::OK
    );
    bench.clock().advance(Duration::from_secs(61));
    assert_eq!(
        code(bench.redeem(&url, &device(), &[KID]).await).await,
        -4010
    );

    let month = bench.token(Who::Test, Drm::Widevine, &[]).await;
    bench
        .clock()
        .advance(Duration::from_secs(30 * 24 * 3600 - 60));
    assert_eq!(
        bench.redeem(&month, &device(), &[KID]).await.status(),
        StatusCode::OK
    );
    bench.clock().advance(Duration::from_secs(61));
    assert_eq!(
        code(bench.redeem(&month, &device(), &[KID]).await).await,
        -4010
    );
}

#[tokio::test]
async fn the_returned_url_is_the_hosts_own_unless_told_otherwise() {
    let bench = Bench::start().await;
    let secure = bench
        .token(Who::Test, Drm::Widevine, &[("useHttps", "true")])
        .await;
    assert!(secure.endpoint().starts_with("https://127.0.0.1:"));

    let form = [
        ("customerAuthenticator", authenticator(Who::Test)),
        ("kid", KID.to_owned()),
        ("contentKey", KEY.to_owned()),
    ];
    let named = bench
        .http
        .post(bench.url("/hms/wv/token"))
        .header("host", "wv-gen.test.expressplay.com")
        .form(&form)
        .send()
        .await
        .unwrap();
    let named: TokenUrl = named.text().await.unwrap().parse().unwrap();
    assert_eq!(
        named.endpoint(),
        "http://wv.test.expressplay.com/hms/wv/rights/"
    );

    let public = Bench::with(Simulator::builder().public_url("HTTPS://drm.example.org/")).await;
    let url = public.token(Who::Test, Drm::PlayReady, &[]).await;
    assert_eq!(
        url.endpoint(),
        "https://drm.example.org/playready/RightsManager.asmx"
    );
}

#[tokio::test]
async fn an_authenticator_of_the_other_environment_is_refused_by_the_host() {
    let bench = Bench::start().await;
    for (who, host, status) in [
        (Who::Test, "wv-gen.test.expressplay.com", StatusCode::OK),
        (
            Who::Test,
            "wv-gen.service.expressplay.com",
            StatusCode::UNAUTHORIZED,
        ),
        (
            Who::Test,
            "wv-gen.service.expressplay.cn",
            StatusCode::UNAUTHORIZED,
        ),
        (
            Who::Production,
            "wv-gen.service.expressplay.cn",
            StatusCode::OK,
        ),
        (
            Who::Production,
            "wv-gen.test.expressplay.com",
            StatusCode::UNAUTHORIZED,
        ),
    ] {
        let form = [
            ("customerAuthenticator", authenticator(who)),
            ("kid", KID.to_owned()),
            ("contentKey", KEY.to_owned()),
        ];
        let call = bench
            .http
            .post(bench.url("/hms/wv/token"))
            .header("host", host);
        assert_eq!(
            call.form(&form).send().await.unwrap().status(),
            status,
            "{who:?} at {host}"
        );
    }
}

#[tokio::test]
async fn a_bad_url_is_404_and_a_bad_method_405() {
    let bench = Bench::start().await;
    for path in ["/hms/xx/token", "/hms/wv/tokens"] {
        let response = bench.http.get(bench.url(path)).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::NOT_FOUND);
    }
    let response = bench
        .http
        .delete(bench.url("/hms/wv/token"))
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(response.headers()["allow"], "GET,HEAD,POST");
    let said = response.text().await.unwrap();
    assert!(said.contains("takes another method"), "{said}");
}

#[tokio::test]
async fn a_body_that_is_too_long_is_told_how_long_it_may_be() {
    let bench = Bench::start().await;
    let long = "a".repeat(64 * 1024 + 1);
    let response = bench
        .http
        .post(bench.url("/hms/wv/token"))
        .body(long)
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), StatusCode::PAYLOAD_TOO_LARGE);
    let said = response.text().await.unwrap();
    assert_eq!(said, "a request has 65536 bytes at most\n");
}

#[tokio::test]
async fn a_strict_account_takes_a_request_that_the_guide_would() {
    let bench = Bench::start().await;
    let levels = [("securityLevel", "1"), ("hdcpOutputControl", "0")];
    bench.token(Who::Strict, Drm::Widevine, &levels).await;
}

#[tokio::test]
async fn a_rental_cannot_be_started_after_its_period() {
    let bench = Bench::start().await;
    let rental = [
        ("rightsType", "Rental"),
        ("generalFlags", "00000001"),
        ("rental.periodEndTime", "+60"),
        ("rental.playDuration", "3600"),
    ];
    let url = bench.token(Who::Test, Drm::PlayReady, &rental).await;
    assert_eq!(
        bench.redeem(&url, &device(), &[KID]).await.status(),
        StatusCode::OK
    );
    bench.clock().advance(Duration::from_secs(61));
    assert_eq!(
        code(bench.redeem(&url, &device(), &[KID]).await).await,
        -4010
    );
}

#[tokio::test]
async fn the_largest_token_there_is_can_be_redeemed() {
    let bench = Bench::start().await;
    let names: Vec<String> = (0..64)
        .map(|n| format!("^{}{n:02}", "å".repeat(62)))
        .collect();
    let pairs: Vec<(String, String)> = names
        .iter()
        .enumerate()
        .flat_map(|(n, name)| {
            [
                (format!("kid.{n}"), name.clone()),
                (format!("contentKey.{n}"), KEY.to_owned()),
            ]
        })
        .collect();
    let pairs: Vec<(&str, &str)> = pairs
        .iter()
        .map(|(a, b)| (a.as_str(), b.as_str()))
        .collect();
    let url = bench.token_from(Who::Test, Drm::Widevine, &pairs).await;
    assert_eq!(
        bench.redeem(&url, &device(), &[&names[63]]).await.status(),
        StatusCode::OK
    );
}
