//! The presenter's drawer: clock, troubles, viewers and a fresh start; and nothing of it without.

use std::time::Duration;

use app::problem::Problem;
use expressplay::RecordQuery;
use reqwest::StatusCode;
use server::ExpressPlay;
use simulator::fault::{Effect, NewFault};

use crate::common::{ALICE, BOB, Browser, TestShop};

async fn shop() -> TestShop {
    TestShop::open_with(|settings| {
        if let ExpressPlay::Embedded {
            presenter,
            test_controls,
            ..
        } = &mut settings.expressplay
        {
            (*presenter, *test_controls) = (true, false);
        }
    })
    .await
}

async fn press(browser: &Browser, act: &str) {
    let answer = browser
        .post("/api/present", &[("act", act), ("back", "/devices")])
        .await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    assert_eq!(answer.location.as_deref(), Some("/devices#presenter"));
}

async fn registered(shop: &TestShop) -> Browser {
    let browser = shop.browser_of(ALICE).await;
    browser.register(shop).await;
    browser
}

/// Whether a button stands on the page.
async fn offers(browser: &Browser, act: &str) -> bool {
    let page = browser.get("/").await.html;
    page.contains(&format!("value=\"{act}\""))
}

#[tokio::test]
async fn a_leap_ends_a_rental_here_and_at_expressplay() {
    let shop = shop().await;
    let alice = registered(&shop).await;
    alice.obtain("tidewater", "rent").await;
    let handed = alice.hand_over("tidewater").await.unwrap();
    let clip = shop.clip("tidewater");
    alice.device.redeem(&handed.token_url, clip).await.unwrap();

    press(&alice, "advance:120").await;
    let late = alice.device.redeem(&handed.token_url, clip).await;
    assert_eq!(late.unwrap_err(), -4010, "the token has expired");
    assert!(alice.play(&shop, "tidewater").await.is_ok());
    press(&alice, "advance:172800").await;
    assert_eq!(alice.hand_over("tidewater").await, Err(Problem::RentalOver));

    press(&alice, "real-time").await;
    let off = shop
        .storefront
        .clock()
        .now()
        .duration_since(shop.storefront.clock().real());
    assert!(off.unsigned_abs() < Duration::from_secs(1), "{off}");
}

#[tokio::test]
async fn what_runs_out_is_counted_down() {
    let shop = shop().await;
    let alice = registered(&shop).await;
    assert!(
        alice
            .get("/")
            .await
            .html
            .contains("Nothing of yours is running out.")
    );
    alice.obtain("tidewater", "rent").await;
    let page = alice.get("/").await.html;
    assert!(page.contains("Tidewater: to be started within"));
    assert!(page.contains(">29 d 23:59:"), "{page}");

    alice.play(&shop, "tidewater").await.unwrap();
    alice.get("/title/tidewater").await;
    let page = alice.get("/").await.html;
    assert!(page.contains("Tidewater: plays for"));
    assert!(page.contains("Tidewater: its last token lives for"));
    assert!(
        page.contains(">1 d 23:59:") && page.contains(">0:01:"),
        "{page}"
    );
    let alone = alice.get("/presenter/countdowns").await.html;
    assert!(alone.contains("Tidewater: plays for") && !alone.contains("<form"));

    press(&alice, "advance:120").await;
    let page = alice.get("/").await.html;
    assert!(!page.contains("its last token lives for"));
    let others = shop.browser_of(BOB).await.get("/").await.html;
    assert!(
        !others.contains("Tidewater: plays for"),
        "each sees the own"
    );
}

#[tokio::test]
async fn troubles_are_turned_on_and_off_by_name_and_others_faults_are_left_alone() {
    let shop = shop().await;
    let alice = registered(&shop).await;
    let sandbox = &shop.simulator().sandboxes()[0];
    let other = NewFault::of(Effect::Garbage).times(1_000_000);
    let other = sandbox.add_fault(NewFault {
        share: Some(0.000_001.try_into().unwrap()),
        ..other
    });
    let other = other.unwrap().id;

    press(&alice, "on:unavailable").await;
    press(&alice, "on:unavailable").await;
    assert!(offers(&alice, "off:unavailable").await);
    assert_eq!(sandbox.faults().len(), 2, "it is on once");
    assert!(matches!(alice.begin().await, Err(Problem::ExpressPlayDown)));
    press(&alice, "off:unavailable").await;
    assert!(offers(&alice, "on:unavailable").await);
    assert!(alice.begin().await.is_ok());
    assert_eq!(sandbox.faults()[0].id, other);

    press(&alice, "on:no-credits").await;
    alice.obtain("tidewater", "buy").await;
    assert_eq!(alice.play(&shop, "tidewater").await, Err(-2019));
    // It is on record, as the view says.
    let newest = shop.records(&RecordQuery::Latest).await.remove(0);
    assert_eq!(newest.error_code, Some(-2019), "{newest:?}");
    press(&alice, "off:no-credits").await;
    assert!(alice.play(&shop, "tidewater").await.is_ok());
}

#[tokio::test]
async fn a_demo_viewer_is_signed_in_without_a_password_and_nobody_else() {
    let shop = shop().await;
    let nobody = shop.browser();
    press(&nobody, "become:bob@example.com").await;
    assert!(nobody.get("/").await.html.contains(BOB));

    sqlx::query("update viewers set demo = 0 where email = ?")
        .bind(ALICE)
        .execute(&shop.database)
        .await
        .unwrap();
    let other = shop.browser();
    press(&other, &format!("become:{ALICE}")).await;
    press(&other, "become:nobody@example.com").await;
    // It says so on the page that it was used on, whichever that is, once, and of the last press.
    let told = "That did not work";
    assert!(other.get("/").await.html.contains(told));
    assert!(!other.get("/").await.html.contains(told));
    press(&other, "become:nobody@example.com").await;
    press(&other, "real-time").await;
    assert!(!other.get("/").await.html.contains(told));
    // The lab's neighbour has an account, and is nobody.
    sqlx::query("update viewers set email = 'neighbour@lab.invalid', demo = 1 where email = ?")
        .bind(ALICE)
        .execute(&shop.database)
        .await
        .unwrap();
    press(&other, "become:neighbour@lab.invalid").await;
    assert!(!other.is_signed_in().await);
}

#[tokio::test]
async fn a_fresh_start_forgets_what_was_registered_and_sold_and_keeps_accounts() {
    let shop = shop().await;
    let (alice, new) = (registered(&shop).await, registered(&shop).await);
    alice.obtain("tidewater", "buy").await;
    let (order, _) = alice.play(&shop, "tidewater").await.unwrap();
    let cookie = shop.cookie().await;
    let id = order.id.to_string();
    new.post("/api/move_order", &[("order", &id)]).await;
    let seen = [("order", &*id), ("seconds", "12")];
    alice.post("/api/position", &seen).await;
    assert_eq!(shop.count("positions").await, 1);
    sqlx::query("insert into customers (cookie) values ('of another shop')")
        .execute(&shop.database)
        .await
        .unwrap();
    press(&alice, "on:no-credits").await;
    press(&alice, "on:slow").await;
    press(&alice, "off:slow").await;
    press(&alice, "on:garbage").await;
    press(&alice, "advance:172800").await;

    press(&alice, "start-afresh").await;
    let told = "All that is forgotten.";
    assert!(alice.get("/").await.html.contains(told));
    assert!(!alice.get("/").await.html.contains(told), "once is enough");

    let tables: Vec<(String,)> = sqlx::query_as(
        "select name from sqlite_schema where type = 'table' and name not like 'sqlite_%'",
    )
    .fetch_all(&shop.database)
    .await
    .unwrap();
    for (table,) in tables {
        let kept = ["viewers", "_sqlx_migrations", "tower_sessions", "sign_ins"].contains(&&*table);
        assert_eq!(shop.count(&table).await > 0, kept, "{table}");
    }
    assert!(shop.records_of(&cookie).await.is_empty());
    assert!(shop.simulator().sandboxes()[0].faults().is_empty());
    let clock = shop.storefront.clock();
    assert!(clock.now().duration_since(clock.real()).unsigned_abs() < Duration::from_secs(1));
    assert!(alice.is_signed_in().await);
    assert_eq!(alice.hand_over("tidewater").await, Err(Problem::NotBought));
    assert_eq!(alice.cookie("slot").as_deref(), Some("a"));

    // And it all works again.
    alice.register(&shop).await;
    alice.obtain("tidewater", "buy").await;
    assert!(alice.play(&shop, "tidewater").await.is_ok());
}

#[tokio::test]
async fn what_no_button_says_changes_nothing() {
    let shop = shop().await;
    let alice = registered(&shop).await;
    for act in ["", "advance:1", "on:fire", "start-afresh!"] {
        press(&alice, act).await;
    }
    assert_eq!(shop.count("devices").await, 1);
    let away = alice
        .post(
            "/api/present",
            &[("act", "real-time"), ("back", "//evil.example")],
        )
        .await;
    assert_eq!(away.location.as_deref(), Some("/#presenter"));
}

#[tokio::test]
async fn without_a_presenter_there_is_no_drawer_and_its_form_does_nothing() {
    let shop = TestShop::open().await;
    let alice = registered(&shop).await;
    alice.obtain("tidewater", "buy").await;
    assert!(!alice.get("/").await.html.contains("/api/present"));
    let countdowns = alice.get("/presenter/countdowns").await;
    assert_eq!(countdowns.status, StatusCode::NOT_FOUND);
    let before = shop.storefront.clock().now();
    for act in [
        "start-afresh",
        "advance:172800",
        "on:unavailable",
        "become:bob@example.com",
    ] {
        press(&alice, act).await;
    }
    assert_eq!(shop.count("orders").await, 1);
    let later = shop.storefront.clock().now().duration_since(before);
    assert!(later < jiff::SignedDuration::from_hours(1));
    assert!(alice.play(&shop, "tidewater").await.is_ok());
    assert!(alice.get("/").await.html.contains(ALICE));
    // Nor is anything kept of it.
    let sessions = shop.count("tower_sessions").await;
    press(&shop.browser(), "become:nobody@example.com").await;
    assert_eq!(shop.count("tower_sessions").await, sessions);
}
