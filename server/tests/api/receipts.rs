//! Orders, as they are looked at afterwards: the list, the receipt, and the history of tokens and
//! licences.

use app::problem::Problem;
use reqwest::StatusCode;
use uuid::Uuid;

use crate::common::{ALICE, BOB, Browser, Gateway, Mood, TestShop, browser::Page};

/// A viewer whose device is registered, as the pages tell of it.
async fn registered(shop: &TestShop, email: &str) -> Browser {
    let browser = shop.browser_of(email).await;
    browser.register_as_a_page(shop).await;
    browser
}

/// The number of the newest order.
async fn newest(shop: &TestShop) -> Uuid {
    let (id,): (String,) =
        sqlx::query_as("select id from orders order by ordered_at desc, rowid desc limit 1")
            .fetch_one(&shop.database)
            .await
            .unwrap();
    id.parse().unwrap()
}

impl Page {
    /// What it says, without its tags.
    fn text(&self) -> String {
        let after_tags = self.html.split('<').filter_map(|part| part.split_once('>'));
        let words: String = after_tags.map(|(_, text)| text).collect();
        words.replace("&#x27;", "'")
    }

    /// The links into the workflow view.
    fn places(&self) -> Vec<String> {
        let links = self.html.split("href=\"/workflow?").skip(1);
        links
            .map(|rest| rest.split('"').next().unwrap().replace("&amp;", "&"))
            .collect()
    }
}

#[tokio::test]
async fn a_receipt_says_what_was_sold_to_whom_for_what_and_for_which_device() {
    let shop = TestShop::open().await;
    let alice = registered(&shop, ALICE).await;
    alice.obtain("tidewater", "rent").await;
    let id = newest(&shop).await;
    let page = alice.get(&format!("/orders/{id}")).await;
    assert_eq!(page.status, StatusCode::OK);
    let text = page.text();
    for part in [
        &id.to_string(),
        "Tidewater",
        "Rented",
        "Start it within 30 days; once started, it is yours for 48 hours.",
        "€2.99",
        "ending in 4242",
        "Alice, alice@example.com",
        "not started; start it by",
        &alice.device.id().to_string(),
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let paid = shop
        .storefront
        .clock()
        .now()
        .strftime("%-d %B %Y")
        .to_string();
    assert!(text.contains(&paid), "{paid}");
    assert!(!page.html.contains("/pkg/bindery.js"), "it loads no script");
}

#[tokio::test]
async fn the_history_tells_each_token_and_what_came_of_it_and_leads_into_the_workflow() {
    let shop = TestShop::open().await;
    let alice = registered(&shop, ALICE).await;
    alice.obtain("tidewater", "buy").await;
    let path = format!("/orders/{}", newest(&shop).await);
    let text = alice.get(&path).await.text();
    assert!(text.contains("None yet. One is made each time the film is played."));
    assert!(text.contains("No licence for this film since it was bound to its device."));

    alice.play_as_a_page(&shop, "tidewater").await;
    let thief = shop.browser_of(ALICE).await;
    let handed = thief.hand_over("tidewater").await.unwrap();
    let unused = thief.hand_over("tidewater").await.unwrap();
    let trace = handed.trace.unwrap();
    thief
        .ask_as_a_page(&shop, &handed.token_url, trace, "tidewater")
        .await;

    let page = alice.get(&path).await;
    let text = page.text();
    assert_eq!(text.matches("Bound to device").count(), 3, "{text}");
    assert_eq!(
        text.matches(&alice.device.id().short()).count(),
        5,
        "{text}"
    );
    assert_eq!(
        text.matches("No licence request with it is known.").count(),
        1
    );
    let newest_first = [
        "No licence request with it",
        "Refused, -4001",
        "Licence issued",
    ];
    let found: Vec<_> = newest_first.map(|part| text.find(part).unwrap()).to_vec();
    assert!(found.is_sorted(), "{found:?}");
    assert!(text.contains(&format!(
        "Refused, -4001, device {}",
        thief.device.id().short()
    )));
    assert!(
        !page.html.contains(&unused.token_url),
        "a token stays a secret"
    );

    // What ExpressPlay has on record was read when the film was last handed over.
    let records = text.split("ExpressPlay's record").last().unwrap();
    assert_eq!(records.matches("Licence issued").count(), 1, "{records}");
    let issued = shop.records_of(&shop.cookie().await).await;
    assert!(records.contains(&format!("record {}", issued[0].event_id)));

    let places = page.places();
    assert_eq!(
        places.len(),
        7,
        "the sale, three tokens, two requests, the records"
    );
    for place in places {
        let shown = alice.get(&format!("/workflow?{place}")).await;
        assert!(shown.html.contains("Copy as curl"), "{place}");
    }
}

#[tokio::test]
async fn looking_at_an_order_asks_nothing_and_reading_the_records_asks_once() {
    let shop = TestShop::open().await;
    let gateway = Gateway::to(shop.simulator().url()).await;
    let shop = TestShop::open_at(&gateway.url, &shop.authenticator).await;
    let alice = shop.browser_of(ALICE).await;
    alice.register(&shop).await;
    alice.obtain("tidewater", "buy").await;
    alice.play(&shop, "tidewater").await.unwrap();
    let id = newest(&shop).await;
    let path = format!("/orders/{id}");
    let read = async || {
        let form = [("order", id.to_string())];
        let fields = form.each_ref().map(|(name, value)| (*name, value.as_str()));
        let answer = alice.post("/api/read_records", &fields).await;
        assert_eq!(answer.location, Some(format!("/orders/{id}#history")));
        alice.get(&path).await
    };

    let before = gateway.calls().len();
    let text = alice.get(&path).await.text();
    assert!(text.contains("No licence for this film since it was bound to its device."));
    assert_eq!(gateway.calls().len(), before);
    let text = read().await.text();
    assert_eq!(gateway.calls().len(), before + 1);
    assert!(text.contains("Licence issued"), "{text}");
    let (licensed,): (Option<i64>,) = sqlx::query_as("select licensed_at from orders")
        .fetch_one(&shop.database)
        .await
        .unwrap();
    assert!(licensed.is_some(), "what was read is taken in");

    // What is known stays on the page, and the page says what is missing.
    gateway.set_mood(Mood::Refusing);
    let page = read().await;
    assert!(page.tells_of(&Problem::ExpressPlayRefused { code: -2018 }));
    assert!(page.text().contains("Licence issued"));
    assert!(
        !alice
            .get(&path)
            .await
            .tells_of(&Problem::ExpressPlayRefused { code: -2018 })
    );
}

#[tokio::test]
async fn an_order_of_anothers_is_as_good_as_none() {
    let shop = TestShop::open().await;
    let alice = registered(&shop, ALICE).await;
    alice.obtain("tidewater", "buy").await;
    let id = newest(&shop).await;
    let bob = shop.browser_of(BOB).await;
    let told = async |path: String| {
        let page = bob.get(&path).await;
        assert_eq!(page.status, StatusCode::NOT_FOUND, "{path}");
        assert!(page.tells_of(&Problem::NoSuchOrder));
        assert!(!page.html.contains("Tidewater") && !page.html.contains(ALICE));
        page.text()
    };
    let anothers = told(format!("/orders/{id}")).await;
    assert_eq!(anothers, told(format!("/orders/{}", Uuid::nil())).await);
    assert_eq!(anothers, told("/orders/17".to_owned()).await);
    let answer = bob
        .post("/api/read_records", &[("order", &id.to_string())])
        .await;
    assert_eq!(answer.location, Some(format!("/orders/{id}#history")));
    assert!(!bob.get("/workflow").await.html.contains("Tidewater"));

    let page = shop.browser().get(&format!("/orders/{id}")).await;
    let nothing = shop.browser().get("/orders/17").await;
    assert_eq!(
        (page.status, nothing.status),
        (StatusCode::SEE_OTHER, StatusCode::SEE_OTHER)
    );
    assert!(!page.html.contains("Tidewater"));
}

#[tokio::test]
async fn orders_are_listed_newest_first_and_what_is_over_is_not_to_be_played() {
    let shop = TestShop::open().await;
    let alice = registered(&shop, ALICE).await;
    assert!(
        alice
            .get("/orders")
            .await
            .text()
            .contains("Nothing ordered yet")
    );
    alice.obtain("tidewater", "rent").await;
    shop.advance(1);
    alice.obtain("north-light", "buy").await;
    let page = alice.get("/orders").await;
    let at = |part: &str| page.html.find(part).unwrap_or_else(|| panic!("{part}"));
    assert!(at("<h2>North Light") < at("<h2>Tidewater"));
    assert!(
        page.html
            .contains(&format!("/orders/{}", newest(&shop).await))
    );
    assert!(page.html.contains("/watch/tidewater?play"));

    shop.advance(31 * 24);
    let page = alice.get("/orders").await;
    assert!(page.text().contains("It ended on"));
    assert!(!page.html.contains("/watch/tidewater?play"));
    assert!(page.html.contains("/watch/north-light?play"));
    let bob = shop.browser_of(BOB).await;
    assert!(
        bob.get("/orders")
            .await
            .text()
            .contains("Nothing ordered yet")
    );
}

#[tokio::test]
async fn a_moved_purchase_tells_where_it_came_from_and_keeps_its_tokens() {
    let shop = TestShop::open().await;
    let sofa = registered(&shop, ALICE).await;
    sofa.obtain("tidewater", "buy").await;
    sofa.play_as_a_page(&shop, "tidewater").await;
    let desk = registered(&shop, ALICE).await;
    let id = newest(&shop).await;
    let moved = desk
        .post("/api/move_order", &[("order", &id.to_string())])
        .await;
    assert_eq!(moved.status, StatusCode::SEE_OTHER);
    desk.play_as_a_page(&shop, "tidewater").await;

    let text = desk.get(&format!("/orders/{id}")).await.text();
    let [from, to] = [&sofa, &desk].map(|browser| browser.device.id().short());
    assert!(
        text.contains(&format!("from device {from} to device {to}.")),
        "{text}"
    );
    assert!(text.contains(&format!("Plays only on device{}", desk.device.id())));
    for device in [from, to] {
        assert!(text.contains(&format!("Bound to device {device}.")));
        assert!(text.contains(&format!("Licence issued, device {device}")));
    }
}
