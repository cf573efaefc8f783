//! A purchase that moves to another device: by its record, rarely, and for good.

use app::{model::Order, problem::Problem};
use expressplay::CustomerAuthenticator;
use simulator::{Account, Environment, Simulator};
use uuid::Uuid;

use crate::common::{ALICE, BOB, Browser, Gateway, Mood, TestShop};

const NOT_THIS_DEVICE: i32 = -4001;
const EXPIRED: i32 = -4010;

async fn registered(shop: &TestShop) -> Browser {
    let browser = shop.browser_of(ALICE).await;
    browser.register(shop).await;
    browser
}

/// The order of a title that would be played.
async fn order(browser: &Browser, slug: &str) -> Order {
    browser.hand_over(slug).await.unwrap().order.unwrap()
}

/// Presses the button that moves an order to this browser's device.
async fn move_here(browser: &Browser, order: Uuid) -> Result<(), Problem> {
    let sent = browser
        .post("/api/move_order", &[("order", &order.to_string())])
        .await;
    let location = sent.location.unwrap();
    if location == "/devices" {
        return Ok(());
    }
    if location.starts_with("/signin?") {
        return Err(Problem::SignedOut);
    }
    let page = browser.get(&location).await;
    let problems = [
        Problem::NoSuchOrder,
        Problem::NotRegistered,
        Problem::RentalStays,
        Problem::HadThere,
        Problem::MovedLately,
        Problem::TwoDevices,
    ];
    let told = problems.into_iter().find(|it| page.tells_of(it));
    Err(told.unwrap_or_else(|| panic!("{location} tells of nothing: {}", page.html)))
}

#[tokio::test]
async fn a_moved_purchase_plays_on_the_new_device_and_no_longer_on_the_old() {
    let shop = TestShop::open().await;
    let old = registered(&shop).await;
    old.obtain("tidewater", "buy").await;
    let before = old.hand_over("tidewater").await.unwrap();
    let bought = before.order.unwrap();
    let new = registered(&shop).await;
    assert_eq!(new.play(&shop, "tidewater").await, Err(NOT_THIS_DEVICE));

    move_here(&new, bought.id).await.unwrap();

    let (moved, _) = new.play(&shop, "tidewater").await.unwrap();
    assert_eq!((moved.id, moved.device_id), (bought.id, new.device.id()));
    assert_eq!(moved.ordered_at, bought.ordered_at);
    assert!(moved.bound_at >= bought.bound_at);
    assert_eq!(old.play(&shop, "tidewater").await, Err(NOT_THIS_DEVICE));
    assert_eq!(shop.count("payments").await, 1, "nothing is charged");

    // What had been handed out before works until it expires, and not after.
    let redeem = async || {
        let clip = shop.clip("tidewater");
        old.device.redeem(&before.token_url, clip).await.err()
    };
    assert_eq!(redeem().await, None);
    shop.advance(1);
    assert_eq!(redeem().await, Some(EXPIRED));
}

#[tokio::test]
async fn the_device_comes_from_the_record_whatever_the_form_claims() {
    let shop = TestShop::open().await;
    let old = registered(&shop).await;
    old.obtain("tidewater", "buy").await;
    let order = order(&old, "tidewater").await;
    let new = registered(&shop).await;
    let (id, claimed) = (order.id.to_string(), "f".repeat(32));
    let fields = [
        ("order", &*id),
        ("device_id", &*claimed),
        ("device", &*claimed),
    ];
    new.post("/api/move_order", &fields).await;
    let kept: (String, String) = sqlx::query_as("select device_id, cookie from orders")
        .fetch_one(&shop.database)
        .await
        .unwrap();
    assert_eq!(kept, (new.device.id().to_string(), shop.cookie().await));
}

#[tokio::test]
async fn a_purchase_moves_once_in_thirty_days_and_each_on_its_own() {
    let shop = TestShop::open().await;
    let (a, b) = (registered(&shop).await, registered(&shop).await);
    a.obtain("tidewater", "buy").await;
    a.obtain("north-light", "buy").await;
    let tidewater = order(&a, "tidewater").await.id;
    let north_light = order(&a, "north-light").await.id;

    move_here(&b, tidewater).await.unwrap();
    assert_eq!(move_here(&a, tidewater).await, Err(Problem::MovedLately));
    move_here(&b, north_light).await.unwrap();
    // The same again is no second move.
    move_here(&b, tidewater).await.unwrap();
    assert_eq!(shop.count("moves").await, 2);

    shop.advance(30 * 24 - 1);
    assert_eq!(move_here(&a, tidewater).await, Err(Problem::MovedLately));
    let page = a.get(&format!("/move/{tidewater}")).await;
    assert!(page.html.contains("It can be moved again from"));
    assert!(!page.html.contains("/api/move_order"), "there is no button");
    assert!(b.play(&shop, "tidewater").await.is_ok(), "it stays there");

    shop.advance(1);
    move_here(&a, tidewater).await.unwrap();
    assert!(a.play(&shop, "tidewater").await.is_ok());
    assert_eq!(b.play(&shop, "tidewater").await, Err(NOT_THIS_DEVICE));
    assert!(b.play(&shop, "north-light").await.is_ok());
}

#[tokio::test]
async fn twenty_moves_at_once_are_one() {
    let shop = TestShop::open().await;
    let a = registered(&shop).await;
    a.obtain("tidewater", "buy").await;
    let id = order(&a, "tidewater").await.id.to_string();
    let b = std::sync::Arc::new(registered(&shop).await);
    let mut posts = tokio::task::JoinSet::new();
    for _ in 0..20 {
        let (b, id) = (std::sync::Arc::clone(&b), id.clone());
        posts.spawn(async move { b.post("/api/move_order", &[("order", &id)]).await.location });
    }
    let all = posts.join_all().await;
    assert!(
        all.iter().all(|to| to.as_deref() == Some("/devices")),
        "{all:?}"
    );
    assert_eq!(shop.count("moves").await, 1);

    // Once more, where it is already; and the receipt tells of the one.
    assert!(
        b.post("/api/move_order", &[("order", &id)])
            .await
            .location
            .is_some()
    );
    let receipt = b.get(&format!("/orders/{id}")).await.html;
    assert_eq!(receipt.matches("Moved ").count(), 1, "{receipt}");
}

#[tokio::test]
async fn what_cannot_move_stays_where_it_is() {
    let shop = TestShop::open().await;
    let (a, b) = (registered(&shop).await, registered(&shop).await);
    a.obtain("tidewater", "rent").await;
    let rented = order(&a, "tidewater").await.id;
    assert_eq!(move_here(&b, rented).await, Err(Problem::RentalStays));

    a.obtain("north-light", "buy").await;
    let bought = order(&a, "north-light").await.id;
    b.obtain("north-light", "buy").await;
    assert_eq!(move_here(&b, bought).await, Err(Problem::HadThere));

    let unregistered = shop.browser_of(ALICE).await;
    let answer = move_here(&unregistered, bought).await;
    assert_eq!(answer, Err(Problem::NotRegistered));

    assert_eq!(shop.count("moves").await, 0);
    assert!(a.play(&shop, "north-light").await.is_ok());
}

#[tokio::test]
async fn another_viewers_purchase_is_not_there() {
    let shop = TestShop::open().await;
    let alice = registered(&shop).await;
    alice.obtain("tidewater", "buy").await;
    let id = order(&alice, "tidewater").await.id;
    let bob = shop.browser_of(BOB).await;
    bob.register(&shop).await;

    assert_eq!(move_here(&bob, id).await, Err(Problem::NoSuchOrder));
    let theirs = bob.get(&format!("/move/{id}")).await;
    let nobodys = bob.get(&format!("/move/{}", Uuid::nil())).await;
    assert_eq!(theirs.status, 404);
    assert_eq!(nobodys.status, 404);
    assert!(!theirs.html.contains("Tidewater") && !theirs.html.contains("tidewater"));
    assert_eq!(bob.get("/move/none").await.status, 404);

    let nobody = shop.browser();
    assert_eq!(move_here(&nobody, id).await, Err(Problem::SignedOut));
    let nothing = alice.post("/api/move_order", &[]).await;
    assert_eq!(nothing.location.as_deref(), Some("/devices"));
    assert!(alice.play(&shop, "tidewater").await.is_ok());
}

#[tokio::test]
async fn two_devices_under_the_new_cookie_stop_the_move() {
    let shop = TestShop::open().await;
    let old = registered(&shop).await;
    old.obtain("tidewater", "buy").await;
    let id = order(&old, "tidewater").await.id;
    let new = shop.browser_of(ALICE).await;
    let registration = new.play_dummy(&shop).await;
    new.finish(registration.id).await.unwrap();
    let clip = &shop.catalogue.dummy;
    let token = &registration.dummy.token_url;
    old.device.redeem(token, clip).await.unwrap();

    assert_eq!(move_here(&new, id).await, Err(Problem::TwoDevices));
    assert!(old.play(&shop, "tidewater").await.is_ok());
}

/// The old device asks for a token, and while it is being made the purchase moves away.
#[tokio::test]
async fn a_token_that_was_being_made_for_the_old_device_is_not_handed_over() {
    let authenticator = CustomerAuthenticator::new(302, [7; 16]);
    let expressplay = Simulator::builder()
        .account(Account::new(Environment::Production, authenticator.clone()))
        .start()
        .await
        .unwrap();
    let gateway = Gateway::to(expressplay.url()).await;
    let shop = TestShop::open_at(&gateway.url, &authenticator).await;
    let (old, new) = (registered(&shop).await, registered(&shop).await);
    old.obtain("tidewater", "buy").await;
    let id = order(&old, "tidewater").await.id;

    gateway.set_mood(Mood::Holding("token"));
    let moved = async {
        gateway.holds().await;
        move_here(&new, id).await.unwrap();
        gateway.release();
    };
    let (handed, ()) = tokio::join!(old.hand_over("tidewater"), moved);
    let handed = handed.unwrap();
    let clip = shop.clip("tidewater");
    let refused = old.device.redeem(&handed.token_url, clip).await;
    assert_eq!(refused.unwrap_err(), NOT_THIS_DEVICE);
    assert!(new.device.redeem(&handed.token_url, clip).await.is_ok());
}

#[tokio::test]
async fn the_devices_page_says_what_is_bound_where_and_how_it_was_learned() {
    let shop = TestShop::open().await;
    let a = registered(&shop).await;
    a.obtain("tidewater", "buy").await;
    a.obtain("north-light", "rent").await;
    let id = order(&a, "tidewater").await.id;
    let b = registered(&shop).await;
    let [cookie_b, cookie_a] = shop.cookies().await.try_into().unwrap();

    let page = b.get("/devices").await.html;
    for cookie in [&cookie_a, &cookie_b] {
        assert!(page.contains(&format!("/workflow?run={cookie}")), "{page}");
    }
    let moves: Vec<_> = page.match_indices("href=\"/move/").collect();
    assert_eq!(moves.len(), 1, "a rental has no such link");
    assert!(page.contains(&format!("href=\"/move/{id}\"")));

    move_here(&b, id).await.unwrap();
    let page = b.get("/devices").await.html;
    assert!(page.contains("moved here on"));
    assert!(!page.contains("href=\"/move/"));
    let page = a.get("/devices").await.html;
    assert!(page.contains(&format!("href=\"/move/{id}\"")));
}
