//! Accounts of one's own: signing up, another password, and the end of every session.

use std::time::Duration;

use app::{account::Fault, i18n::Locale, problem::Problem};
use reqwest::StatusCode;

use crate::common::{ALICE, Browser, TestShop, browser::Page, log};

const SESSION: &str = "bindery_session";
const CAROL: &str = "carol@example.com";
const FIRST: &str = "a cat on the stairs";
const SECOND: &str = "two boats and no oar";

impl Browser {
    async fn sign_up(&self, name: &str, email: &str, password: &str) -> Page {
        let form = [
            ("name", name),
            ("email", email),
            ("new_password", password),
            ("next", "/devices"),
        ];
        let answer = self.post("/api/sign_up", &form).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER);
        answer
    }

    async fn change_password(&self, current: &str, new: &str) -> Page {
        let form = [("current_password", current), ("new_password", new)];
        let answer = self.post("/api/change_password", &form).await;
        assert_eq!(answer.location.as_deref(), Some("/account"));
        self.get("/account").await
    }
}

impl Page {
    fn faults(&self) -> Vec<Fault> {
        let all = [
            Fault::NoName,
            Fault::Name,
            Fault::Email,
            Fault::EmailTaken,
            Fault::CurrentPassword,
            Fault::PasswordShort,
            Fault::PasswordLong,
            Fault::PasswordGuessable,
            Fault::PasswordIsEmail,
        ];
        let told = |fault: &Fault| self.html.contains(&fault.what(Locale::en));
        all.into_iter().filter(told).collect()
    }
}

/// Carol, who has just signed up.
async fn carol(shop: &TestShop) -> Browser {
    let carol = shop.browser();
    carol.sign_up("Carol", CAROL, FIRST).await;
    assert!(carol.is_signed_in().await);
    carol
}

async fn signed_in(shop: &TestShop, password: &str) -> Browser {
    let browser = shop.browser();
    browser.sign_in(CAROL, password).await;
    browser
}

#[tokio::test]
async fn who_signs_up_is_signed_in_and_goes_on_to_where_they_were_going() {
    let shop = TestShop::open().await;
    let carol = shop.browser();
    let answer = carol.sign_up(" Carol ", CAROL, FIRST).await;
    assert_eq!(answer.location.as_deref(), Some("/devices"));
    let account = carol.get("/account").await.html;
    assert!(account.contains("Carol") && account.contains(CAROL));
    carol.register(&shop).await;
    carol.obtain("tidewater", "buy").await;

    carol.post("/api/sign_out", &[]).await;
    assert!(!carol.is_signed_in().await);
    assert!(signed_in(&shop, FIRST).await.is_signed_in().await);
    assert!(!signed_in(&shop, SECOND).await.is_signed_in().await);
}

#[tokio::test]
async fn what_is_wrong_is_told_beside_each_field_and_the_password_is_not_filled_in() {
    let shop = TestShop::open().await;
    let browser = shop.browser();
    let answer = browser.sign_up("Carol <3", "carol", "too short").await;
    assert_eq!(
        answer.location.as_deref(),
        Some("/signup?next=%2Fdevices"),
        "nothing that was typed is in the address"
    );
    let page = browser.get("/signup?next=%2Fdevices").await;
    assert_eq!(page.faults(), [Fault::Email, Fault::PasswordShort]);
    for part in [
        "aria-describedby=\"email-fault\"",
        "id=\"email-fault\"",
        "aria-describedby=\"new_password-fault new_password-hint\"",
        "value=\"Carol &lt;3\"",
        "value=\"carol\"",
    ] {
        assert!(page.html.contains(part), "{part}: {}", page.html);
    }
    assert!(
        !page.html.contains("too short\""),
        "a password stays unsaid"
    );
    assert_eq!(browser.get("/signup").await.faults(), []);
    assert!(!browser.is_signed_in().await);
    assert_eq!(shop.count("viewers").await, 2, "the demo viewers alone");

    for (password, fault) in [
        ("passwordpassword", Fault::PasswordGuessable),
        (CAROL, Fault::PasswordIsEmail),
        (&"cat and dog ".repeat(22), Fault::PasswordLong),
    ] {
        browser.sign_up("Carol", CAROL, password).await;
        assert_eq!(browser.get("/signup").await.faults(), [fault], "{password}");
    }
}

#[tokio::test]
async fn an_email_that_has_an_account_makes_no_second_one_and_signs_nobody_in() {
    let shop = TestShop::open().await;
    carol(&shop).await;
    let stranger = shop.browser();
    // Not even with the right password: that would be another door to guess at.
    for (email, password) in [(ALICE, SECOND), ("Carol@Example.com", FIRST)] {
        stranger.sign_up("Carol", email, password).await;
        let page = stranger.get("/signup").await;
        assert_eq!(page.faults(), [Fault::EmailTaken]);
        assert!(!stranger.is_signed_in().await);
    }
    assert_eq!(shop.count("viewers").await, 3);
    assert!(signed_in(&shop, FIRST).await.is_signed_in().await);
    assert!(shop.browser_of(ALICE).await.is_signed_in().await);
}

#[tokio::test]
async fn asking_which_emails_have_accounts_is_slowed_down_and_signing_in_is_not() {
    let shop = TestShop::open().await;
    let asker = shop.browser();
    for _ in 0..60 {
        asker.sign_up("Alice", ALICE, FIRST).await;
    }
    assert_eq!(asker.get("/signup").await.faults(), [Fault::EmailTaken]);
    for email in [ALICE, CAROL] {
        shop.browser().sign_up("Carol", email, FIRST).await;
        asker.sign_up("Carol", email, FIRST).await;
        let page = asker.get("/signup").await;
        assert!(page.tells_of(&Problem::TooManySignUps), "{email}");
        assert_eq!(page.faults(), []);
    }
    assert_eq!(shop.count("viewers").await, 2);
    assert!(shop.browser_of(ALICE).await.is_signed_in().await);
    shop.storefront.clock().advance(Duration::from_secs(60));
    carol(&shop).await;
}

#[tokio::test]
async fn a_planted_session_is_worth_nothing_after_signing_up() {
    let shop = TestShop::open().await;
    let attacker = shop.browser();
    attacker
        .sign_in(ALICE, "a guess that makes a session")
        .await;
    let planted = attacker.cookie(SESSION).unwrap();
    let victim = shop.browser();
    victim.set_cookie(SESSION, &planted);
    victim.sign_up("Carol", CAROL, FIRST).await;
    assert_ne!(victim.cookie(SESSION).unwrap(), planted);
    assert!(victim.is_signed_in().await && !attacker.is_signed_in().await);
}

#[tokio::test]
async fn another_password_ends_every_other_session_and_renews_this_one() {
    let shop = TestShop::open().await;
    let here = carol(&shop).await;
    let elsewhere = signed_in(&shop, FIRST).await;
    let nobody = shop.browser_of(ALICE).await;
    let before = here.cookie(SESSION).unwrap();

    let page = here.change_password(FIRST, SECOND).await;
    assert!(
        page.html
            .contains("signed out of every other place: 1 browser.")
    );
    assert!(
        !here.get("/account").await.html.contains("1 browser"),
        "told once"
    );
    assert!(here.is_signed_in().await && !elsewhere.is_signed_in().await);
    assert!(nobody.is_signed_in().await, "others are not signed out");
    assert_ne!(here.cookie(SESSION).unwrap(), before);
    let thief = shop.browser();
    thief.set_cookie(SESSION, &before);
    assert!(!thief.is_signed_in().await, "the old id is worth nothing");
    assert!(!signed_in(&shop, FIRST).await.is_signed_in().await);
    assert!(signed_in(&shop, SECOND).await.is_signed_in().await);
    let log = log::text();
    assert!(!log.contains(FIRST) && !log.contains(SECOND));
}

#[tokio::test]
async fn a_password_changes_for_who_knows_it_and_to_one_that_will_do() {
    let shop = TestShop::open().await;
    let here = carol(&shop).await;
    let elsewhere = signed_in(&shop, FIRST).await;
    let page = here.change_password("wrong", "short").await;
    assert_eq!(
        page.faults(),
        [Fault::CurrentPassword, Fault::PasswordShort]
    );
    let page = here.change_password(FIRST, CAROL).await;
    assert_eq!(page.faults(), [Fault::PasswordIsEmail]);
    assert!(elsewhere.is_signed_in().await);

    for _ in 0..5 {
        let page = here.change_password("guess", SECOND).await;
        assert_eq!(page.faults(), [Fault::CurrentPassword]);
    }
    let page = here.change_password(FIRST, SECOND).await;
    assert!(page.tells_of(&Problem::TooManyAttempts));
    assert!(
        !signed_in(&shop, FIRST).await.is_signed_in().await,
        "guesses here and at the door are counted together"
    );
    shop.storefront.clock().advance(Duration::from_secs(60));
    here.change_password(FIRST, SECOND).await;
    assert!(signed_in(&shop, SECOND).await.is_signed_in().await);

    let nobody = shop.browser();
    nobody.change_password(SECOND, FIRST).await;
    assert!(signed_in(&shop, SECOND).await.is_signed_in().await);
}

#[tokio::test]
async fn a_demo_viewers_password_stays() {
    let shop = TestShop::open().await;
    let alice = shop.browser_of(ALICE).await;
    let form = alice.get("/account").await.html;
    assert!(!form.contains("current_password") && form.contains("This is a demo viewer"));
    let page = alice.change_password("demo", FIRST).await;
    assert!(page.tells_of(&Problem::DemoViewer));
    assert!(shop.browser_of(ALICE).await.is_signed_in().await);
}

#[tokio::test]
async fn signing_out_everywhere_ends_all_of_a_viewers_sessions_and_says_how_many() {
    let shop = TestShop::open().await;
    let here = shop.browser_of(ALICE).await;
    let others = [shop.browser_of(ALICE).await, shop.browser_of(ALICE).await];
    let bob = shop.browser_of("bob@example.com").await;
    let page = here.get("/account").await.html;
    assert_eq!(page.matches("This browser").count(), 1);
    assert_eq!(page.matches("Another browser").count(), 2);
    let session = here.cookie(SESSION).unwrap();

    let answer = here.post("/api/sign_out_everywhere", &[]).await;
    assert_eq!(answer.location.as_deref(), Some("/signin"));
    let page = here.get("/signin").await.html;
    assert!(
        page.contains("signed out everywhere: in 3 browsers."),
        "{page}"
    );
    assert!(!here.is_signed_in().await);
    for other in &others {
        assert!(!other.is_signed_in().await);
    }
    assert!(bob.is_signed_in().await);
    assert_ne!(here.cookie(SESSION).unwrap(), session);
    here.set_cookie(SESSION, &session);
    assert!(!here.is_signed_in().await, "no session comes back to life");
    assert_eq!(shop.count("sign_ins").await, 1, "Bob's");

    let answer = here.post("/api/sign_out_everywhere", &[]).await;
    assert_eq!(answer.location.as_deref(), Some("/signin"));
    assert!(bob.is_signed_in().await);
}

#[tokio::test]
async fn a_session_counts_for_as_long_as_its_sign_in_does() {
    let shop = TestShop::open().await;
    let alice = shop.browser_of(ALICE).await;
    assert_eq!(shop.count("sign_ins").await, 1);
    alice.sign_in(ALICE, "demo").await;
    assert_eq!(shop.count("sign_ins").await, 1, "one for each browser");
    alice.post("/api/sign_out", &[]).await;
    assert_eq!(shop.count("sign_ins").await, 0);

    // As a request leaves it that saves its session after it was ended.
    alice.sign_in(ALICE, "demo").await;
    sqlx::query("delete from sign_ins")
        .execute(&shop.database)
        .await
        .unwrap();
    assert_eq!(shop.count("tower_sessions").await, 1);
    assert!(!alice.is_signed_in().await);
}

#[tokio::test]
async fn the_account_is_nobody_elses_to_see() {
    let shop = TestShop::open().await;
    let nobody = shop.browser();
    for (path, to) in [
        ("/account", "/signin?next=%2Faccount"),
        ("/orders", "/signin?next=%2Forders"),
    ] {
        let answer = nobody.get(path).await;
        assert_eq!(answer.location.as_deref(), Some(to));
        assert!(!answer.html.contains("@example.com"));
    }
    let alice = shop.browser_of(ALICE).await;
    for path in [
        "/api/sign_out_everywhere",
        "/api/change_password",
        "/api/sign_up",
    ] {
        let foreign = alice
            .form(path, &[])
            .header("origin", "https://evil.example");
        assert_eq!(
            alice.send(foreign).await.status,
            StatusCode::FORBIDDEN,
            "{path}"
        );
    }
    assert!(alice.is_signed_in().await);
}
