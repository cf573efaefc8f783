//! Marlin MS3 and Marlin Broadband: their tokens, as their clients read them, and redemption.

use expressplay::{ActionToken, CompoundUrl, Drm, RefusalBody, TokenUrl, action_token::ActionKind};
use reqwest::StatusCode;
use roxmltree::Document;
use simulator::Simulator;

use crate::help::{
    Bench, CONTENT_ID, COOKIE, EK, KEK, KEY, KID, OTHER_KID, Who, authenticator, code, device,
};

const ACTION_TOKEN: &str = "urn:marlin:broadband:1-2:nemo:services:action-token";

async fn compound(bench: &Bench, more: &[(&str, &str)]) -> (String, CompoundUrl) {
    let mut pairs = vec![("contentId", CONTENT_ID), ("contentKey", KEY)];
    pairs.extend_from_slice(more);
    let response = bench.token_call(Who::Test, Drm::Ms3, &pairs).await;
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(response.headers()["content-type"], "text/uri-list");
    let text = response.text().await.unwrap();
    let url = text.parse().unwrap();
    (text, url)
}

async fn action_token(bench: &Bench, pairs: &[(&str, &str)]) -> String {
    let response = bench.token_call(Who::Test, Drm::Broadband, pairs).await;
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(
        response.headers()["content-type"],
        "application/vnd.marlin.drm.actiontoken+xml"
    );
    response.text().await.unwrap()
}

const LICENSE: [(&str, &str); 5] = [
    ("actionTokenType", "1"),
    ("contentId", CONTENT_ID),
    ("contentKey", KEY),
    ("rightsType", "BuyToOwn"),
    ("cookie", COOKIE),
];

#[tokio::test]
async fn an_ms3_token_is_a_compound_url_of_licence_and_content() {
    let bench = Bench::start().await;
    let content = "https://cdn.example.org/a film.mpd?quality=high";
    let encoded = "#https%3A%2F%2Fcdn.example.org%2Fa%20film.mpd%3Fquality%3Dhigh";
    for (more, scheme) in [
        (&[][..], "http"),
        (&[("useHttps", "true")], "https"),
        (&[("ms3Scheme", "true")], "ms3"),
        (
            &[("ms3Scheme", "true"), ("ms3SchemeType", "ms3hs")],
            "ms3hs",
        ),
    ] {
        let mut pairs = vec![("contentURL", content)];
        pairs.extend_from_slice(more);
        let (text, url) = compound(&bench, &pairs).await;
        let place = bench.simulator.addr();
        let start = format!("{scheme}://{place}/hms/ms3/rights/?b=");
        assert!(
            text.starts_with(&start) && text.ends_with(encoded),
            "{text}"
        );
        assert_eq!(url.content_url(), Some(content));
    }
    let (text, _) = compound(&bench, &[]).await;
    assert!(!text.contains('#'), "{text}");
}

#[tokio::test]
async fn at_the_real_hosts_ms3_is_redeemed_at_port_8443() {
    let bench = Bench::start().await;
    let form = [
        ("customerAuthenticator", authenticator(Who::Test)),
        ("contentId", CONTENT_ID.to_owned()),
        ("contentKey", KEY.to_owned()),
        ("useHttps", "true".to_owned()),
    ];
    let call = bench.http.post(bench.url("/hms/ms3/token")).form(&form);
    let call = call.header("host", "ms3-gen.test.expressplay.com");
    let text = call.send().await.unwrap().text().await.unwrap();
    let start = "https://ms3.test.expressplay.com:8443/hms/ms3/rights/?b=";
    assert!(text.starts_with(start), "{text}");
}

#[tokio::test]
async fn an_ms3_token_is_redeemed_by_its_own_parameter_for_the_kids_that_it_has() {
    let bench = Bench::start().await;
    let second = format!("urn:marlin:kid:{OTHER_KID}");
    let pairs = [
        ("contentId.0", CONTENT_ID),
        ("contentKey.0", KEY),
        ("contentId.1", &second),
        ("contentKey.1", KEY),
        ("cookie", COOKIE),
    ];
    let url = bench.token_from(Who::Test, Drm::Ms3, &pairs).await;
    assert!(url.reveal().contains("/hms/ms3/rights/?b="));
    let a = device();
    let both = bench.licence(&url, &a, &[KID, OTHER_KID]).await;
    assert_eq!(both.keys.len(), 2);
    let one = bench
        .licence(&url, &a, &[OTHER_KID, "ffffffffffffffffffffffffffffffff"])
        .await;
    assert_eq!(one.keys.len(), 1);
    let forged = bench.url("/hms/ms3/rights/?b=sQAAAA");
    let forged = bench.http.post(forged).send().await.unwrap();
    let refusal: RefusalBody = forged.json().await.unwrap();
    assert_eq!(
        (refusal.error_code, refusal.parameter.as_deref()),
        (-4010, Some("b"))
    );
    let none = bench
        .redeem(&url, &a, &["ffffffffffffffffffffffffffffffff"])
        .await;
    assert_eq!(code(none).await, -4022);
    let records = bench.records(Who::Test, &[("cookie", COOKIE)]).await;
    assert_eq!(records.len(), 2);
    assert_eq!(records[0].drm.as_deref(), Some("ms3"));
    assert_eq!(records[0].content_id.as_deref(), Some(CONTENT_ID));
    assert_eq!(records[0].device_id, Some(a.device_id()));
}

#[tokio::test]
async fn marlin_tokens_are_bound_to_devices_too() {
    let bench = Bench::start().await;
    let (a, b) = (device(), device());
    let id = a.device_id().to_string();
    for drm in [Drm::Ms3, Drm::Broadband] {
        let url = bench
            .token(Who::Production, drm, &[("deviceId", &id)])
            .await;
        assert_eq!(
            bench.redeem(&url, &a, &[KID]).await.status(),
            StatusCode::OK
        );
        assert_eq!(
            code(bench.redeem(&url, &b, &[KID]).await).await,
            -4001,
            "{drm}"
        );
    }
}

#[tokio::test]
async fn marlin_keys_come_wrapped_and_from_storage_too() {
    let bench = Bench::start().await;
    let stored = [
        ("customerAuthenticator", authenticator(Who::Test)),
        ("kek", KEK.to_owned()),
    ];
    let made = bench
        .http
        .post(bench.url("/keystore/keys"))
        .query(&stored)
        .send()
        .await
        .unwrap();
    let made: serde_json::Value = made.json().await.unwrap();
    let kid = made["kid"].as_str().unwrap();
    let stored_id = format!("urn:marlin:kid:{kid}");
    for (drm, rights) in [
        (Drm::Ms3, &[][..]),
        (Drm::Broadband, &[("rightsType", "BuyToOwn")]),
    ] {
        for (name, more) in [
            (CONTENT_ID, &[("kek", KEK), ("ek", EK)][..]),
            (&stored_id, &[("kek", KEK)]),
        ] {
            let mut pairs = vec![("contentId", name)];
            pairs.extend_from_slice(more);
            pairs.extend_from_slice(rights);
            let url = bench.token_from(Who::Test, drm, &pairs).await;
            let licence = bench.licence(&url, &device(), &[&name[15..]]).await;
            assert_eq!(licence.keys.len(), 1, "{drm} {name}");
        }
    }
}

#[tokio::test]
async fn a_broadband_token_is_an_action_token_in_its_namespace_and_shape() {
    let bench = Bench::start().await;
    let text = action_token(&bench, &LICENSE).await;
    let document = Document::parse(&text).unwrap();
    let root = document.root_element();
    assert!(root.has_tag_name((ACTION_TOKEN, "ActionToken")));
    let children: Vec<_> = root
        .children()
        .filter(roxmltree::Node::is_element)
        .collect();
    let names: Vec<_> = children.iter().map(|node| node.tag_name().name()).collect();
    assert_eq!(names, ["ConfigurationInfo", "LicenseAcquisition"]);
    assert!(
        children
            .iter()
            .all(|node| node.tag_name().namespace() == Some(ACTION_TOKEN))
    );
    let info = children[0];
    assert!(
        info.attribute("broadbandServiceId")
            .unwrap()
            .starts_with("urn:marlin:")
    );
    assert_eq!(info.attribute("configVersion"), Some("1"));
    let inner: Vec<_> = children[1]
        .children()
        .filter(roxmltree::Node::is_element)
        .collect();
    let names: Vec<_> = inner.iter().map(|node| node.tag_name().name()).collect();
    assert_eq!(names, ["Type", "BusinessToken"]);

    // Where it points to is a document that says where to redeem.
    let token: ActionToken = text.parse().unwrap();
    let configuration = bench
        .http
        .get(&token.resource_location)
        .send()
        .await
        .unwrap();
    assert_eq!(configuration.status(), StatusCode::OK);
    let configuration = configuration.text().await.unwrap();
    let document = Document::parse(&configuration).unwrap();
    let service = document
        .descendants()
        .find(|node| node.tag_name().name() == "RedemptionService");
    assert_eq!(
        service.unwrap().text(),
        Some(&*bench.url("/hms/bb/rights/"))
    );
}

#[tokio::test]
async fn a_broadband_token_over_https_points_to_a_configuration_over_https() {
    for (public, expected) in [
        (None, None),
        (Some("http://drm.example.org"), Some("drm.example.org")),
    ] {
        let mut builder = Simulator::builder();
        if let Some(url) = public {
            builder = builder.public_url(url);
        }
        let bench = Bench::with(builder).await;
        let own = bench.simulator.addr().to_string();
        let https = format!("https://{}", expected.unwrap_or(&own));
        let form = [&LICENSE[..], &[("useHttps", "true")]].concat();
        let token: ActionToken = action_token(&bench, &form).await.parse().unwrap();
        let rest = token.resource_location.strip_prefix(&https).unwrap();
        // As a proxy that speaks TLS would pass it on.
        let configuration = bench.http.get(bench.url(rest)).send().await.unwrap();
        let configuration = configuration.text().await.unwrap();
        let service = format!("<RedemptionService>{https}/hms/bb/rights/</RedemptionService>");
        assert!(configuration.contains(&service), "{configuration}");
    }
}

#[tokio::test]
async fn a_broadband_licence_is_acquired_and_ends_with_its_rental() {
    let bench = Bench::start().await;
    let text = action_token(&bench, &LICENSE).await;
    let token: ActionToken = text.parse().unwrap();
    assert_eq!(token.kind, ActionKind::LicenseAcquisition);
    let url = TokenUrl::new(&bench.url("/hms/bb/rights/"), token.token).unwrap();
    let a = device();
    assert_eq!(bench.licence(&url, &a, &[KID]).await.keys.len(), 1);
    let by_cookie = bench.records(Who::Test, &[("cookie", COOKIE)]).await;
    assert_eq!(by_cookie[0].device_id, Some(a.device_id()));

    let rental = [("rightsType", "Rental"), ("rental.periodEndTime", "+60")];
    let url = bench.token(Who::Test, Drm::Broadband, &rental).await;
    bench.clock().advance(std::time::Duration::from_secs(61));
    assert_eq!(code(bench.redeem(&url, &a, &[KID]).await).await, -4010);
}

#[tokio::test]
async fn a_device_is_registered_and_taken_back_and_no_credit_is_used() {
    let bench = Bench::start().await;
    let a = device();
    for (kind, expected, event) in [
        ("0", ActionKind::Registration, "registration"),
        ("2", ActionKind::Deregistration, "deregistration"),
    ] {
        let user = [
            ("actionTokenType", kind),
            ("userId", "1122"),
            ("userKey", KEY),
            ("cookie", COOKIE),
        ];
        // An account without a credit, so one that was used would be missed.
        let response = bench
            .token_call(Who::WithoutCredits, Drm::Broadband, &user)
            .await;
        let token: ActionToken = response.text().await.unwrap().parse().unwrap();
        assert_eq!(token.kind, expected);
        let url = TokenUrl::new(&bench.url("/hms/bb/rights/"), token.token).unwrap();
        assert!(bench.licence(&url, &a, &[]).await.keys.is_empty());
        let newest = &bench.records(Who::WithoutCredits, &[]).await[0];
        assert_eq!(newest.event_type.as_deref(), Some(event));
        assert_eq!(newest.device_id, Some(a.device_id()));
    }
    let by_cookie = bench
        .records(Who::WithoutCredits, &[("cookie", COOKIE)])
        .await;
    assert!(by_cookie.is_empty(), "these are no licences");
}

#[tokio::test]
async fn what_public_clients_send_gets_a_token() {
    let bench = Bench::start().await;
    let ms3 = |query: &str| {
        let auth = authenticator(Who::Test);
        format!("/hms/ms3/token?customerAuthenticator={auth}&errorFormat=json&{query}")
    };
    let bb = |query: &str| {
        let auth = authenticator(Who::Test);
        format!("/hms/bb/token?customerAuthenticator={auth}&errorFormat=json&{query}")
    };
    for path in [
        ms3(&format!(
            "contentId.0=cid%3Amarlin%23Pexample@00000003&contentKey.0={KEY}\
             &contentURL=http://cdn.example.org/a.m3u8&ms3Scheme=true\
             &ms3Extension=wudo,false,AAAAAA=="
        )),
        ms3(&format!(
            "expirationTime=%2B2592000&useHttps=true\
             &outputControlOverride=urn:marlin:organization:intertrust:wudo,ImageConstraintLevel,0\
             &extensionType=wudo&extensionCriticalFlag=false&extensionPayload=AAAAAA==\
             &contentURL=http://myserver.com/manifest.mpd\
             &contentId.0={CONTENT_ID}&contentKey.0={KEY}"
        )),
        ms3(&format!("kid={KID}&contentKey={KEY}&useHttps=true")),
        bb(&format!(
            "actionTokenType=1&userId=1122&userKey={KEY}&contentId=cid:marlin%23EXAMPLE@0000004b\
             &contentKey={KEY}&rightsType=BuyToOwn"
        )),
        bb(&format!(
            "actionTokenType=1&userId=u&userKey={KEY}&contentId=urn:marlin:organization:example:x\
             &contentKey={KEY}&rightsType=Rental&rental.periodEndTime=%2B9999\
             &rental.playDuration=9999"
        )),
        bb(&format!("actionTokenType=0&userId=1122&userKey={KEY}")),
    ] {
        let response = bench.http.get(bench.url(&path)).send().await.unwrap();
        let status = response.status();
        assert_eq!(status, StatusCode::OK, "{}", response.text().await.unwrap());
    }
}
