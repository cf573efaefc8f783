//! Orders: charged once, or not at all.

use std::sync::Arc;

use app::problem::{Problem, field};
use uuid::Uuid;

use crate::common::{ALICE, BOB, Browser, DECLINED_CARD, TestShop};

async fn registered(shop: &TestShop, email: &str) -> Browser {
    let browser = shop.browser_of(email).await;
    browser.register(shop).await;
    browser
}

fn set(form: &mut [(&'static str, String)], name: &str, value: &str) {
    form.iter_mut().find(|(field, _)| *field == name).unwrap().1 = value.to_owned();
}

#[tokio::test]
async fn twenty_identical_forms_at_once_make_one_order_and_one_payment() {
    let shop = TestShop::open().await;
    let alice = Arc::new(registered(&shop, ALICE).await);
    let form = Arc::new(alice.checkout("tidewater", "rent").await);

    let mut posts = tokio::task::JoinSet::new();
    for _ in 0..20 {
        let (alice, form) = (Arc::clone(&alice), Arc::clone(&form));
        posts.spawn(async move { alice.order(&form).await.is_ok() });
    }
    assert_eq!(
        posts.join_all().await,
        [true; 20],
        "each is told that it went through"
    );
    assert_eq!(
        (shop.count("orders").await, shop.count("payments").await),
        (1, 1)
    );
}

#[tokio::test]
async fn what_a_device_plays_already_is_not_charged_again() {
    let shop = TestShop::open().await;
    let alice = registered(&shop, ALICE).await;
    alice.obtain("tidewater", "rent").await;
    alice.obtain("tidewater", "rent").await;
    assert_eq!(shop.count("payments").await, 1, "a rental of it is running");
    let says_so = async |kind: &str| {
        let page = alice.get(&format!("/checkout/tidewater/{kind}")).await;
        page.html.contains("Ordering it again charges nothing.")
    };
    assert!(says_so("rent").await);
    assert!(!says_so("buy").await, "to buy it is charged");
    alice.obtain("tidewater", "buy").await;
    assert_eq!(
        shop.count("payments").await,
        2,
        "to own it is more than to rent it"
    );
    alice.obtain("tidewater", "buy").await;
    alice.obtain("tidewater", "rent").await;
    assert_eq!(
        (shop.count("orders").await, shop.count("payments").await),
        (2, 2)
    );
    alice.obtain("north-light", "rent").await;
    registered(&shop, ALICE)
        .await
        .obtain("tidewater", "buy")
        .await;
    assert_eq!(
        shop.count("payments").await,
        4,
        "another title and another device cost"
    );
}

#[tokio::test]
async fn a_declined_card_leaves_no_order_and_the_form_still_good() {
    let shop = TestShop::open().await;
    let alice = registered(&shop, ALICE).await;
    let mut form = alice.checkout("tidewater", "buy").await;
    for (card, problem) in [
        (DECLINED_CARD, Problem::CardDeclined),
        ("5555 5555 5555 4444", Problem::CardDeclined),
        ("4242 4242 4242 4241", Problem::CardInvalid),
        ("", Problem::CardInvalid),
    ] {
        set(&mut form, "card_number", card);
        assert!(
            alice.order(&form).await.unwrap_err().tells_of(&problem),
            "{card}"
        );
        let page = alice.get("/checkout/tidewater/buy").await;
        assert!(!page.tells_of(&problem), "a failure is told once");
    }
    assert_eq!(
        (shop.count("orders").await, shop.count("payments").await),
        (0, 0)
    );
    assert_eq!(alice.hand_over("tidewater").await, Err(Problem::NotBought));

    set(&mut form, "card_number", "4242-4242-4242-4242");
    alice.order(&form).await.map_err(|page| page.html).unwrap();
    let kept: Vec<(String, i64)> =
        sqlx::query_as("select card_last_four, amount_cents from payments")
            .fetch_all(&shop.database)
            .await
            .unwrap();
    assert_eq!(kept, [("4242".to_owned(), 999)]);
}

#[tokio::test]
async fn an_order_is_bound_to_the_record_whatever_the_form_claims() {
    let shop = TestShop::open().await;
    let alice = registered(&shop, ALICE).await;
    let mut form = alice.checkout("tidewater", "buy").await;
    form.push(("device_id", "f".repeat(32)));
    form.push(("deviceId", "f".repeat(32)));
    alice.order(&form).await.map_err(|page| page.html).unwrap();
    let (kept,): (String,) = sqlx::query_as("select device_id from orders")
        .fetch_one(&shop.database)
        .await
        .unwrap();
    assert_eq!(kept, alice.device.id().to_string());

    let forged = "e".repeat(32);
    sqlx::query("update devices set device_id = ?")
        .bind(&forged)
        .execute(&shop.database)
        .await
        .unwrap();
    let form = alice.checkout("north-light", "buy").await;
    let page = alice.order(&form).await.unwrap_err();
    assert!(
        page.tells_of(&Problem::TwoDevices),
        "what was shown is no source, and must not differ"
    );
    assert_eq!(shop.count("orders").await, 1);
}

#[tokio::test]
async fn an_order_can_be_for_a_device_registered_elsewhere() {
    let shop = TestShop::open().await;
    let sofa = registered(&shop, ALICE).await;
    let desk = shop.browser_of(ALICE).await;
    let page = desk.get("/checkout/tidewater/buy").await;
    let form = [
        ("slug", "tidewater".to_owned()),
        ("kind", "buy".to_owned()),
        ("order_key", page.field("order_key")),
        ("device", page.field("device")),
        ("card_number", "4242424242424242".to_owned()),
    ];
    desk.order(&form).await.map_err(|page| page.html).unwrap();
    assert_eq!(desk.play(&shop, "tidewater").await.unwrap_err(), -4001);
    assert!(sofa.play(&shop, "tidewater").await.is_ok());
}

#[tokio::test]
async fn a_viewer_cannot_use_what_is_anothers() {
    let shop = TestShop::open().await;
    let alice = registered(&shop, ALICE).await;
    let alices = alice.begin().await.unwrap();
    alice.obtain("tidewater", "buy").await;
    let order = alice.hand_over("tidewater").await.unwrap().order.unwrap();
    let bob = registered(&shop, BOB).await;

    assert_eq!(bob.hand_over("tidewater").await, Err(Problem::NotBought));
    assert_eq!(bob.playing(order.id).await, Err(Problem::NoSuchOrder));
    assert_eq!(bob.finish(alices.id).await, Err(Problem::NoSuchDevice));
    let mut form = bob.checkout("tidewater", "buy").await;
    let (device,): (String,) = sqlx::query_as("select id from devices where device_id = ?")
        .bind(alice.device.id().to_string())
        .fetch_one(&shop.database)
        .await
        .unwrap();
    form.push(("device", device));
    assert!(
        bob.order(&form)
            .await
            .unwrap_err()
            .tells_of(&Problem::NoSuchDevice)
    );
    assert_eq!(shop.count("orders").await, 1);

    let nobody = shop.browser();
    assert_eq!(nobody.hand_over("tidewater").await, Err(Problem::SignedOut));
    assert_eq!(nobody.playing(order.id).await, Err(Problem::SignedOut));
    assert_eq!(nobody.begin().await.map(|_| ()), Err(Problem::SignedOut));
    assert_eq!(nobody.finish(alices.id).await, Err(Problem::SignedOut));
}

#[tokio::test]
async fn one_viewers_order_key_is_nothing_to_another() {
    let shop = TestShop::open().await;
    let alice = registered(&shop, ALICE).await;
    let form = alice.checkout("tidewater", "buy").await;
    alice.order(&form).await.map_err(|page| page.html).unwrap();
    let bob = registered(&shop, BOB).await;
    bob.order(&form).await.map_err(|page| page.html).unwrap();
    assert_eq!(shop.count("payments").await, 2);
    let (order, _) = bob.play(&shop, "tidewater").await.unwrap();
    assert_eq!(order.device_id, bob.device.id());
}

#[tokio::test]
async fn a_title_that_is_not_there_cannot_be_ordered_or_played() {
    let shop = TestShop::open().await;
    let alice = registered(&shop, ALICE).await;
    assert_eq!(
        alice.hand_over("no-such-film").await,
        Err(Problem::NoSuchTitle)
    );
    let order = Uuid::nil();
    assert_eq!(alice.playing(order).await, Err(Problem::NoSuchOrder));
    let mut form = alice.checkout("tidewater", "buy").await;
    set(&mut form, "slug", "no-such-film");
    assert!(alice.order(&form).await.is_err());
    assert_eq!(shop.count("orders").await, 0);
}

#[tokio::test]
async fn an_order_key_is_good_for_what_it_was_first_used_for_and_nothing_else() {
    let shop = TestShop::open().await;
    let alice = registered(&shop, ALICE).await;
    let other = registered(&shop, ALICE).await;
    let form = alice.checkout("tidewater", "rent").await;
    alice.order(&form).await.map_err(|page| page.html).unwrap();

    let problem = Problem::BadInput {
        field: field::ORDER_KEY.to_owned(),
    };
    for (field, value) in [("slug", "north-light"), ("kind", "buy")] {
        let mut changed = form.clone();
        set(&mut changed, field, value);
        let page = alice.order(&changed).await.unwrap_err();
        assert!(page.tells_of(&problem), "{field}");
    }
    let page = other.order(&form).await.unwrap_err();
    assert!(page.tells_of(&problem), "another device");
    assert_eq!(shop.count("payments").await, 1);

    alice.order(&form).await.map_err(|page| page.html).unwrap();
    assert_eq!(shop.count("payments").await, 1);
}

#[tokio::test]
async fn a_form_that_does_not_say_what_it_is_for_leads_to_a_page_of_ours() {
    type Fields = &'static [(&'static str, &'static str)];
    let shop = TestShop::open().await;
    let alice = shop.browser_of(ALICE).await;
    let refused: [(&str, Fields, &str); 5] = [
        ("/api/place_order", &[], "/"),
        (
            "/api/place_order",
            &[("slug", "No Slug!"), ("kind", "buy")],
            "/",
        ),
        (
            "/api/place_order",
            &[("slug", "tidewater"), ("kind", "steal")],
            "/title/tidewater",
        ),
        // Not even a form: a field twice.
        ("/api/place_order", &[("slug", "a"), ("slug", "b")], "/"),
        ("/api/sign_in", &[("email", "a"), ("email", "b")], "/"),
    ];
    for (path, fields, leads_to) in refused {
        let form = alice
            .form(path, fields)
            .header("referer", "https://evil.example/page");
        let answer = alice.send(form).await;
        assert!(answer.status.is_redirection(), "{path} {fields:?}");
        assert_eq!(
            answer.location.as_deref(),
            Some(leads_to),
            "{path} {fields:?}"
        );
    }
}
