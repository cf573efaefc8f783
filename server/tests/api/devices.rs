//! Registrations, and what the record says of them at a sale.

use std::time::Duration;

use app::{
    model::Registration,
    problem::{Problem, field},
};
use expressplay::{Record, record::MAX_RECORDS};
use reqwest::StatusCode;
use serde_json::json;

use crate::common::{ALICE, BOB, Browser, Device, TestShop};

/// Whether the devices page shows this browser's device.
async fn shows_itself(browser: &Browser) -> bool {
    let page = browser.get("/devices").await;
    page.html.contains(&browser.device.id().to_string())
}

#[tokio::test]
async fn a_device_is_shown_by_the_id_that_expressplay_recorded() {
    let shop = TestShop::open().await;
    let alice = shop.browser_of(ALICE).await;
    assert!(!shows_itself(&alice).await);
    let device = alice.register(&shop).await;
    assert_eq!(device.device_id, alice.device.id());
    assert!(shows_itself(&alice).await);
}

#[tokio::test]
async fn a_registration_whose_clip_never_played_is_no_device() {
    let shop = TestShop::open().await;
    let alice = shop.browser_of(ALICE).await;
    let registration = alice.begin().await.unwrap();

    assert_eq!(
        alice.finish(registration.id).await,
        Err(Problem::RecordLate)
    );

    let page = alice.get("/checkout/tidewater/buy").await;
    assert!(
        !page.html.contains("name=\"order_key\""),
        "there is nothing to order for"
    );
    let form = [
        ("slug", "tidewater".to_owned()),
        ("kind", "buy".to_owned()),
        ("order_key", registration.id.to_string()),
        ("device", registration.id.to_string()),
        ("card_number", "4242424242424242".to_owned()),
    ];
    let page = alice.order(&form).await.unwrap_err();
    assert!(page.tells_of(&Problem::NoSuchDevice));
    let page = alice
        .order(&[
            form[0].clone(),
            form[1].clone(),
            form[2].clone(),
            form[4].clone(),
        ])
        .await;
    assert!(page.unwrap_err().tells_of(&Problem::NotRegistered));
    assert_eq!(shop.count("orders").await, 0);
}

#[tokio::test]
async fn a_record_that_is_late_is_waited_for_and_one_that_is_too_late_is_asked_for_again() {
    let shop = TestShop::open().await;
    let alice = shop.browser_of(ALICE).await;
    shop.simulator().set_record_lag(Duration::from_secs(600));
    let registration = alice.play_dummy(&shop).await;
    assert_eq!(
        alice.finish(registration.id).await,
        Err(Problem::RecordLate)
    );

    shop.storefront.clock().advance(Duration::from_secs(601));
    assert_eq!(
        alice.finish(registration.id).await.unwrap().device_id,
        alice.device.id()
    );

    let patient = TestShop::open_with(|settings| {
        settings.patience.total = Duration::from_secs(60);
    })
    .await;
    let alice = patient.browser_of(ALICE).await;
    patient
        .simulator()
        .set_record_lag(Duration::from_millis(300));
    let device = alice.register(&patient).await;
    assert_eq!(
        device.device_id,
        alice.device.id(),
        "the wait outlasts the lag"
    );
}

#[tokio::test]
async fn a_second_device_under_the_cookie_stops_the_sale_until_registration_is_done_again() {
    let shop = TestShop::open().await;
    let alice = shop.browser_of(ALICE).await;
    let registration = alice.play_dummy(&shop).await;
    alice.finish(registration.id).await.unwrap();
    alice.obtain("tidewater", "buy").await;

    let intruder = Device::new();
    intruder
        .redeem(&registration.dummy.token_url, &shop.catalogue.dummy)
        .await
        .unwrap();

    let form = alice.checkout("north-light", "buy").await;
    let page = alice.order(&form).await.unwrap_err();
    assert!(page.tells_of(&Problem::TwoDevices));
    assert_eq!(
        alice.finish(registration.id).await,
        Err(Problem::TwoDevices)
    );
    assert_eq!(shop.count("orders").await, 1);
    assert_eq!(shop.count("payments").await, 1);
    let (order, _) = alice.play(&shop, "tidewater").await.unwrap();
    assert_eq!(
        order.device_id,
        alice.device.id(),
        "what was bought before is as it was"
    );
    let handed = alice.hand_over("tidewater").await.unwrap();
    let refused = intruder
        .redeem(&handed.token_url, shop.clip("tidewater"))
        .await;
    assert_eq!(refused.unwrap_err(), -4001);

    alice.register(&shop).await;
    let (count, cookies) = (shop.count("devices").await, shop.cookies().await);
    assert_eq!(
        (count, cookies[0] == cookies[1]),
        (2, false),
        "a new cookie each time"
    );
    alice.order(&form).await.map_err(|page| page.html).unwrap();
    let (order, _) = alice.play(&shop, "north-light").await.unwrap();
    assert_eq!(order.device_id, alice.device.id());
}

#[tokio::test]
async fn forty_refused_attempts_under_a_cookie_change_nothing() {
    let shop = TestShop::open().await;
    let alice = shop.browser_of(ALICE).await;
    alice.register(&shop).await;
    alice.obtain("tidewater", "buy").await;
    let cookie = shop.cookie().await;
    let before = shop.records_of(&cookie).await;

    let intruder = Device::new();
    for _ in 0..40 {
        let handed = alice.hand_over("tidewater").await.unwrap();
        let refused = intruder
            .redeem(&handed.token_url, shop.clip("tidewater"))
            .await;
        assert_eq!(refused.unwrap_err(), -4001);
    }

    assert_eq!(shop.records_of(&cookie).await, before);
    alice.obtain("north-light", "buy").await;
    let (order, _) = alice.play(&shop, "north-light").await.unwrap();
    assert_eq!(order.device_id, alice.device.id());
}

#[tokio::test]
async fn two_viewers_can_share_a_browser_and_each_has_its_own_device() {
    let shop = TestShop::open().await;
    let shared = shop.browser_of(ALICE).await;
    let of_alice = shared.register(&shop).await;
    shared.post("/api/sign_out", &[]).await;
    shared.sign_in(BOB, "demo").await;

    assert!(!shows_itself(&shared).await, "it is not Bob's yet");
    let of_bob = shared.register(&shop).await;
    assert_ne!(of_bob.id, of_alice.id);
    shared.sign_in(ALICE, "demo").await;
    shared.obtain("tidewater", "buy").await;
    assert_eq!(shop.count("orders").await, 1);
}

#[tokio::test]
async fn a_call_that_cannot_be_read_is_the_callers_mistake() {
    let shop = TestShop::open().await;
    let alice = shop.browser_of(ALICE).await;
    for arguments in [
        json!({ "id": "x" }),
        json!({ "id": 5 }),
        json!({}),
        json!([]),
    ] {
        let answer = alice
            .send(alice.json("finish_registration", &arguments))
            .await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{arguments}");
        let problem: Problem = serde_json::from_str(&answer.html).unwrap();
        let field = field::REQUEST.to_owned();
        assert_eq!(problem, Problem::BadInput { field });
    }
}

#[tokio::test]
async fn no_answer_of_a_registration_has_its_cookie() {
    let shop = TestShop::open().await;
    let alice = shop.browser_of(ALICE).await;
    let begun = alice
        .send(alice.json("begin_registration", &json!({})))
        .await;
    let cookie = shop.cookie().await;
    assert!(!begun.html.contains(&cookie), "{}", begun.html);
    let registration: Registration = serde_json::from_str(&begun.html).unwrap();
    let clip = &shop.catalogue.dummy;
    let token_url = &registration.dummy.token_url;
    alice.device.redeem(token_url, clip).await.unwrap();
    let arguments = json!({ "id": registration.id });
    let finished = alice
        .send(alice.json("finish_registration", &arguments))
        .await;
    assert_eq!(finished.status, StatusCode::OK);
    assert!(!finished.html.contains(&cookie), "{}", finished.html);
}

#[tokio::test]
async fn the_handle_is_out_of_scripts_reach_and_kept_only_as_a_hash() {
    let shop = TestShop::open().await;
    let alice = shop.browser_of(ALICE).await;
    let registration = alice.play_dummy(&shop).await;
    let body = serde_json::json!({ "id": registration.id });
    let url = format!("{}/api/finish_registration", shop.storefront.url());
    let page = alice
        .send(reqwest::Client::new().post(url).json(&body))
        .await;

    let cookie = page
        .set_cookies
        .iter()
        .find(|c| c.starts_with("bindery_device_"))
        .unwrap();
    for attribute in ["HttpOnly", "SameSite=Lax", "Path=/", "Max-Age=34560000"] {
        assert!(cookie.contains(attribute), "{cookie}");
    }
    assert!(
        !cookie.contains("Secure"),
        "over http a browser would drop it"
    );
    let handle = cookie.split(['=', ';']).nth(1).unwrap();
    assert_eq!(handle.len(), 32);
    let kept: Vec<(Vec<u8>,)> = sqlx::query_as("select hash from handles")
        .fetch_all(&shop.database)
        .await
        .unwrap();
    assert_eq!(kept.len(), 1);
    assert_ne!(kept[0].0, handle.as_bytes());
    assert_ne!(kept[0].0, hex::decode(handle).unwrap());
}

#[tokio::test]
async fn a_second_device_is_not_forgotten_once_plays_have_filled_the_answer() {
    let shop = TestShop::open().await;
    let alice = shop.browser_of(ALICE).await;
    let registration = alice.play_dummy(&shop).await;
    alice.finish(registration.id).await.unwrap();
    alice.obtain("tidewater", "buy").await;

    let token_url = &registration.dummy.token_url;
    let intruder = Device::new();
    intruder
        .redeem(token_url, &shop.catalogue.dummy)
        .await
        .unwrap();
    for _ in 0..MAX_RECORDS {
        alice.play(&shop, "tidewater").await.unwrap();
    }
    let records = shop.records_of(&shop.cookie().await).await;
    let only_hers = |record: &Record| record.issued_to() == Some(alice.device.id());
    assert!(
        records.iter().all(only_hers),
        "no record tells of the other now"
    );

    let form = alice.checkout("north-light", "buy").await;
    let page = alice.order(&form).await.unwrap_err();
    assert!(page.tells_of(&Problem::TwoDevices));
    assert_eq!(
        alice.finish(registration.id).await,
        Err(Problem::TwoDevices)
    );
    assert_eq!(shop.count("payments").await, 1);

    alice.register(&shop).await;
    alice.order(&form).await.map_err(|page| page.html).unwrap();
}

#[tokio::test]
async fn a_second_device_cannot_be_crowded_out_by_one_token_redeemed_often() {
    let shop = TestShop::open().await;
    let alice = shop.browser_of(ALICE).await;
    let registration = alice.play_dummy(&shop).await;
    alice.finish(registration.id).await.unwrap();
    alice.obtain("tidewater", "buy").await;
    let handed = alice.hand_over("tidewater").await.unwrap();

    let intruder = Device::new();
    let token_url = &registration.dummy.token_url;
    let redeemed = intruder.redeem(token_url, &shop.catalogue.dummy);
    redeemed.await.unwrap();
    for _ in 0..MAX_RECORDS {
        let redeemed = alice
            .device
            .redeem(&handed.token_url, shop.clip("tidewater"));
        redeemed.await.unwrap();
    }

    let form = alice.checkout("north-light", "buy").await;
    let page = alice.order(&form).await.unwrap_err();
    assert!(page.tells_of(&Problem::TwoDevices));
    assert_eq!(shop.count("payments").await, 1);
    alice.play(&shop, "tidewater").await.unwrap();
}

#[tokio::test]
async fn a_registration_whose_answer_was_filled_before_it_finished_is_done_again() {
    let shop = TestShop::open().await;
    let alice = shop.browser_of(ALICE).await;
    let registration = alice.play_dummy(&shop).await;
    let intruder = Device::new();
    for _ in 0..MAX_RECORDS {
        let token_url = &registration.dummy.token_url;
        let redeemed = intruder.redeem(token_url, &shop.catalogue.dummy);
        redeemed.await.unwrap();
    }

    for _ in 0..2 {
        assert_eq!(
            alice.finish(registration.id).await,
            Err(Problem::TwoDevices)
        );
    }

    let device = alice.register(&shop).await;
    assert_eq!(device.device_id, alice.device.id());
    alice.obtain("tidewater", "buy").await;
}

#[tokio::test]
async fn a_device_that_has_played_often_can_say_again_that_it_is_registered() {
    let shop = TestShop::open().await;
    let alice = shop.browser_of(ALICE).await;
    let device = alice.register(&shop).await;
    alice.obtain("tidewater", "buy").await;
    for _ in 0..MAX_RECORDS {
        alice.play(&shop, "tidewater").await.unwrap();
    }
    assert_eq!(
        alice.finish(device.id).await.unwrap().device_id,
        device.device_id
    );
    alice.obtain("north-light", "buy").await;

    shop.storefront.clock().advance(Duration::from_secs(601));
    let thief = shop.browser_of(ALICE).await;
    assert_eq!(
        thief.finish(device.id).await,
        Err(Problem::NoSuchDevice),
        "an old registration makes no other browser that device"
    );
}

#[tokio::test]
async fn registrations_that_nobody_finishes_do_not_pile_up() {
    let shop = TestShop::open().await;
    let alice = shop.browser_of(ALICE).await;
    let device = alice.register(&shop).await;
    let stale = alice.play_dummy(&shop).await;
    for _ in 0..20 {
        alice.begin().await.unwrap();
    }
    let fresh = alice.play_dummy(&shop).await;

    assert_eq!(shop.count("devices").await, 1 + 8, "one is finished");
    assert_eq!(alice.finish(stale.id).await, Err(Problem::NoSuchDevice));
    assert_eq!(
        alice.finish(fresh.id).await.unwrap().device_id,
        device.device_id
    );
}

#[tokio::test]
async fn a_device_keeps_its_newest_handles_alone() {
    let shop = TestShop::open().await;
    let alice = shop.browser_of(ALICE).await;
    let device = alice.register(&shop).await;
    let name = format!("bindery_device_{}", shop.viewer(ALICE).await.simple());
    for _ in 0..20 {
        // An answer that never came leaves the browser without its handle.
        alice.forget_cookie(&name);
        alice.finish(device.id).await.unwrap();
    }
    assert_eq!(shop.count("handles").await, 8);
    alice.obtain("tidewater", "buy").await;
}
