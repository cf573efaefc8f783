//! The lab's server: a sandbox in which a token expires, a neighbour whose order is not told of,
//! and nothing that a viewer could not have anyway.

use app::{
    i18n::Locale,
    lab::{Attempt, NoSandbox, Prepared, token::with_a_changed_byte},
    model::Playing,
    problem::{Problem, field},
    workflow::{Act, LicenseReport, Occasion, Outcome, Value, Workflow},
};
use expressplay::{
    ClearKeyRequest, CustomerAuthenticator, KeyId, RecordQuery, TokenUrl,
    challenge::{KidBytes, PlainChallenge, SessionType},
    trace_context::{SpanId, TraceId},
};
use reqwest::{StatusCode, header};
use serde_json::json;
use server::catalogue::Clip;
use simulator::{
    Account, Environment, SandboxHandle, SandboxName, Simulator, fault::CallKind,
    journal::JournalQuery,
};
use uuid::Uuid;

use super::workflow::assert_secret;
use crate::common::{ALICE, BOB, Browser, TestShop, log};

/// A token that was prepared.
struct Token {
    url: String,
    kids: Vec<KidBytes>,
    trace: TraceId,
}

impl Browser {
    async fn prepare(&self, attempt: Attempt, order: Uuid) -> Result<Prepared, Problem> {
        let arguments = json!({ "attempt": attempt, "order": order });
        self.call("prepare_attempt", arguments).await
    }

    async fn token_for(&self, attempt: Attempt, order: Uuid) -> Token {
        match self.prepare(attempt, order).await.unwrap() {
            Prepared::Token {
                token_url: url,
                kids,
                trace,
                ..
            } => Token { url, kids, trace },
            other => panic!("no token: {other:?}"),
        }
    }

    async fn neighbours_order(&self, order: Uuid) -> (Uuid, TraceId) {
        match self.prepare(Attempt::OthersOrder, order).await.unwrap() {
            Prepared::Order { number, trace } => (number, trace),
            other => panic!("no order: {other:?}"),
        }
    }

    /// A registered device and a film bought for it: the order's number.
    async fn buy(&self, shop: &TestShop) -> Uuid {
        self.register(shop).await;
        self.obtain("tidewater", "buy").await;
        self.hand_over("tidewater").await.unwrap().order.unwrap().id
    }

    async fn run(&self) -> Workflow {
        let page = self.get("/workflow/messages").await;
        serde_json::from_str(&page.html).unwrap()
    }
}

fn bad_request() -> Problem {
    Problem::BadInput {
        field: field::REQUEST.to_owned(),
    }
}

/// The sandbox that the lab has made.
fn sandbox_of_the_lab(simulator: &Simulator) -> SandboxHandle {
    let mut labs = simulator
        .sandboxes()
        .into_iter()
        .filter(|sandbox| sandbox.name().as_str().starts_with("lab-"));
    let sandbox = labs.next().unwrap();
    assert!(labs.next().is_none(), "one token, one sandbox");
    sandbox
}

/// An expired token is asked for, is refused where it was made, and its sandbox goes.
async fn a_token_expires(shop: &TestShop, simulator: &Simulator) {
    let alice = shop.browser_of(ALICE).await;
    let order = alice.buy(shop).await;
    let token = alice.token_for(Attempt::ExpiredToken, order).await;

    let sandbox = sandbox_of_the_lab(simulator);
    let account = sandbox.state().await.unwrap().accounts.remove(0);
    let secret = account.authenticator.parse::<CustomerAuthenticator>();
    assert_secret(&token.url, secret.unwrap().reveal_secret());
    assert_eq!(account.settings.plain_challenges, Some(false));
    assert!(sandbox.clock().ahead_ms >= 121_000, "past the token's end");
    assert_eq!(
        simulator.clock().hands(),
        simulator::clock::Hands::default()
    );

    let clip = shop.clip("tidewater");
    let name = sandbox.name().clone();
    let calls = async {
        // As soon as it is dropped: nobody waits for so many calls.
        let query = JournalQuery {
            call: Some(CallKind::License),
            count: Some(99),
            wait: 60_000,
            ..JournalQuery::default()
        };
        sandbox.journal(&query).await
    };
    let (refused, calls) = tokio::join!(alice.device.redeem(&token.url, clip), calls);
    assert_eq!(refused.unwrap_err(), -4010);
    assert_eq!(calls.len(), 1);
    let why = calls[0].error.as_deref().unwrap();
    assert!(why.contains("the token expired at"), "{why}");
    assert!(simulator.sandbox(&name).is_none(), "it is gone");

    assert!(
        alice.play(shop, "tidewater").await.is_ok(),
        "no other time has moved"
    );
}

#[tokio::test]
async fn a_token_expires_in_a_sandbox_of_its_own_and_nobody_elses_clock_moves() {
    let shop = TestShop::open_with(|settings| {
        // As it is without --test-controls, where no control plane answers.
        if let server::ExpressPlay::Embedded { test_controls, .. } = &mut settings.expressplay {
            *test_controls = false;
        }
    })
    .await;
    a_token_expires(&shop, shop.simulator()).await;
}

fn production() -> (CustomerAuthenticator, Account) {
    let authenticator = CustomerAuthenticator::new(79, *b"a lab elsewhere!");
    let account = Account::new(Environment::Production, authenticator.clone());
    (authenticator, account)
}

#[tokio::test]
async fn with_a_simulator_elsewhere_the_sandbox_is_its_control_planes() {
    let (authenticator, account) = production();
    let simulator = Simulator::builder().account(account).start().await.unwrap();
    let shop = TestShop::open_at(simulator.url(), &authenticator).await;
    a_token_expires(&shop, &simulator).await;
}

#[tokio::test]
async fn without_a_control_plane_the_page_says_why_a_token_cannot_expire() {
    let (authenticator, account) = production();
    let simulator = Simulator::builder().account(account).control(false);
    let simulator = simulator.start().await.unwrap();
    let shop = TestShop::open_at(simulator.url(), &authenticator).await;
    let alice = shop.browser_of(ALICE).await;
    let order = alice.buy(&shop).await;

    let page = alice.get("/lab").await;
    assert!(page.html.contains("gives the shop no control plane"));
    let refused = alice.prepare(Attempt::ExpiredToken, order).await;
    assert_eq!(refused.unwrap_err(), bad_request());

    let shop = TestShop::open_at("https://{host}.test.invalid", &authenticator).await;
    let page = shop.browser().get("/lab").await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.html.contains("the real ExpressPlay has no sandbox"));
}

#[tokio::test]
async fn what_a_lab_that_was_killed_has_left_is_dropped_at_the_next_start() {
    let shop = TestShop::open().await;
    let alice = shop.browser_of(ALICE).await;
    let order = alice.buy(&shop).await;
    alice.token_for(Attempt::ExpiredToken, order).await;
    let left = sandbox_of_the_lab(shop.simulator()).export().await.unwrap();

    // Another simulator, with what this one has now.
    let simulator = Simulator::start().await.unwrap();
    simulator.import(left).await.unwrap();
    assert_eq!(simulator.sandboxes().len(), 2);
    let base = simulator.url().parse().unwrap();
    let entropy = simulator::Entropy::from_os();
    let lab = server::lab::Lab::open(Some(&simulator), base, Default::default(), entropy);
    assert_eq!(lab.await.unwrap().no_sandbox().await, None::<NoSandbox>);
    let names: Vec<_> = simulator.sandboxes();
    let names: Vec<_> = names.iter().map(SandboxHandle::name).collect();
    assert_eq!(names, [&SandboxName::of_default()]);
}

#[tokio::test]
async fn a_neighbours_order_is_no_order_and_nothing_of_it_is_told() {
    let shop = TestShop::open().await;
    let alice = shop.browser_of(ALICE).await;
    let own = alice.buy(&shop).await;
    let (number, trace) = alice.neighbours_order(own).await;

    // It is a real order, and somebody else's.
    let (owner, device): (String, String) =
        sqlx::query_as("select viewer_id, device_id from orders where id = ?")
            .bind(number.to_string())
            .fetch_one(&shop.database)
            .await
            .unwrap();
    assert_ne!(owner, shop.viewer(ALICE).await.to_string());
    let (email,): (String,) = sqlx::query_as("select email from viewers where id = ?")
        .bind(&owner)
        .fetch_one(&shop.database)
        .await
        .unwrap();

    let asked = |order: Uuid| alice.json("playing", &json!({ "order": order, "trace": trace }));
    let theirs = alice.send(asked(number)).await;
    let nobodys = alice.send(asked(Uuid::from_u128(1))).await;
    assert_eq!(theirs.status, StatusCode::NOT_FOUND);
    assert_eq!(
        theirs.html, nobodys.html,
        "no difference tells that there is one"
    );
    let problem: Problem = serde_json::from_str(&theirs.html).unwrap();
    assert_eq!(problem, Problem::NoSuchOrder);
    let mut seen = alice.get("/lab").await.html + &alice.get("/workflow").await.html;
    seen += &serde_json::to_string(&alice.run().await).unwrap();
    for secret in [&owner, &device, &email] {
        assert!(!seen.contains(secret.as_str()), "{secret}");
    }

    // The view has the question, as one that the shop declined.
    let episode = alice.run().await.episodes.pop().unwrap();
    assert_eq!(episode.occasion, Occasion::Attempt(Attempt::OthersOrder));
    let message = &episode.messages[0];
    assert_eq!(message.act, Act::Playing);
    let problem = Problem::NoSuchOrder;
    assert_eq!(message.outcome, Some(Outcome::Declined { problem }));

    // One neighbour and one order, however often, and nobody is the neighbour.
    assert_eq!(alice.neighbours_order(own).await.0, number);
    assert_eq!(shop.count("orders").await, 2);
    assert_eq!(shop.count("viewers").await, 3);
    for password in ["", "demo"] {
        shop.browser().sign_in(&email, password).await;
        assert!(!shop.browser().is_signed_in().await);
    }
}

#[tokio::test]
async fn a_question_about_a_neighbours_order_goes_into_nobody_elses_view() {
    let shop = TestShop::open().await;
    let (alice, bob) = (shop.browser_of(ALICE).await, shop.browser_of(BOB).await);
    let own = alice.buy(&shop).await;
    let (number, trace) = alice.neighbours_order(own).await;
    let asked = json!({ "order": number, "trace": trace });
    let told: Result<Playing, _> = bob.call("playing", asked).await;
    assert_eq!(told.unwrap_err(), Problem::NoSuchOrder);
    let episode = alice.run().await.episodes.pop().unwrap();
    assert!(episode.messages.is_empty());
}

#[tokio::test]
async fn attempts_are_made_on_ones_own_purchases_alone() {
    let shop = TestShop::open().await;
    let (alice, bob) = (shop.browser_of(ALICE).await, shop.browser_of(BOB).await);
    let order = alice.buy(&shop).await;
    for attempt in Attempt::ALL {
        let bobs = bob.prepare(attempt, order).await;
        assert_eq!(bobs.unwrap_err(), Problem::NoSuchOrder, "{attempt:?}");
        let nobodys = shop.browser().prepare(attempt, order).await;
        assert_eq!(nobodys.unwrap_err(), Problem::SignedOut, "{attempt:?}");
    }
    // A rental would start.
    alice.obtain("murmuration", "rent").await;
    let rental = alice.hand_over("murmuration").await.unwrap().order.unwrap();
    let refused = alice.prepare(Attempt::Rightful, rental.id).await;
    assert_eq!(refused.unwrap_err(), bad_request());
    // Another site's page cannot have one prepared.
    let arguments = json!({ "attempt": Attempt::Rightful, "order": order });
    let foreign = alice.json("prepare_attempt", &arguments);
    let foreign = foreign.header(header::ORIGIN, "http://elsewhere.example");
    assert_eq!(alice.send(foreign).await.status, StatusCode::FORBIDDEN);
    assert!(
        shop.simulator().sandboxes().len() == 1,
        "and no sandbox was made"
    );
}

#[tokio::test]
async fn each_token_is_as_good_as_its_attempt_says() {
    let shop = TestShop::open().await;
    let alice = shop.browser_of(ALICE).await;
    let order = alice.buy(&shop).await;
    let film = shop.clip("tidewater");

    let token = alice.token_for(Attempt::Rightful, order).await;
    assert_eq!(token.kids, kids(film));
    assert!(alice.device.redeem(&token.url, film).await.is_ok());
    let token = alice.token_for(Attempt::OtherDevice, order).await;
    let other = crate::common::Device::new();
    assert_eq!(other.redeem(&token.url, film).await.unwrap_err(), -4001);

    let token = alice.token_for(Attempt::ChangedToken, order).await;
    let handed: TokenUrl = token.url.parse().unwrap();
    let changed = with_a_changed_byte(handed.token());
    let changed = TokenUrl::new(handed.endpoint(), changed).unwrap().reveal();
    assert_eq!(
        alice.device.redeem(&changed, film).await.unwrap_err(),
        -4010
    );
    assert!(
        last_refusal(&shop)
            .await
            .contains("it was changed after it was made")
    );

    let token = alice.token_for(Attempt::OtherKid, order).await;
    let mut titles = shop.catalogue.titles.iter().map(|entry| &entry.clip);
    let asked_for = titles.find(|clip| kids(clip) == token.kids).unwrap();
    assert!(!asked_for.has_any(&[film.keys[0].kid.clone()]));
    assert_eq!(
        alice
            .device
            .redeem(&token.url, asked_for)
            .await
            .unwrap_err(),
        -4022
    );
    assert!(last_refusal(&shop).await.contains("has not the kid"));
    let refused = shop.records(&RecordQuery::Latest).await.remove(0);
    assert_eq!(refused.error_code, Some(-4022));
}

fn kids(clip: &Clip) -> Vec<KidBytes> {
    let kid = |kid: &KeyId| KidBytes(kid.clear_key_bytes());
    clip.keys.iter().map(|key| kid(&key.kid)).collect()
}

/// ExpressPlay's words to its newest refusal of a licence.
async fn last_refusal(shop: &TestShop) -> String {
    let sandbox = shop.simulator().sandbox(&SandboxName::of_default());
    let query = JournalQuery {
        call: Some(CallKind::License),
        ..JournalQuery::default()
    };
    let calls = sandbox.unwrap().journal(&query).await;
    calls.last().unwrap().error.clone().unwrap()
}

#[tokio::test]
async fn the_page_reads_well_to_anybody_and_says_what_is_missing() {
    let shop = TestShop::open().await;
    let page = shop.browser().get("/lab").await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.html.contains("href=\"/signin?next=%2Flab\""));
    for attempt in Attempt::ALL {
        assert!(page.html.contains(&format!("id=\"{}\"", attempt.name())));
        assert!(
            page.html
                .contains(&format!("{}()", attempt.check().function))
        );
    }
    let tries = "Try it";
    assert!(!page.html.contains(tries));

    let alice = shop.browser_of(ALICE).await;
    assert!(
        alice
            .get("/lab")
            .await
            .html
            .contains("href=\"/devices?next=%2Flab\"")
    );
    alice.register(&shop).await;
    alice.obtain("murmuration", "rent").await;
    let page = alice.get("/lab").await;
    assert!(page.html.contains("First, buy one") && !page.html.contains(tries));
    alice.obtain("tidewater", "buy").await;
    let page = alice.get("/lab").await;
    assert!(page.html.contains("On trial: Tidewater") && page.html.contains(tries));
    // Nothing plays here, so nobody fetches the player.
    assert!(!page.html.contains("shaka"));
}

#[tokio::test]
async fn the_lab_needs_the_simulated_cdm() {
    let shop = TestShop::open_with(|settings| settings.cdm = app::model::Cdm::Widevine).await;
    let alice = shop.browser_of(ALICE).await;
    let page = alice.get("/lab").await;
    assert!(page.html.contains("the lab needs the simulated CDM"));
}

#[tokio::test]
async fn a_trace_leads_its_viewer_to_its_newest_message() {
    let shop = TestShop::open().await;
    let (alice, bob) = (shop.browser_of(ALICE).await, shop.browser_of(BOB).await);
    let order = alice.buy(&shop).await;
    let Token { trace, kids, .. } = alice.token_for(Attempt::BorrowedId, order).await;
    let plain = PlainChallenge {
        request: ClearKeyRequest {
            kids: kids.clone(),
            session: SessionType::Temporary,
        },
        device_id: Some(alice.device.id()),
    };
    let report = LicenseReport {
        trace,
        span: SpanId::from_random([3; 8]),
        millis: 3,
        challenge: None,
        plain: Some(plain),
        token: None,
        senseless: false,
        status: Some(403),
        code: Some(-4001),
    };
    let report = json!({ "report": report });
    let told: Result<(), _> = alice.call("report_license", report).await;
    told.unwrap();

    let run = alice.run().await;
    let episode = run.episodes.last().unwrap();
    assert_eq!(episode.occasion, Occasion::Attempt(Attempt::BorrowedId));
    let message = episode.messages.last().unwrap();
    let claimed = |name: &str| message.asked.iter().find(|it| it.name == name).unwrap();
    let device = Value::Device(alice.device.id());
    assert_eq!(claimed("deviceId (claimed)").value, device);
    let content_type = Value::Text("application/json".to_owned());
    assert_eq!(claimed("Content-Type").value, content_type);

    let at = format!("/workflow/at/{trace}");
    let lead = alice.get(&at).await;
    assert_eq!(lead.status, StatusCode::SEE_OTHER);
    let to = lead.location.unwrap();
    let run = run.shown.unwrap();
    assert_eq!(to, format!("/workflow?run={run}&message={}", message.id));
    let page = alice.get(&to).await.html;
    assert!(page.contains("Equal, but another check refused"));
    assert!(page.contains("Theft lab: A borrowed device_id"));

    // Others are told of nothing.
    for other in [&bob, &shop.browser()] {
        assert_eq!(other.get(&at).await.location.unwrap(), "/workflow");
    }
    let nonsense = alice.get("/workflow/at/nonsense").await;
    assert_eq!(nonsense.status, StatusCode::NOT_FOUND);
    let what = Problem::NoSuchOrder.what(Locale::en);
    assert!(
        !log::text().contains(&what),
        "a refusal is no fault of ours"
    );
}
