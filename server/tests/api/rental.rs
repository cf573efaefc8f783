//! Rentals: when they start, when they end, and that nobody can make them last.

use app::{model::Rental, problem::Problem};
use expressplay::CustomerAuthenticator;
use simulator::{Account, Environment, Simulator};

use crate::common::{ALICE, Browser, Gateway, Mood, TestShop};

const HOUR: u64 = 3_600_000;

async fn renter(shop: &TestShop) -> Browser {
    let browser = shop.browser_of(ALICE).await;
    browser.register(shop).await;
    browser.obtain("tidewater", "rent").await;
    browser
}

#[tokio::test]
async fn a_rental_starts_with_its_first_licence_and_ends_two_days_later() {
    let shop = TestShop::open().await;
    let alice = renter(&shop).await;
    shop.advance(29 * 24);
    let waiting = alice.hand_over("tidewater").await.unwrap().order.unwrap();
    assert!(
        matches!(waiting.rental, Some(Rental::Waiting { .. })),
        "handed over, not played"
    );
    assert_eq!(alice.playing(waiting.id).await.unwrap().remaining_ms, None);

    let (order, _) = alice.play(&shop, "tidewater").await.unwrap();
    let left = alice.playing(order.id).await.unwrap().remaining_ms.unwrap();
    assert!(left <= 48 * HOUR && left > 47 * HOUR, "{left}");

    shop.advance(47);
    let left = alice.playing(order.id).await.unwrap().remaining_ms.unwrap();
    assert!(left <= HOUR, "{left}");
    let handed = alice.hand_over("tidewater").await.unwrap();
    assert!(matches!(
        handed.order.unwrap().rental,
        Some(Rental::Started { .. })
    ));

    shop.advance(1);
    let left = alice.playing(order.id).await.unwrap().remaining_ms;
    assert_eq!(left, Some(0), "the player ends its session");
    assert_eq!(alice.hand_over("tidewater").await, Err(Problem::RentalOver));
    let late = alice
        .device
        .redeem(&handed.token_url, shop.clip("tidewater"))
        .await;
    assert_eq!(late.unwrap_err(), -4010, "ExpressPlay refuses as well");
    assert!(
        !alice
            .get("/title/tidewater")
            .await
            .html
            .contains("/watch/tidewater")
    );
}

#[tokio::test]
async fn a_rental_that_nobody_starts_within_thirty_days_is_over() {
    let shop = TestShop::open().await;
    let alice = renter(&shop).await;
    shop.advance(30 * 24);
    assert_eq!(
        alice.hand_over("tidewater").await,
        Err(Problem::RentalNotStarted)
    );
    alice.obtain("tidewater", "rent").await;
    assert_eq!(shop.count("payments").await, 2, "it can be rented again");
    assert!(alice.play(&shop, "tidewater").await.is_ok());
}

#[tokio::test]
async fn a_rental_played_without_the_player_asking_ends_all_the_same() {
    let shop = TestShop::open().await;
    let alice = renter(&shop).await;
    alice.play(&shop, "tidewater").await.unwrap();
    shop.advance(48);
    assert_eq!(alice.hand_over("tidewater").await, Err(Problem::RentalOver));
}

#[tokio::test]
async fn a_rental_that_ended_unseen_is_charged_again_when_it_is_rented_again() {
    let shop = TestShop::open().await;
    let alice = renter(&shop).await;
    alice.play(&shop, "tidewater").await.unwrap();
    shop.advance(48);
    alice.obtain("tidewater", "rent").await;
    assert_eq!(shop.count("payments").await, 2);
    let (order, _) = alice.play(&shop, "tidewater").await.unwrap();
    let left = alice.playing(order.id).await.unwrap().remaining_ms.unwrap();
    assert!(
        left > 47 * HOUR,
        "the new one starts with its own licence: {left}"
    );
}

#[tokio::test]
async fn licences_for_other_titles_cannot_crowd_a_start_out_of_the_record() {
    let shop = TestShop::open().await;
    let alice = renter(&shop).await;
    alice.obtain("north-light", "buy").await;
    let other = alice.hand_over("north-light").await.unwrap();
    alice.play(&shop, "tidewater").await.unwrap();
    for _ in 0..32 {
        let redeemed = alice
            .device
            .redeem(&other.token_url, shop.clip("north-light"));
        redeemed.await.unwrap();
    }
    shop.advance(47);
    let records = shop.records_of(&shop.cookie().await).await;
    let kid = &shop.clip("tidewater").keys[0].kid;
    assert!(
        records.iter().all(|record| !record.kids.contains(kid)),
        "it is out of sight"
    );

    let order = alice.hand_over("tidewater").await.unwrap().order.unwrap();
    let left = alice.playing(order.id).await.unwrap().remaining_ms.unwrap();
    assert!(left <= HOUR, "it started when it was handed over: {left}");
}

#[tokio::test]
async fn a_rental_that_was_handed_over_and_not_played_still_waits_however_much_else_is_played() {
    let shop = TestShop::open().await;
    let alice = renter(&shop).await;
    alice.obtain("north-light", "buy").await;
    alice.hand_over("tidewater").await.unwrap();
    for _ in 0..32 {
        alice.play(&shop, "north-light").await.unwrap();
    }
    shop.advance(3 * 24);

    let order = alice.hand_over("tidewater").await.unwrap().order.unwrap();
    assert!(
        matches!(order.rental, Some(Rental::Waiting { .. })),
        "{order:?}"
    );
}

#[tokio::test]
async fn a_start_is_found_by_a_look_that_began_before_the_rental_was_handed_over() {
    let account = Account::new(
        Environment::Production,
        CustomerAuthenticator::new(303, [4; 16]),
    );
    let authenticator = account.authenticator.clone();
    let simulator = Simulator::builder().account(account).start().await.unwrap();
    let gateway = Gateway::to(simulator.url()).await;
    let shop = TestShop::open_at(&gateway.url, &authenticator).await;
    let alice = renter(&shop).await;
    alice.obtain("north-light", "buy").await;
    let other = alice.hand_over("north-light").await.unwrap();

    gateway.set_mood(Mood::Holding("getrecord"));
    let (_, ()) = tokio::join!(alice.hand_over("north-light"), async {
        gateway.holds().await;
        alice.play(&shop, "tidewater").await.unwrap();
        gateway.release();
    });
    for _ in 0..32 {
        let redeemed = alice
            .device
            .redeem(&other.token_url, shop.clip("north-light"));
        redeemed.await.unwrap();
    }

    let order = alice.hand_over("tidewater").await.unwrap().order.unwrap();
    assert!(
        matches!(order.rental, Some(Rental::Started { .. })),
        "{order:?}"
    );
}

#[tokio::test]
async fn a_title_page_knows_that_its_rental_has_started_or_ended() {
    let shop = TestShop::open().await;
    let alice = renter(&shop).await;
    let page = alice.get("/title/tidewater").await;
    assert!(page.html.contains("Start it by"));

    alice.play(&shop, "tidewater").await.unwrap();
    let page = alice.get("/title/tidewater").await;
    assert!(!page.html.contains("Start it by"), "nobody had asked since");
    assert!(page.html.contains(", until "));

    shop.advance(48);
    let page = alice.get("/watch/tidewater").await;
    assert!(page.tells_of(&Problem::RentalOver));
}

#[tokio::test]
async fn a_token_for_a_rental_does_not_outlive_it() {
    let shop = TestShop::open().await;
    let alice = renter(&shop).await;
    shop.storefront
        .clock()
        .advance(std::time::Duration::from_secs(30 * 24 * 3600 - 20));
    let handed = alice.hand_over("tidewater").await.unwrap();
    shop.storefront
        .clock()
        .advance(std::time::Duration::from_secs(20));
    let late = alice
        .device
        .redeem(&handed.token_url, shop.clip("tidewater"))
        .await;
    assert_eq!(
        late.unwrap_err(),
        -4010,
        "its start window closed, though a token lives 120 s"
    );
}

#[tokio::test]
async fn a_purchase_has_no_end() {
    let shop = TestShop::open().await;
    let alice = shop.browser_of(ALICE).await;
    alice.register(&shop).await;
    alice.obtain("tidewater", "buy").await;
    shop.advance(10 * 365 * 24);
    let (order, _) = alice.play(&shop, "tidewater").await.unwrap();
    assert_eq!(order.rental, None);
    assert_eq!(alice.playing(order.id).await.unwrap().remaining_ms, None);
}
