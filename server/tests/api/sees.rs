//! The sample entitlement server, asked by curl over mutual TLS.

use std::{io::ErrorKind, process::Command};

use app::model::Slug;
use expressplay::{CustomerAuthenticator, License, challenge::KidBytes};
use jiff::Timestamp;
use reqwest::StatusCode;
use serde_json::{Value, json};
use server::{EntitlementServer, ExpressPlay, Settings, catalogue::Clip, mutual_tls::Files};
use simulator::{Account, Clock, Environment, Simulator};
use tokio::net::TcpStream;

use crate::{
    common::{
        Device, Gateway, Mood, TestShop,
        curl::{self, Answer, Certificates},
        http, log,
        shop::ANY_PORT,
    },
    workflow::assert_secret,
};

const ID: &str = "0F8FAD5B-D9CB-469F-a165-70867728950E";
/// No header could carry it.
const COOKIE: &str = "kund 42; Malmö";
const TIME_BASED: u8 = 1;
const REGISTRATION: u8 = 2;
const DEVICE_BOUND: u8 = 3;

/// A shop with an entitlement server, and a set of certificates that it trusts.
struct Sees {
    shop: TestShop,
    certificates: Certificates,
}

impl Sees {
    async fn open() -> Self {
        Self::open_with(|_| ()).await
    }

    async fn open_at(expressplay: &str, authenticator: &CustomerAuthenticator) -> Self {
        let base = expressplay.parse().unwrap();
        let authenticator = authenticator.clone();
        Self::open_with(|settings| {
            settings.expressplay = ExpressPlay::Elsewhere {
                base,
                public_url: None,
                authenticator,
            };
        })
        .await
    }

    async fn open_with(change: impl FnOnce(&mut Settings)) -> Self {
        let certificates = Certificates::new();
        let files = certificates.files.clone();
        let shop = TestShop::open_with(|settings| {
            let listen = ANY_PORT;
            settings.entitlement = Some(EntitlementServer { listen, files });
            change(settings);
        })
        .await;
        Self { shop, certificates }
    }

    fn url(&self) -> String {
        self.shop.storefront.entitlement_url().unwrap()
    }

    /// curl with the right certificate, about to send this.
    fn post(&self, body: &str) -> Command {
        let mut curl = self.certificates.client();
        curl.args([&self.url(), "-d", body]);
        curl
    }

    async fn send(&self, message: &Value) -> Answer {
        curl::answer(self.post(&message.to_string())).await
    }

    /// Asks for a token, and gets it.
    async fn token(&self, request_type: u8, clip: &Clip, cookie: &str) -> String {
        let Answer { status, body, .. } = self.send(&message(request_type, clip, cookie)).await;
        let url = body["epTokenURL"].as_str().unwrap_or_default().to_owned();
        let allowed = json!({
            "messageID": ID, "version": 1, "isAllowed": true, "epTokenURL": url,
            "error": 0, "errorText": null,
        });
        assert_eq!((status, &body), (200, &allowed));
        url
    }

    /// Asks in vain; the status and the number of the error.
    async fn denied(&self, message: &Value) -> (u16, i64) {
        let Answer { status, body, .. } = self.send(message).await;
        assert_eq!(body["isAllowed"], false);
        assert_eq!(body["epTokenURL"], Value::Null);
        assert!(body["errorText"].as_str().unwrap().ends_with('.'));
        (status, body["error"].as_i64().unwrap())
    }

    fn dummy(&self) -> &Clip {
        &self.shop.catalogue.dummy
    }

    /// A device that has redeemed a registration's token.
    async fn register(&self, cookie: &str) -> Device {
        let device = Device::new();
        self.register_again(cookie, &device).await;
        device
    }

    async fn register_again(&self, cookie: &str, device: &Device) {
        let url = self.token(REGISTRATION, self.dummy(), cookie).await;
        device.redeem(&url, self.dummy()).await.unwrap();
    }
}

fn message(request_type: u8, clip: &Clip, cookie: &str) -> Value {
    json!({
        "messageID": ID, "version": 1, "requestType": request_type,
        "contentID": clip.content_id, "customerCookie": cookie,
    })
}

fn has_keys_of(license: &License, clip: &Clip) -> bool {
    let issued = |key: &server::catalogue::ClipKey| {
        let kid = KidBytes(key.kid.clear_key_bytes());
        let found = license.keys.iter().find(|issued| issued.kid == kid);
        found.is_some_and(|issued| issued.key == key.content_key)
    };
    license.keys.len() == clip.keys.len() && clip.keys.iter().all(issued)
}

#[tokio::test]
async fn a_device_that_registers_gets_the_film_and_no_other_device_does() {
    let sees = Sees::open().await;
    let clip = sees.shop.clip("tidewater");
    let here = sees.register(COOKIE).await;

    let bound = sees.token(DEVICE_BOUND, clip, COOKIE).await;

    assert_eq!(Device::new().redeem(&bound, clip).await.unwrap_err(), -4001);
    let license = here.redeem(&bound, clip).await.unwrap();
    assert!(has_keys_of(&license, clip));
    let records = sees.shop.records_of(COOKIE).await;
    assert_eq!(records.len(), 2, "the dummy clip's and the film's");
    assert!(
        records
            .iter()
            .all(|record| record.issued_to() == Some(here.id()))
    );
    assert_eq!(log::steps_of(COOKIE), [2, 4, 5]);
}

#[tokio::test]
async fn a_time_based_token_plays_on_any_device_until_its_time_is_up() {
    let sees = Sees::open().await;
    let clip = sees.shop.clip("lit-windows");

    let url = sees.token(TIME_BASED, clip, COOKIE).await;

    for device in [Device::new(), Device::new()] {
        let license = device.redeem(&url, clip).await.unwrap();
        assert!(has_keys_of(&license, clip));
    }
    assert!(
        sees.shop.records_of(COOKIE).await.is_empty(),
        "no device is tied to a customer by it"
    );
    sees.shop.advance(1);
    assert_eq!(Device::new().redeem(&url, clip).await.unwrap_err(), -4010);
}

#[tokio::test]
async fn every_title_is_found_by_its_content_id_however_that_is_written() {
    let sees = Sees::open().await;
    let device = Device::new();
    for entry in &sees.shop.catalogue.titles {
        let id = entry.clip.content_id.to_string().to_uppercase();
        let mut asked = message(TIME_BASED, &entry.clip, COOKIE);
        asked["contentID"] = json!(format!("{{{id}}}"));
        let answer = sees.send(&asked).await;
        let url = answer.body["epTokenURL"].as_str().unwrap();
        let license = device.redeem(url, &entry.clip).await.unwrap();
        assert!(has_keys_of(&license, &entry.clip), "{}", entry.title.name);
    }
    let none = json!({ "messageID": ID, "version": 1, "contentID": ID });
    assert_eq!(sees.denied(&none).await, (404, 5));
}

#[tokio::test]
async fn a_registration_is_for_the_dummy_clip_whatever_title_it_names_and_lives_a_minute() {
    let sees = Sees::open().await;
    let clip = sees.shop.clip("tidewater");
    let url = sees.token(REGISTRATION, clip, COOKIE).await;
    assert_eq!(
        Device::new().redeem(&url, clip).await.unwrap_err(),
        -4022,
        "the film's key is not in it"
    );
    assert!(Device::new().redeem(&url, sees.dummy()).await.is_ok());
    sees.shop.advance(1);
    let late = Device::new().redeem(&url, sees.dummy()).await;
    assert_eq!(late.unwrap_err(), -4010);
}

#[tokio::test]
async fn who_shows_no_certificate_of_the_right_authority_gets_no_answer() {
    let simulator = Simulator::builder().start().await.unwrap();
    let gateway = Gateway::to(simulator.url()).await;
    let authenticator = simulator.accounts()[0].authenticator.clone();
    let sees = Sees::open_at(&gateway.url, &authenticator).await;
    let body = message(TIME_BASED, sees.shop.clip("tidewater"), COOKIE).to_string();
    let url = sees.url();
    let asking = |mut curl: Command, url: &str| {
        curl.args([url, "-d", &body]);
        curl
    };
    let with = |certificate: &Certificates, name: &str| {
        let mut curl = sees.certificates.stranger();
        curl.arg("--cert")
            .arg(certificate.path(&format!("{name}.pem")));
        curl.arg("--key")
            .arg(certificate.path(&format!("{name}-key.pem")));
        curl
    };

    for tls in [
        ["--tlsv1.2", "--tls-max", "1.2"],
        ["--tlsv1.3", "--tls-max", "1.3"],
    ] {
        let curls = [
            sees.certificates.stranger(),
            with(&Certificates::new(), "client"),
            // Signed by the right authority, but to be a server.
            with(&sees.certificates, "server"),
        ];
        for mut curl in curls {
            curl.args(tls);
            curl::no_answer(asking(curl, &url)).await;
        }
    }
    let plain = url.replacen("https", "http", 1);
    curl::no_answer(asking(sees.certificates.client(), &plain)).await;
    let mut old = sees.certificates.client();
    old.args(["--tls-max", "1.1"]);
    curl::no_answer(asking(old, &url)).await;
    assert!(gateway.calls().is_empty(), "nothing was asked for them");

    for tls in ["1.2", "1.3"] {
        let mut curl = sees.certificates.client();
        curl.args(["--tls-max", tls]);
        let answer = curl::answer(asking(curl, &url)).await;
        assert_eq!(answer.body["isAllowed"], true, "{tls}");
    }
    assert_eq!(gateway.calls().len(), 2);
}

#[tokio::test]
async fn a_certificate_whose_time_is_up_is_as_good_as_none() {
    let long_ago = Clock::default();
    long_ago.set("2020-01-01T00:00:00Z".parse::<Timestamp>().unwrap());
    let old = Certificates::by(&long_ago);
    let client_ca = old.files.client_ca.clone();
    let sees = Sees::open_with(|settings| {
        let files = &mut settings.entitlement.as_mut().unwrap().files;
        *files = Files {
            client_ca,
            ..files.clone()
        };
    })
    .await;
    let mut curl = sees.certificates.stranger();
    curl.arg("--cert").arg(old.path("client.pem"));
    curl.arg("--key").arg(old.path("client-key.pem"));
    curl.arg(sees.url());
    let complaint = curl::no_answer(curl).await;
    assert!(complaint.contains("expired"), "{complaint}");
}

#[tokio::test]
async fn the_shops_own_listener_answers_no_request_for_a_token() {
    let sees = Sees::open().await;
    let url = format!("{}/entitlement", sees.shop.storefront.url());
    let body = message(TIME_BASED, sees.shop.clip("tidewater"), COOKIE);
    let answer = http().build().unwrap().post(url).json(&body).send().await;
    let answer = answer.unwrap();
    assert_eq!(answer.status(), StatusCode::METHOD_NOT_ALLOWED);
    assert!(!answer.text().await.unwrap().contains("Token"));
}

#[tokio::test]
async fn an_answer_keeps_the_rules_of_message_id_and_version() {
    let sees = Sees::open().await;
    let good = message(TIME_BASED, sees.shop.clip("tidewater"), COOKIE);
    // What is changed in a good request, and the answer's status, id, version and error.
    let cases = [
        (json!({}), (200, json!(ID), 1, 0)),
        (json!({ "version": 2 }), (200, json!(ID), 1, 0)),
        (json!({ "requestType": null }), (200, json!(ID), 1, 0)),
        (json!({ "unknown": [] }), (200, json!(ID), 1, 0)),
        (json!({ "messageID": null }), (400, Value::Null, 1, 2)),
        (json!({ "messageID": "7" }), (400, Value::Null, 1, 3)),
        (json!({ "messageID": 7 }), (400, Value::Null, 1, 3)),
        (json!({ "version": null }), (400, json!(ID), 1, 2)),
        (json!({ "version": "1" }), (400, json!(ID), 1, 3)),
        (json!({ "version": 1.5 }), (400, json!(ID), 1, 3)),
        (json!({ "version": 0 }), (400, json!(ID), 0, 4)),
        (json!({ "version": -1 }), (400, json!(ID), -1, 4)),
        (json!({ "requestType": 0 }), (400, json!(ID), 1, 3)),
        (json!({ "requestType": "1" }), (400, json!(ID), 1, 3)),
        (json!({ "contentID": null }), (400, json!(ID), 1, 2)),
        (json!({ "contentID": "tidewater" }), (400, json!(ID), 1, 3)),
        (json!({ "contentID": ID }), (404, json!(ID), 1, 5)),
        (
            json!({ "customerCookie": "a".repeat(33) }),
            (400, json!(ID), 1, 3),
        ),
        (
            json!({ "requestType": 2, "customerCookie": null }),
            (400, json!(ID), 1, 2),
        ),
        (
            json!({ "requestType": 3, "customerCookie": "" }),
            (400, json!(ID), 1, 2),
        ),
    ];
    for (changes, (status, id, version, error)) in cases {
        let mut asked = good.clone();
        for (name, value) in changes.as_object().unwrap() {
            asked[name] = value.clone();
        }
        let answer = sees.send(&asked).await;
        let Value::Object(body) = &answer.body else {
            panic!("no object: {}", answer.body);
        };
        assert_eq!(
            (
                answer.status,
                &body["messageID"],
                &body["version"],
                &body["error"]
            ),
            (status, &id, &json!(version), &json!(error)),
            "{changes}: {}",
            answer.body
        );
        assert_eq!(body["isAllowed"], json!(error == 0), "{changes}");
        assert_eq!(body["epTokenURL"].is_string(), error == 0, "{changes}");
        assert_eq!(body["errorText"].is_string(), error != 0, "{changes}");
        assert_eq!(body.len(), 6, "{changes}");
        assert!(answer.headers.contains("cache-control: no-store"));
    }
}

#[tokio::test]
async fn what_is_no_request_is_answered_in_the_same_form() {
    let sees = Sees::open().await;
    let elsewhere = |path: &str| {
        let mut curl = sees.certificates.client();
        curl.arg(sees.url().replace("/entitlement", path));
        curl
    };
    let method = |method: &str| {
        let mut curl = elsewhere("/entitlement");
        curl.args(["-X", method]);
        curl
    };
    let folder = tempfile::tempdir().unwrap();
    let long = |bytes: usize| {
        let file = folder.path().join(bytes.to_string());
        std::fs::write(&file, "x".repeat(bytes)).unwrap();
        sees.post(&format!("@{}", file.display()))
    };
    for (curl, status, error) in [
        (sees.post("messageID=7"), 400, 1),
        (sees.post("[]"), 400, 1),
        (sees.post(""), 400, 1),
        (sees.post(r#"{"version": 1, "version": 1}"#), 400, 1),
        (elsewhere("/"), 404, 11),
        (elsewhere("/entitlement/"), 404, 11),
        (elsewhere("/healthz"), 404, 11),
        (method("GET"), 405, 12),
        (method("DELETE"), 405, 12),
        (long(16 * 1024 + 1), 413, 13),
        (long(200_000), 413, 13),
        (long(1_000_000), 413, 13),
        (long(3_000_000), 413, 13),
    ] {
        let answer = curl::answer(curl).await;
        assert_eq!(answer.status, status, "{answer:?}");
        let text = answer.body["errorText"].clone();
        assert!(text.is_string());
        let expected = json!({
            "messageID": null, "version": 1, "isAllowed": false, "epTokenURL": null,
            "error": error, "errorText": text,
        });
        assert_eq!(answer.body, expected);
        assert_eq!(status == 405, answer.headers.contains("allow: post"));
    }
}

#[tokio::test]
async fn there_is_no_bound_token_before_a_device_is_on_record() {
    let sees = Sees::open().await;
    let asked = message(DEVICE_BOUND, sees.shop.clip("tidewater"), COOKIE);
    assert_eq!(sees.denied(&asked).await, (409, 6));
    sees.token(REGISTRATION, sees.dummy(), COOKIE).await;
    assert_eq!(sees.denied(&asked).await, (409, 6), "nobody redeemed it");
    sees.register(COOKIE).await;
    sees.token(DEVICE_BOUND, sees.shop.clip("tidewater"), COOKIE)
        .await;
}

#[tokio::test]
async fn a_second_device_under_a_cookie_stops_it_for_good() {
    let sees = Sees::open().await;
    let clip = sees.shop.clip("tidewater");
    let asked = message(DEVICE_BOUND, clip, "shared");
    let first = sees.register("shared").await;
    sees.token(DEVICE_BOUND, clip, "shared").await;

    sees.register("shared").await;

    assert_eq!(sees.denied(&asked).await, (409, 7));
    for _ in 0..32 {
        sees.register_again("shared", &first).await;
    }
    let records = sees.shop.records_of("shared").await;
    let of_first = records
        .iter()
        .all(|record| record.issued_to() == Some(first.id()));
    assert!(of_first, "no record is left of the second");
    assert_eq!(sees.denied(&asked).await, (409, 7));
    sees.register("another").await;
    sees.token(DEVICE_BOUND, clip, "another").await;
}

#[tokio::test]
async fn a_cookie_cannot_be_moved_to_another_device_by_crowding_out_the_first() {
    let sees = Sees::open().await;
    let clip = sees.shop.clip("tidewater");
    sees.register("moved").await;
    sees.token(DEVICE_BOUND, clip, "moved").await;
    let second = Device::new();
    for _ in 0..32 {
        sees.register_again("moved", &second).await;
    }
    let asked = message(DEVICE_BOUND, clip, "moved");
    assert_eq!(sees.denied(&asked).await, (409, 7));
}

#[tokio::test]
async fn many_plays_of_one_device_are_no_second_device() {
    let sees = Sees::open().await;
    let clip = sees.shop.clip("tidewater");
    let device = sees.register("often").await;
    for _ in 0..40 {
        let url = sees.token(DEVICE_BOUND, clip, "often").await;
        device.redeem(&url, clip).await.unwrap();
    }
}

#[tokio::test]
async fn an_expressplay_that_refuses_is_told_from_one_that_babbles_or_is_down() {
    let authenticator = CustomerAuthenticator::new(401, [4; 16]);
    let account = Account::new(Environment::Production, authenticator.clone());
    let simulator = Simulator::builder().account(account).start().await.unwrap();
    let gateway = Gateway::to(simulator.url()).await;
    let sees = Sees::open_at(&gateway.url, &authenticator).await;
    let clip = sees.shop.clip("tidewater");
    sees.register(COOKIE).await;
    let all = [TIME_BASED, REGISTRATION, DEVICE_BOUND].map(|kind| message(kind, clip, COOKIE));

    for (mood, told) in [
        (Mood::Refusing, (502, -2018)),
        (Mood::Babbling("<html>"), (502, 9)),
        (Mood::Forward, (200, 0)),
    ] {
        gateway.set_mood(mood);
        for asked in &all {
            let answer = sees.send(asked).await;
            let error = answer.body["error"].as_i64().unwrap();
            assert_eq!((answer.status, error), told, "{}", answer.body);
            assert_eq!(answer.body["messageID"], ID);
        }
    }

    let straight = Sees::open_at(simulator.url(), &authenticator).await;
    straight.register("before it went down").await;
    simulator.stop().await;
    for asked in &all {
        assert_eq!(straight.denied(asked).await, (503, 8));
    }
}

#[tokio::test]
async fn a_refusal_carries_expressplays_own_code_and_words() {
    let authenticator = CustomerAuthenticator::new(402, [4; 16]);
    let mut account = Account::new(Environment::Production, authenticator.clone());
    account.settings.disabled = true;
    let simulator = Simulator::builder().account(account).start().await.unwrap();
    let sees = Sees::open_at(simulator.url(), &authenticator).await;
    let answer = sees
        .send(&message(TIME_BASED, sees.shop.clip("tidewater"), COOKIE))
        .await;
    assert_eq!((answer.status, &answer.body["error"]), (502, &json!(-2031)));
    assert_eq!(
        answer.body["errorText"],
        "ExpressPlay refused with -2031: the account is disabled."
    );
}

#[tokio::test]
async fn handshakes_that_do_not_end_keep_nobody_waiting_and_are_ended() {
    let sees = Sees::open().await;
    let address = sees
        .url()
        .replace("https://", "")
        .replace("/entitlement", "");
    let mut silent = vec![];
    // More than may be under way at once.
    for _ in 0..300 {
        silent.push(TcpStream::connect(&address).await.unwrap());
    }
    sees.token(TIME_BASED, sees.shop.clip("tidewater"), COOKIE)
        .await;
    for connection in &silent {
        assert_eq!(first_bytes(connection).await, 0, "it is closed");
    }
}

/// How many bytes come first; none where the other end closes.
async fn first_bytes(connection: &TcpStream) -> usize {
    loop {
        connection.readable().await.unwrap();
        match connection.try_read(&mut [0; 16]) {
            Err(early) if early.kind() == ErrorKind::WouldBlock => {}
            read => return read.unwrap(),
        }
    }
}

#[tokio::test]
async fn no_secret_but_the_token_url_is_in_an_answer_and_none_in_the_log() {
    let authenticator = CustomerAuthenticator::new(403, *b"keep it to SEES!");
    let account = Account::new(Environment::Production, authenticator.clone());
    let simulator = Simulator::builder().account(account).start().await.unwrap();
    let gateway = Gateway::to(simulator.url()).await;
    let sees = Sees::open_at(&gateway.url, &authenticator).await;
    let clip = sees.shop.clip("tidewater");
    let cookie = "in the log, as it may";
    sees.register(cookie).await;
    let mut seen = String::new();
    for kind in [TIME_BASED, REGISTRATION, DEVICE_BOUND] {
        seen += &sees
            .send(&message(kind, clip, cookie))
            .await
            .body
            .to_string();
    }
    gateway.set_mood(Mood::Echoing);
    for kind in [TIME_BASED, REGISTRATION, DEVICE_BOUND] {
        seen += &sees
            .send(&message(kind, clip, cookie))
            .await
            .body
            .to_string();
    }

    let log = log::text();
    assert!(log.contains(cookie), "the log is kept");
    let tokens: Vec<_> = seen.split("ExpressPlayToken=").skip(1).collect();
    assert_eq!(tokens.len(), 3);
    for token in tokens {
        let (token, _) = token.split_once('"').unwrap();
        assert!(!log.contains(token), "a token");
    }
    let key = std::fs::read_to_string(sees.certificates.path("server-key.pem")).unwrap();
    assert!(!log.contains(key.lines().nth(1).unwrap()), "a private key");
    let titles = sees.shop.catalogue.titles.iter().map(|entry| &entry.clip);
    for text in [&seen, &log] {
        for key in titles
            .clone()
            .chain([sees.dummy()])
            .flat_map(|clip| &clip.keys)
        {
            assert_secret(text, key.content_key.reveal());
        }
        assert_secret(text, authenticator.reveal_secret());
    }
}

#[tokio::test]
async fn the_log_says_whose_certificate_a_token_was_made_for() {
    let sees = Sees::open().await;
    let mut openssl = Command::new("openssl");
    openssl
        .args(["x509", "-noout", "-fingerprint", "-sha256", "-in"])
        .arg(sees.certificates.path("client.pem"));
    let said = String::from_utf8(curl::run(openssl).await.stdout).unwrap();
    let (_, fingerprint) = said.trim().split_once('=').unwrap();
    let client = fingerprint.replace(':', "").to_lowercase();

    let url = sees
        .token(TIME_BASED, sees.shop.clip("tidewater"), COOKIE)
        .await;

    assert!(!url.is_empty());
    let made = "time-based token made";
    let log = log::text();
    let line = log
        .lines()
        .find(|line| line.contains(made) && line.contains(&client));
    assert!(line.is_some_and(|line| line.contains(ID)));
}

#[tokio::test]
async fn twenty_customers_go_through_all_of_it_at_once() {
    let sees = std::sync::Arc::new(Sees::open().await);
    let mut customers = tokio::task::JoinSet::new();
    for number in 0..20 {
        let sees = std::sync::Arc::clone(&sees);
        customers.spawn(async move {
            let slug: Slug = "tidewater".parse().unwrap();
            let clip = &sees.shop.catalogue.entry(&slug).unwrap().clip;
            let cookie = format!("customer {number}");
            let device = sees.register(&cookie).await;
            let bound = sees.token(DEVICE_BOUND, clip, &cookie).await;
            assert!(device.redeem(&bound, clip).await.is_ok());
            assert_eq!(Device::new().redeem(&bound, clip).await.unwrap_err(), -4001);
        });
    }
    customers.join_all().await;
}
