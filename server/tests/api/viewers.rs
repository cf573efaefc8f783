//! Signing in, sessions, and what other sites may not do.

use std::time::Duration;

use app::problem::Problem;
use reqwest::StatusCode;

use crate::common::{ALICE, BOB, TestShop};

const SESSION: &str = "bindery_session";

#[tokio::test]
async fn one_can_sign_in_and_buy_with_plain_forms_alone() {
    let shop = TestShop::open().await;
    // The device was registered earlier, with script.
    let alice = shop.browser_of(ALICE).await;
    alice.register(&shop).await;
    alice.post("/api/sign_out", &[]).await;

    let catalogue = alice.get("/").await.html;
    assert!(catalogue.contains("Tidewater") && catalogue.contains("/title/tidewater"));
    let page = alice.get("/checkout/tidewater/buy").await;
    assert_eq!(
        page.location.as_deref(),
        Some("/signin?next=%2Fcheckout%2Ftidewater%2Fbuy"),
        "one must sign in first"
    );
    let form = [
        ("email", ALICE),
        ("password", "demo"),
        ("next", "/checkout/tidewater/buy"),
    ];
    let answer = alice.post("/api/sign_in", &form).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    assert_eq!(answer.location.as_deref(), Some("/checkout/tidewater/buy"));

    let page = alice.get("/checkout/tidewater/buy").await;
    let fields = [
        ("slug", page.field("slug")),
        ("kind", page.field("kind")),
        ("order_key", page.field("order_key")),
        ("card_number", "4242424242424242".to_owned()),
    ];
    alice
        .order(&fields)
        .await
        .map_err(|page| page.html)
        .unwrap();
    assert!(
        alice
            .get("/title/tidewater")
            .await
            .html
            .contains("/watch/tidewater")
    );
    assert_eq!(shop.count("orders").await, 1);
}

#[tokio::test]
async fn a_wrong_password_is_told_once_and_the_email_is_kept() {
    let shop = TestShop::open().await;
    let browser = shop.browser();
    let answer = browser.sign_in(ALICE, "wrong").await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    let page = browser.get(&answer.location.unwrap()).await;
    assert!(page.tells_of(&Problem::WrongPassword));
    assert!(page.html.contains(ALICE) && !page.html.contains("wrong\""));
    assert!(
        !browser
            .get("/signin")
            .await
            .tells_of(&Problem::WrongPassword)
    );
    assert!(!browser.is_signed_in().await);
}

#[tokio::test]
async fn guessing_stops_after_five_wrong_passwords_and_the_owner_waits_a_minute() {
    let shop = TestShop::open().await;
    let guesser = shop.browser();
    for _ in 0..5 {
        guesser.sign_in(ALICE, "guess").await;
        assert!(
            guesser
                .get("/signin")
                .await
                .tells_of(&Problem::WrongPassword)
        );
    }
    guesser.sign_in(ALICE, "demo").await;
    assert!(
        guesser
            .get("/signin")
            .await
            .tells_of(&Problem::TooManyAttempts)
    );
    assert!(!guesser.is_signed_in().await);
    assert!(
        shop.browser_of(BOB).await.is_signed_in().await,
        "others are not locked out"
    );
    shop.storefront.clock().advance(Duration::from_secs(60));
    assert!(shop.browser_of(ALICE).await.is_signed_in().await);
}

#[tokio::test]
async fn strangers_who_guess_cannot_lock_a_viewer_out_of_the_viewers_own_device() {
    let shop = TestShop::open().await;
    let alice = shop.browser_of(ALICE).await;
    alice.register(&shop).await;
    alice.post("/api/sign_out", &[]).await;
    let stranger = shop.browser();
    for _ in 0..6 {
        stranger.sign_in(ALICE, "guess").await;
    }
    let page = stranger.get("/signin").await;
    assert!(page.tells_of(&Problem::TooManyAttempts));

    alice.sign_in(ALICE, "demo").await;
    assert!(alice.is_signed_in().await);

    alice.post("/api/sign_out", &[]).await;
    for _ in 0..6 {
        alice.sign_in(ALICE, "guess").await;
    }
    let page = alice.get("/signin").await;
    assert!(
        page.tells_of(&Problem::TooManyAttempts),
        "a device that was stolen is no better at guessing"
    );
}

#[tokio::test]
async fn a_session_that_was_planted_is_worth_nothing_after_sign_in() {
    let shop = TestShop::open().await;
    let attacker = shop.browser();
    attacker
        .sign_in(ALICE, "a guess that makes a session")
        .await;
    let planted = attacker.cookie(SESSION).unwrap();

    let victim = shop.browser();
    victim.set_cookie(SESSION, &planted);
    victim.sign_in(ALICE, "demo").await;

    assert_ne!(victim.cookie(SESSION).unwrap(), planted);
    assert!(victim.is_signed_in().await);
    assert!(!attacker.is_signed_in().await);
}

#[tokio::test]
async fn the_session_cookie_is_out_of_scripts_reach_and_ends_with_sign_out() {
    let shop = TestShop::open().await;
    let alice = shop.browser();
    let answer = alice.sign_in(ALICE, "demo").await;
    let cookie = answer
        .set_cookies
        .iter()
        .find(|cookie| cookie.starts_with(SESSION))
        .unwrap();
    assert!(
        cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"),
        "{cookie}"
    );
    assert!(
        !cookie.contains("Secure"),
        "over http a browser would drop it"
    );
    let session = alice.cookie(SESSION).unwrap();

    alice.post("/api/sign_out", &[]).await;
    alice.set_cookie(SESSION, &session);
    assert!(
        !alice.is_signed_in().await,
        "an old cookie does not come back to life"
    );
}

#[tokio::test]
async fn behind_https_cookies_insist_on_it() {
    let shop = TestShop::open_with(|settings| settings.https = true).await;
    let answer = shop.browser().sign_in(ALICE, "demo").await;
    let cookie = answer
        .set_cookies
        .iter()
        .find(|cookie| cookie.starts_with(SESSION))
        .unwrap();
    assert!(cookie.contains("Secure"), "{cookie}");
}

#[tokio::test]
async fn what_another_site_sends_is_refused() {
    let shop = TestShop::open().await;
    let alice = shop.browser_of(ALICE).await;
    let own = shop.storefront.url();
    let sign_out = || alice.form("/api/sign_out", &[]);
    for (name, value) in [
        ("origin", "https://evil.example"),
        ("origin", "null"),
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
    ] {
        let answer = alice.send(sign_out().header(name, value)).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{name}: {value}");
        assert!(answer.html.contains("another site"));
    }
    assert!(alice.is_signed_in().await);
    let call = reqwest::Client::new()
        .post(format!("{own}/api/begin_registration"))
        .header("origin", "https://evil.example")
        .json(&serde_json::json!({}));
    assert_eq!(alice.send(call).await.status, StatusCode::FORBIDDEN);
    assert_eq!(shop.count("devices").await, 0);

    let answer = alice.send(sign_out().header("origin", own)).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    assert!(!alice.is_signed_in().await);
}

/// How many seconds the only session is kept for.
async fn kept_for(shop: &TestShop) -> i64 {
    let seconds =
        "select cast(round((julianday(expiry_date) - julianday('now')) * 86400) as integer)
                   from tower_sessions";
    let kept: Vec<(i64,)> = sqlx::query_as(seconds)
        .fetch_all(&shop.database)
        .await
        .unwrap();
    assert_eq!(kept.len(), 1);
    kept[0].0
}

#[tokio::test]
async fn a_session_of_nobody_is_kept_for_minutes_and_a_viewers_for_days() {
    let shop = TestShop::open().await;
    let browser = shop.browser();
    browser.sign_in(ALICE, "wrong").await;
    assert!((1..=600).contains(&kept_for(&shop).await));
    browser.get("/signin").await;
    assert!((1..=600).contains(&kept_for(&shop).await));

    browser.sign_in(ALICE, "demo").await;
    let days = 13 * 86_400..=14 * 86_400;
    assert!(days.contains(&kept_for(&shop).await));
    browser
        .post(
            "/api/place_order",
            &[("slug", "tidewater"), ("kind", "buy")],
        )
        .await;
    assert!(days.contains(&kept_for(&shop).await));
    browser.get("/checkout/tidewater/buy").await;
    assert!(days.contains(&kept_for(&shop).await));
}

#[tokio::test]
async fn an_email_that_is_too_long_to_be_one_is_not_kept() {
    let shop = TestShop::open().await;
    let browser = shop.browser();
    for (length, kept) in [(254, true), (255, false), (50_000, false)] {
        let email = "x".repeat(length);
        browser.sign_in(&email, "wrong").await;
        let page = browser.get("/signin").await;
        assert!(page.tells_of(&Problem::WrongPassword));
        assert_eq!(page.html.contains(&email), kept, "{length}");
    }
}
