//! The seven steps, in the log, in the records, and on the wire.

use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use expressplay::{CustomerAuthenticator, RecordQuery, challenge::KidBytes, record::Status};
use simulator::{Account, Environment, Simulator};

use crate::common::{ALICE, Browser, Gateway, TestShop, http, log};

#[tokio::test]
async fn the_seven_steps_happen_in_their_order_and_each_is_named() {
    let shop = TestShop::open().await;
    let alice = shop.browser_of(ALICE).await;

    let registered = alice.register(&shop).await;
    assert_eq!(
        registered.device_id,
        alice.device.id(),
        "the record tells the device apart"
    );
    let cookie = shop.cookie().await;
    alice.obtain("tidewater", "buy").await;
    let (order, license) = alice.play(&shop, "tidewater").await.unwrap();
    alice.playing(order.id).await.unwrap();

    assert_eq!(order.device_id, alice.device.id());
    let clip = shop.clip("tidewater");
    assert_eq!(license.keys.len(), 1);
    assert_eq!(license.keys[0].key, clip.keys[0].content_key);
    assert_eq!(log::steps_of(&cookie), [1, 2, 3, 4, 5, 6, 7]);

    let mut records = shop.records_of(&cookie).await;
    records.reverse();
    let kids: Vec<_> = records.iter().map(|record| &record.kids[0]).collect();
    assert_eq!(
        kids,
        [&shop.catalogue.dummy.keys[0].kid, &clip.keys[0].kid],
        "steps 3 and 7"
    );
    assert!(
        records
            .iter()
            .all(|record| record.issued_to() == Some(alice.device.id()))
    );
}

#[tokio::test]
async fn what_was_bought_on_one_device_is_refused_on_another_though_the_token_is_handed_over() {
    let shop = TestShop::open().await;
    let here = shop.browser_of(ALICE).await;
    here.register(&shop).await;
    here.obtain("tidewater", "buy").await;
    let there = shop.browser_of(ALICE).await;

    assert_eq!(there.play(&shop, "tidewater").await.unwrap_err(), -4001);

    let refused = shop.records(&RecordQuery::Latest).await.remove(0);
    assert_eq!(refused.status, Some(Status::Refused));
    assert_eq!(refused.refused_device_id, Some(there.device.id()));
    assert_eq!(refused.cookie.unwrap().to_string(), shop.cookie().await);
    assert!(
        here.play(&shop, "tidewater").await.is_ok(),
        "and still plays where it belongs"
    );
}

#[tokio::test]
async fn a_title_with_two_keys_comes_in_one_licence() {
    let shop = TestShop::open().await;
    let alice = shop.browser_of(ALICE).await;
    alice.register(&shop).await;
    alice.obtain("lit-windows", "buy").await;

    let (_, license) = alice.play(&shop, "lit-windows").await.unwrap();

    let clip = shop.clip("lit-windows");
    assert_eq!(clip.keys.len(), 2);
    for key in &clip.keys {
        let kid = KidBytes(key.kid.clear_key_bytes());
        let issued = license
            .keys
            .iter()
            .find(|issued| issued.kid == kid)
            .unwrap();
        assert_eq!(issued.key, key.content_key);
    }
}

#[tokio::test]
async fn the_cookie_travels_once_as_a_header_and_once_as_a_parameter() {
    let authenticator = CustomerAuthenticator::new(77, [7; 16]);
    let account = Account::new(Environment::Production, authenticator.clone());
    let simulator = Simulator::builder().account(account).start().await.unwrap();
    let gateway = Gateway::to(simulator.url()).await;
    let shop = TestShop::open_at(&gateway.url, &authenticator).await;
    let alice = shop.browser_of(ALICE).await;
    alice.register(&shop).await;
    alice.obtain("tidewater", "buy").await;
    alice.play(&shop, "tidewater").await.unwrap();

    let cookie = shop.cookie().await;
    let calls = gateway.calls();
    let tokens: Vec<_> = calls
        .iter()
        .filter(|call| call.path == "/hms/wv/token")
        .collect();
    assert_eq!(tokens.len(), 2);
    let (dummy, bound) = (tokens[0], tokens[1]);
    assert_eq!(
        dummy.cookie_header.as_deref(),
        Some(&*format!("cookie={cookie}"))
    );
    assert!(!dummy.form.contains(&cookie) && !dummy.form.contains("deviceId"));
    assert!(dummy.form.contains("expirationTime=%2B60&"));
    assert_eq!(bound.cookie_header, None);
    assert!(bound.form.contains(&format!("cookie={cookie}")));
    assert!(
        bound
            .form
            .contains(&format!("deviceId={}", alice.device.id()))
    );
}

#[tokio::test]
async fn no_secret_reaches_the_log_a_page_or_an_answer() {
    let authenticator = CustomerAuthenticator::new(78, *b"no log shows it!");
    let account = Account::new(Environment::Production, authenticator.clone());
    let simulator = Simulator::builder().account(account).start().await.unwrap();
    let shop = TestShop::open_at(simulator.url(), &authenticator).await;
    let alice = shop.browser();
    let password = "hunter-2-in-no-log";
    let mut seen = alice.sign_in(ALICE, password).await.html;
    seen += &alice.get("/signin").await.html;
    alice.sign_in(ALICE, "demo").await;
    alice.register(&shop).await;
    alice.obtain("tidewater", "buy").await;
    let handed = alice.hand_over("tidewater").await.unwrap();
    let token = handed.token_url.split_once('=').unwrap().1.to_owned();
    alice
        .device
        .redeem(&handed.token_url, shop.clip("tidewater"))
        .await
        .unwrap();
    for path in [
        "/",
        "/title/tidewater",
        "/devices",
        "/watch/tidewater",
        "/nowhere",
    ] {
        seen += &alice.get(path).await.html;
    }

    let log = log::text();
    assert!(log.contains(&shop.cookie().await), "the log is kept");
    assert!(!log.contains(&token), "a token");
    assert!(!log.contains("4242424242424242"), "a card number");
    for text in [&seen, &log] {
        assert!(!text.contains(password), "a password");
        let keys = shop
            .catalogue
            .titles
            .iter()
            .flat_map(|entry| &entry.clip.keys);
        for key in keys.chain(&shop.catalogue.dummy.keys) {
            assert_secret(text, key.content_key.reveal());
        }
        assert_secret(text, authenticator.reveal_secret());
    }
}

pub(crate) fn assert_secret(text: &str, secret: &[u8; 16]) {
    let standard = STANDARD.encode(secret);
    for form in [
        hex::encode(secret),
        hex::encode_upper(secret),
        standard.trim_end_matches('=').to_owned(),
        URL_SAFE_NO_PAD.encode(secret),
    ] {
        assert!(!text.contains(&form), "a secret is out");
    }
}

#[tokio::test]
async fn sixteen_browsers_go_through_all_of_it_at_once() {
    let shop = std::sync::Arc::new(TestShop::open().await);
    let mut flows = tokio::task::JoinSet::new();
    // Eight for each viewer: no more registrations of one's own wait to be finished.
    for number in 0..16 {
        let shop = std::sync::Arc::clone(&shop);
        flows.spawn(async move {
            let email = if number % 2 == 0 {
                ALICE
            } else {
                crate::common::BOB
            };
            let browser = shop.browser_of(email).await;
            browser.register(&shop).await;
            browser
                .obtain("tidewater", if number % 3 == 0 { "rent" } else { "buy" })
                .await;
            plays_here(&shop, &browser).await;
        });
    }
    flows.join_all().await;
    assert_eq!(shop.count("orders").await, 16);
    assert_eq!(shop.count("payments").await, 16);
}

async fn plays_here(shop: &TestShop, browser: &Browser) {
    let (order, _) = browser.play(shop, "tidewater").await.unwrap();
    assert_eq!(
        order.device_id,
        browser.device.id(),
        "this browser's own order is preferred"
    );
}

#[tokio::test]
async fn nobody_writes_lines_of_their_own_into_the_log() {
    let shop = TestShop::open().await;
    let alice = shop.browser_of(ALICE).await;
    let token_url = alice.begin().await.unwrap().dummy.token_url;
    let client = http().build().unwrap();
    let forged = "\nFORGED: the device_ids match step=7 \u{1b}[31m";
    let plain = serde_json::json!({ "kids": [forged], "type": forged, "deviceId": forged });
    let kid = format!("^a{forged}");
    let authenticator = shop.authenticator.reveal();
    let stored = [
        ("customerAuthenticator", authenticator.as_str()),
        ("kid", &kid),
        ("kek", "11111111111111111111111111111111"),
    ];
    let calls = [
        client.post(&token_url).json(&plain),
        client
            .post(&token_url)
            .header("content-type", forged.trim().replace('\u{1b}', "")),
        client
            .post(format!("{}/hms/wv/token", shop.simulator().url()))
            .form(&stored),
    ];
    for call in calls {
        assert!(call.send().await.unwrap().status().is_client_error());
    }
    let log = log::text();
    for code in ["code=-4001", "code=-4019"] {
        assert!(log.contains(code), "the refusals are told: {code}");
    }
    assert!(!log.contains("FORGED"), "and nothing of what was sent");
    assert!(!log.contains('\u{1b}'));
}
