//! How far a viewer has come: told by the player, kept for those who have the film, and theirs alone.

use app::watching::position::TELL;
use reqwest::StatusCode;

use crate::common::{ALICE, BOB, Browser, TestShop};

async fn tell(browser: &Browser, order: &str, seconds: &str) -> StatusCode {
    let fields = [("order", order), ("seconds", seconds)];
    browser.post(TELL, &fields).await.status
}

/// The number of the order that a title plays under.
async fn order_of(browser: &Browser, slug: &str) -> String {
    let handed = browser.hand_over(slug).await.unwrap();
    handed.order.unwrap().id.to_string()
}

/// Alice, and the number of her order.
async fn owner(shop: &TestShop, kind: &str) -> (Browser, String) {
    let browser = shop.browser_of(ALICE).await;
    browser.register(shop).await;
    browser.obtain("tidewater", kind).await;
    let order = order_of(&browser, "tidewater").await;
    (browser, order)
}

/// What the catalogue's row says of the films in it.
async fn row(browser: &Browser) -> Option<String> {
    let page = browser.get("/").await.html;
    let row = page.split("going-on-heading").nth(2)?;
    Some(row.split("</section>").next()?.to_owned())
}

/// Where the film starts on the watch page.
async fn starts_at(browser: &Browser) -> Option<String> {
    let page = browser.get("/watch/tidewater").await.html;
    let (_, rest) = page.split_once("The film continues at ")?;
    Some(rest.split_once(',')?.0.to_owned())
}

#[tokio::test]
async fn a_film_goes_on_where_it_was_left_on_every_browser_of_the_viewer() {
    let shop = TestShop::open().await;
    let (alice, order) = owner(&shop, "buy").await;
    assert_eq!((row(&alice).await, starts_at(&alice).await), (None, None));

    assert_eq!(tell(&alice, &order, "7").await, StatusCode::NO_CONTENT);
    assert_eq!(tell(&alice, &order, "12").await, StatusCode::NO_CONTENT);
    for browser in [&alice, &shop.browser_of(ALICE).await] {
        assert_eq!(starts_at(browser).await.as_deref(), Some("0:12"));
        let row = row(browser).await.unwrap();
        assert!(row.contains("0:12 of 0:42"), "{row}");
        assert!(row.contains("/watch/tidewater?play"), "{row}");
    }
    assert_eq!(shop.count("positions").await, 1, "one for each title");
}

#[tokio::test]
async fn a_position_is_the_viewers_own() {
    let shop = TestShop::open().await;
    let (alice, order) = owner(&shop, "buy").await;
    let bob = shop.browser_of(BOB).await;
    bob.register(&shop).await;
    bob.obtain("tidewater", "buy").await;
    tell(&alice, &order, "12").await;
    assert_eq!((row(&bob).await, starts_at(&bob).await), (None, None));
    // A page of Alice's that is still open when Bob signs in tells of her order.
    tell(&bob, &order, "30").await;
    assert_eq!(starts_at(&bob).await, None);
    let order = order_of(&bob, "tidewater").await;
    tell(&bob, &order, "20").await;
    assert_eq!(starts_at(&bob).await.as_deref(), Some("0:20"));
    assert_eq!(starts_at(&alice).await.as_deref(), Some("0:12"));
}

#[tokio::test]
async fn nothing_is_kept_for_who_has_no_order_or_is_not_signed_in() {
    let shop = TestShop::open().await;
    let (alice, order) = owner(&shop, "buy").await;
    // A page may outlive its session or its order: that is no error.
    let told = [
        tell(&shop.browser(), &order, "12").await,
        tell(&shop.browser_of(BOB).await, &order, "12").await,
        tell(&alice, &"0".repeat(32), "12").await,
    ];
    assert_eq!(told, [StatusCode::NO_CONTENT; 3]);
    assert_eq!(shop.count("positions").await, 0);
}

#[tokio::test]
async fn no_film_is_seen_further_than_to_its_end_and_one_that_is_starts_anew() {
    let shop = TestShop::open().await;
    let (alice, order) = owner(&shop, "buy").await;
    for seconds in ["4294967295", "42", "37", "2", "0"] {
        assert_eq!(tell(&alice, &order, seconds).await, StatusCode::NO_CONTENT);
        let kept: (u32, u32) = sqlx::query_as("select seconds, whole_seconds from positions")
            .fetch_one(&shop.database)
            .await
            .unwrap();
        assert_eq!(kept, (seconds.parse::<u32>().unwrap().min(42), 42));
        assert_eq!((row(&alice).await, starts_at(&alice).await), (None, None));
    }
    tell(&alice, &order, "36").await;
    assert_eq!(starts_at(&alice).await.as_deref(), Some("0:36"));
}

#[tokio::test]
async fn what_makes_no_sense_is_refused() {
    let shop = TestShop::open().await;
    let (alice, order) = owner(&shop, "buy").await;
    for (order, seconds) in [
        (&*order, "-1"),
        (&order, "1.5"),
        (&order, "NaN"),
        (&order, "4294967296"),
        (&order, ""),
        ("tidewater", "12"),
        ("", "12"),
    ] {
        let status = tell(&alice, order, seconds).await;
        assert!(status.is_client_error(), "{order}, {seconds}: {status}");
    }
    let bare = alice.post(TELL, &[("order", &order)]).await;
    assert!(bare.status.is_client_error());
    let asked = alice.get(TELL).await.status;
    assert_eq!(asked, StatusCode::METHOD_NOT_ALLOWED);
    let foreign = alice.form(TELL, &[("order", &order), ("seconds", "12")]);
    let foreign = alice.send(foreign.header("sec-fetch-site", "cross-site"));
    assert_eq!(foreign.await.status, StatusCode::FORBIDDEN);
    assert_eq!(shop.count("positions").await, 0);
}

#[tokio::test]
async fn a_rental_that_is_over_is_no_more_to_go_on_with_and_a_new_one_starts_at_the_beginning() {
    let shop = TestShop::open().await;
    let (alice, order) = owner(&shop, "rent").await;
    alice.play(&shop, "tidewater").await.unwrap();
    tell(&alice, &order, "12").await;
    alice.get("/title/tidewater").await;
    assert!(row(&alice).await.is_some());

    shop.advance(48);
    assert_eq!(row(&alice).await, None);
    // The player may still say where it stopped.
    assert_eq!(tell(&alice, &order, "20").await, StatusCode::NO_CONTENT);
    assert_eq!(row(&alice).await, None);

    shop.advance(1);
    alice.obtain("tidewater", "rent").await;
    assert_eq!((row(&alice).await, starts_at(&alice).await), (None, None));
    // A page that was left open under the old one tells of the old one.
    tell(&alice, &order, "30").await;
    assert_eq!(starts_at(&alice).await, None);
    let order = order_of(&alice, "tidewater").await;
    tell(&alice, &order, "15").await;
    assert_eq!(starts_at(&alice).await.as_deref(), Some("0:15"));
}

#[tokio::test]
async fn what_was_seen_last_comes_first() {
    let shop = TestShop::open().await;
    let (alice, order) = owner(&shop, "buy").await;
    alice.obtain("north-light", "buy").await;
    let other = order_of(&alice, "north-light").await;
    for (order, seconds) in [(&order, "12"), (&other, "13"), (&order, "14")] {
        tell(&alice, order, seconds).await;
        shop.advance(1);
    }
    let row = row(&alice).await.unwrap();
    let place = |text| row.find(text).unwrap();
    assert!(place("0:14 of 0:42") < place("0:13 of 0:36"), "{row}");
}
