//! A simulator that plays the real service: a host for each function, and the environment in its
//! name.

use std::net::SocketAddr;

use app::{model::Cdm, problem::Problem};
use expressplay::CustomerAuthenticator;
use server::{ExpressPlay, Settings};
use simulator::{Account, Environment, Simulator};

use crate::common::{ALICE, Browser, Device, TestShop, http};

const CAROL: (&str, &str) = ("carol@example.com", "open sesame");

/// A shop that knows ExpressPlay by the production hosts, and somebody signed in there.
async fn open(simulator: &Simulator, authenticator: &CustomerAuthenticator) -> (TestShop, Browser) {
    let address = simulator.addr();
    let port = address.port();
    let hosts: Vec<(String, SocketAddr)> = ["wv-gen", "wv", "api"]
        .map(|host| (format!("{host}.service.expressplay.com"), address))
        .into();
    let base = format!("http://{{host}}.service.expressplay.com:{port}");
    let mut kept: Option<Settings> = None;
    let shop = TestShop::open_with(|settings| {
        settings.expressplay = ExpressPlay::Elsewhere {
            base: base.parse().unwrap(),
            public_url: None,
            authenticator: authenticator.clone(),
        };
        settings.client.resolve = hosts.clone();
        settings.cdm = Cdm::Widevine;
        kept = Some(settings.clone());
    })
    .await;
    // The real service has no demo viewers.
    let (email, password) = CAROL;
    server::add_viewer(&kept.unwrap(), email, "Carol", password)
        .await
        .unwrap();
    let mut browser = shop.browser();
    browser.device = Device::knowing(&hosts);
    browser.sign_in(email, password).await;
    (shop, browser)
}

#[tokio::test]
async fn the_workflow_runs_over_the_real_services_own_hosts() {
    let authenticator = CustomerAuthenticator::new(201_722, [5; 16]);
    let account = Account::new(Environment::Production, authenticator.clone());
    let simulator = Simulator::builder().account(account).start().await.unwrap();
    let (shop, carol) = open(&simulator, &authenticator).await;

    let registered = carol.register(&shop).await;
    assert_eq!(registered.device_id, carol.device.id());
    carol.obtain("lit-windows", "rent").await;
    let handed = carol.hand_over("lit-windows").await.unwrap();

    assert_eq!(handed.cdm, Cdm::Widevine);
    let place = format!(
        "http://wv.service.expressplay.com:{}",
        simulator.addr().port()
    );
    assert!(
        handed
            .token_url
            .starts_with(&format!("{place}/hms/wv/rights/?ExpressPlayToken="))
    );
    let clip = shop.clip("lit-windows");
    let license = carol.device.redeem(&handed.token_url, clip).await.unwrap();
    assert_eq!(license.keys.len(), 2);
    assert!(
        carol
            .playing(handed.order.unwrap().id)
            .await
            .unwrap()
            .remaining_ms
            > Some(0)
    );

    let page = http()
        .build()
        .unwrap()
        .get(shop.storefront.url())
        .send()
        .await
        .unwrap();
    let policy = page.headers()["content-security-policy"].to_str().unwrap();
    assert!(
        policy.contains(&place),
        "the player may call there: {policy}"
    );
}

#[tokio::test]
async fn an_authenticator_of_the_test_environment_is_refused_by_the_production_hosts() {
    let authenticator = CustomerAuthenticator::new(201_723, [6; 16]);
    let account = Account::new(Environment::Test, authenticator.clone());
    let simulator = Simulator::builder().account(account).start().await.unwrap();
    let (_shop, carol) = open(&simulator, &authenticator).await;

    let refused = carol.begin().await.unwrap_err();

    assert_eq!(refused, Problem::ExpressPlayRefused { code: -2018 });
}

#[tokio::test]
async fn a_page_may_reach_a_separate_simulator_where_browsers_find_it() {
    let account = Account::new(
        Environment::Production,
        CustomerAuthenticator::new(201_723, [6; 16]),
    );
    let authenticator = account.authenticator.clone();
    let public = "https://licences.example.com";
    let simulator = Simulator::builder()
        .account(account)
        .public_url(public)
        .start()
        .await
        .unwrap();
    let shop = TestShop::open_with(|settings| {
        settings.expressplay = ExpressPlay::Elsewhere {
            base: simulator.url().parse().unwrap(),
            public_url: Some(public.to_owned()),
            authenticator: authenticator.clone(),
        };
    })
    .await;
    let alice = shop.browser_of(ALICE).await;

    let token_url = alice.begin().await.unwrap().dummy.token_url;
    assert!(token_url.starts_with(public), "{token_url}");
    let page = alice.get("/devices").await;
    let connect = page
        .policy
        .split(';')
        .find(|rule| rule.contains("connect-src"));
    assert!(connect.unwrap().contains(public), "{}", page.policy);
}
