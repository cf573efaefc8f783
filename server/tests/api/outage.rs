//! ExpressPlay down, slow, or refusing: nothing charged, nothing lost, and it works afterwards.

use std::{net::SocketAddr, path::Path, time::Duration};

use app::problem::Problem;
use expressplay::CustomerAuthenticator;
use reqwest::StatusCode;
use server::{ExpressPlay, Settings};
use simulator::{Account, Environment, Simulator};

use crate::{
    common::{ALICE, Browser, Gateway, Mood, TestShop, log, shop::ANY_PORT},
    rot::rot,
};

fn authenticator() -> CustomerAuthenticator {
    CustomerAuthenticator::new(301, [3; 16])
}

async fn simulator(listen: SocketAddr, folder: &Path) -> Simulator {
    Simulator::builder()
        .listen(listen)
        .database(format!(
            "sqlite://{}",
            folder.join("expressplay.db").display()
        ))
        .account(Account::new(Environment::Production, authenticator()))
        .start()
        .await
        .unwrap()
}

async fn registered(shop: &TestShop) -> Browser {
    let browser = shop.browser_of(ALICE).await;
    browser.register(shop).await;
    browser
}

/// Nothing that needs ExpressPlay goes through, and each says why.
async fn fails_with(shop: &TestShop, alice: &Browser, problem: &Problem) {
    let form = alice.checkout("north-light", "buy").await;
    assert!(alice.order(&form).await.unwrap_err().tells_of(problem));
    assert_eq!(alice.hand_over("tidewater").await.as_ref(), Err(problem));
    assert_eq!(alice.begin().await.map(|_| ()).as_ref(), Err(problem));
    let ready = alice.get("/readyz").await;
    assert_eq!(ready.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(ready.html, r#"{"database":true,"expressplay":false}"#);
    assert_eq!(alice.get("/healthz").await.status, StatusCode::OK);
    assert_eq!(
        (shop.count("orders").await, shop.count("payments").await),
        (1, 1)
    );
}

/// It all works again.
async fn works(shop: &TestShop, alice: &Browser) {
    assert!(alice.play(shop, "tidewater").await.is_ok());
    alice.obtain("north-light", "buy").await;
    assert!(alice.play(shop, "north-light").await.is_ok());
    assert_eq!(alice.get("/readyz").await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_shop_whose_expressplay_is_down_sells_nothing_and_sells_again_afterwards() {
    let folder = tempfile::tempdir().unwrap();
    let running = simulator(ANY_PORT, folder.path()).await;
    let address = running.addr();
    let shop = TestShop::open_at(running.url(), &authenticator()).await;
    let alice = registered(&shop).await;
    alice.obtain("tidewater", "buy").await;

    running.stop().await;
    fails_with(&shop, &alice, &Problem::ExpressPlayDown).await;

    let _running = simulator(address, folder.path()).await;
    works(&shop, &alice).await;
}

#[tokio::test]
async fn a_shop_whose_expressplay_cannot_go_on_says_that_it_is_down() {
    let folder = tempfile::tempdir().unwrap();
    let mut running = simulator(ANY_PORT, folder.path()).await;
    let address = running.addr();
    let shop = TestShop::open_at(running.url(), &authenticator()).await;
    let alice = registered(&shop).await;
    alice.obtain("tidewater", "buy").await;

    let file = folder.path().join("expressplay.db");
    rot(&file).await;
    assert!(alice.hand_over("tidewater").await.is_err());
    let why = running.wait().await.to_string();
    assert!(why.contains("the database is corrupt"), "{why}");
    fails_with(&shop, &alice, &Problem::ExpressPlayDown).await;

    // With a database that is whole, if empty, devices register again.
    drop(running);
    let other = tempfile::tempdir().unwrap();
    let _running = simulator(address, other.path()).await;
    registered(&shop).await;
}

#[tokio::test]
async fn a_shop_whose_expressplay_never_answers_gives_up_and_sells_again_afterwards() {
    let folder = tempfile::tempdir().unwrap();
    let running = simulator(ANY_PORT, folder.path()).await;
    let gateway = Gateway::to(running.url()).await;
    let shop = TestShop::open_with(|settings: &mut Settings| {
        settings.expressplay = ExpressPlay::Elsewhere {
            base: gateway.url.parse().unwrap(),
            public_url: None,
            authenticator: authenticator(),
        };
        settings.client.timeout = Duration::from_secs(2);
    })
    .await;
    let alice = registered(&shop).await;
    alice.obtain("tidewater", "buy").await;

    gateway.set_mood(Mood::Silent);
    fails_with(&shop, &alice, &Problem::ExpressPlayDown).await;

    gateway.set_mood(Mood::Forward);
    works(&shop, &alice).await;
}

#[tokio::test]
async fn a_refusal_by_expressplay_is_told_with_its_code() {
    let folder = tempfile::tempdir().unwrap();
    let running = simulator(ANY_PORT, folder.path()).await;
    let gateway = Gateway::to(running.url()).await;
    let shop = TestShop::open_at(&gateway.url, &authenticator()).await;
    let alice = registered(&shop).await;
    alice.obtain("tidewater", "buy").await;

    gateway.set_mood(Mood::Refusing);
    fails_with(&shop, &alice, &Problem::ExpressPlayRefused { code: -2018 }).await;

    gateway.set_mood(Mood::Forward);
    works(&shop, &alice).await;
}

#[tokio::test]
async fn what_was_ordered_is_still_there_when_expressplay_is_down() {
    let folder = tempfile::tempdir().unwrap();
    let running = simulator(ANY_PORT, folder.path()).await;
    let shop = TestShop::open_at(running.url(), &authenticator()).await;
    let alice = registered(&shop).await;
    let form = alice.checkout("tidewater", "rent").await;
    alice.order(&form).await.map_err(|page| page.html).unwrap();
    let (order, _) = alice.play(&shop, "tidewater").await.unwrap();
    running.stop().await;

    alice.order(&form).await.map_err(|page| page.html).unwrap();
    assert_eq!(
        shop.count("payments").await,
        1,
        "the same form gives the same order"
    );
    assert_eq!(
        alice.playing(order.id).await.unwrap().remaining_ms,
        None,
        "it plays on"
    );
    let page = alice.get("/title/tidewater").await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.html.contains("Start it by"), "as far as it is known");
}

#[tokio::test]
async fn what_expressplay_says_of_a_refusal_is_not_logged_for_it_may_repeat_secrets() {
    let authenticator = CustomerAuthenticator::new(302, *b"echoed, not kept");
    let account = Account::new(Environment::Production, authenticator.clone());
    let simulator = Simulator::builder().account(account).start().await.unwrap();
    let gateway = Gateway::to(simulator.url()).await;
    let shop = TestShop::open_at(&gateway.url, &authenticator).await;
    let alice = registered(&shop).await;
    alice.obtain("tidewater", "rent").await;
    let order = alice.hand_over("tidewater").await.unwrap().order.unwrap();

    gateway.set_mood(Mood::Echoing);
    let refused = Problem::ExpressPlayRefused { code: -2018 };
    assert_eq!(alice.begin().await.map(|_| ()), Err(refused));
    alice.playing(order.id).await.unwrap();
    let ready = alice.get("/readyz").await;
    assert_eq!(ready.status, StatusCode::SERVICE_UNAVAILABLE);

    let secret = hex::encode(authenticator.reveal_secret());
    let log = log::text();
    assert!(log.contains("the customer authenticator is not valid"));
    assert!(!log.contains(&secret), "the authenticator is in the log");
}
