//! The workflow view has every message of the real exchange, and nothing else.

use std::collections::BTreeMap;

use app::{
    model::Registration,
    workflow::{Act, LicenseReport, Message, Outcome, Value, Workflow, report::ChallengeReport},
};
use expressplay::{
    Client,
    challenge::KidBytes,
    client::CookieCarrier,
    trace_context::{SpanId, TraceId, TraceParent},
};
use serde_json::json;
use server::entitlement::{Entitlement, Patience};
use simulator::{
    Entropy, SandboxName,
    fault::{CallKind, Effect, NewFault},
    journal::{Entry, JournalQuery},
};

use crate::common::{ALICE, BOB, Browser, DECLINED_CARD, Device, TestShop};

impl Browser {
    /// What the workflow view has, by way of its JSON.
    async fn messages(&self) -> Vec<Message> {
        let workflow: Workflow = self.view("").await;
        let episodes = workflow.episodes.into_iter();
        episodes.flat_map(|episode| episode.messages).collect()
    }

    async fn view(&self, query: &str) -> Workflow {
        let page = self.get(&format!("/workflow/messages{query}")).await;
        serde_json::from_str(&page.html).unwrap_or_else(|_| panic!("{}", page.html))
    }

    /// A licence request of this browser's device, as a page of ours makes it: it carries the trace
    /// on, and tells the shop.
    pub(crate) async fn ask_as_a_page(
        &self,
        shop: &TestShop,
        token_url: &str,
        trace: TraceId,
        slug: &str,
    ) {
        let clip = match slug {
            "" => &shop.catalogue.dummy,
            slug => shop.clip(slug),
        };
        let span = SpanId::from_random(Entropy::from_os().bytes());
        let parent = TraceParent { trace, span };
        let answer = self.device.redeem_within(token_url, clip, parent).await;
        let kids = clip
            .keys
            .iter()
            .map(|key| KidBytes(key.kid.clear_key_bytes()));
        let report = LicenseReport {
            trace,
            span,
            millis: 12,
            challenge: Some(ChallengeReport {
                device_id: self.device.id(),
                kids: kids.collect(),
                iat: 1,
                jti: "once".to_owned(),
            }),
            plain: None,
            token: None,
            senseless: false,
            status: Some(if answer.is_ok() { 200 } else { 403 }),
            code: answer.err(),
        };
        let told: Result<(), _> = self
            .call("report_license", json!({ "report": report }))
            .await;
        told.unwrap();
    }

    pub(crate) async fn register_as_a_page(&self, shop: &TestShop) {
        let Registration { id, dummy } = self.begin().await.unwrap();
        self.ask_as_a_page(shop, &dummy.token_url, dummy.trace.unwrap(), "")
            .await;
        self.finish(id).await.unwrap();
    }

    pub(crate) async fn play_as_a_page(&self, shop: &TestShop, slug: &str) {
        let handed = self.hand_over(slug).await.unwrap();
        let (trace, order) = (handed.trace.unwrap(), handed.order.unwrap());
        self.ask_as_a_page(shop, &handed.token_url, trace, slug)
            .await;
        let asked = json!({ "order": order.id, "trace": trace });
        let _: app::model::Playing = self.call("playing", asked).await.unwrap();
    }
}

async fn journal(shop: &TestShop) -> Vec<std::sync::Arc<Entry>> {
    let sandbox = shop
        .simulator()
        .sandbox(&SandboxName::of_default())
        .unwrap();
    sandbox.journal(&JournalQuery::default()).await
}

fn acts(messages: &[Message]) -> Vec<Act> {
    messages.iter().map(|message| message.act).collect()
}

#[tokio::test]
async fn a_run_shows_the_seven_steps_message_by_message() {
    let shop = TestShop::open().await;
    let alice = shop.browser_of(ALICE).await;
    alice.register_as_a_page(&shop).await;
    alice.obtain("tidewater", "buy").await;
    alice.play_as_a_page(&shop, "tidewater").await;

    let messages = alice.messages().await;
    assert_eq!(
        acts(&messages),
        [
            Act::Begin,
            Act::DummyToken,
            Act::DummyLicense,
            Act::Finish,
            Act::FindDevice,
            Act::PlaceOrder,
            Act::DeviceForSale,
            Act::HandOver,
            Act::LookBack,
            Act::BoundToken,
            Act::License,
            Act::Playing,
            Act::LookBack,
        ]
    );
    assert!(
        messages
            .iter()
            .all(|it| it.outcome == Some(Outcome::Granted))
    );
    let cookie = shop.cookie().await;
    let device = alice.device.id().to_string();
    let carriers = |value: &str| {
        acts(
            &messages
                .iter()
                .filter(|it| it.carries(value))
                .cloned()
                .collect::<Vec<_>>(),
        )
    };
    assert_eq!(carriers(&cookie)[..2], [Act::Begin, Act::DummyToken]);
    assert_eq!(
        carriers(&device)[..4],
        [
            Act::DummyLicense,
            Act::Finish,
            Act::FindDevice,
            Act::PlaceOrder
        ],
        "it is known from the licence request on, and not before"
    );
}

#[tokio::test]
async fn each_message_to_expressplay_is_the_one_of_its_journal() {
    let shop = TestShop::open().await;
    let alice = shop.browser_of(ALICE).await;
    alice.register_as_a_page(&shop).await;
    alice.obtain("tidewater", "rent").await;
    alice.play_as_a_page(&shop, "tidewater").await;
    alice.get("/title/tidewater").await;
    let there = shop.browser_of(ALICE).await;
    there.play_as_a_page(&shop, "tidewater").await;

    let shown: BTreeMap<String, Message> = alice
        .messages()
        .await
        .into_iter()
        .filter(|message| message.url.starts_with("http"))
        .map(|message| (message.traceparent.to_string(), message))
        .collect();
    let journal = journal(&shop).await;
    assert_eq!(shown.len(), journal.len());
    for entry in &journal {
        let message = &shown[entry.traceparent.as_ref().unwrap()];
        assert!(message.url.ends_with(&entry.path), "{message:?} {entry:?}");
        assert_eq!(message.method, entry.method);
        let refusal = match message.outcome.clone() {
            Some(Outcome::Granted) => None,
            Some(Outcome::Refused { status, code }) => Some((status, code)),
            other => panic!("{other:?}"),
        };
        let expected = entry.error_code.map(|code| (entry.status, code));
        assert_eq!(refusal, expected);
        if !message.act.is_license() {
            // The journal's first of all is a cookie that came as a header.
            let names = message.asked.iter().filter(|it| !it.name.contains(':'));
            let asked: Vec<_> = names
                .map(|it| (it.name.clone(), it.value.as_text()))
                .collect();
            let kept: Vec<_> = entry
                .parameters
                .iter()
                .map(|(name, value)| {
                    let shown = value != "[redacted]";
                    (name.clone(), shown.then(|| value.clone()))
                })
                .collect();
            assert_eq!(asked, kept);
        }
        assert!(
            entry
                .cookie
                .iter()
                .all(|it| message.act.is_license() || message.carries(it.as_str()))
        );
        assert!(
            entry
                .device
                .iter()
                .all(|it| message.carries(&it.to_string()))
        );
    }
    let refused = journal
        .iter()
        .filter(|entry| entry.error_code == Some(-4001));
    assert_eq!(refused.count(), 1, "the second device");
}

#[tokio::test]
async fn a_licence_request_that_no_page_made_is_in_the_view() {
    let shop = TestShop::open().await;
    let alice = shop.browser_of(ALICE).await;
    alice.register_as_a_page(&shop).await;
    for slug in ["tidewater", "north-light"] {
        alice.obtain(slug, "buy").await;
    }
    let handed = alice.hand_over("tidewater").await.unwrap();
    let newer = alice.hand_over("north-light").await.unwrap();
    let mut news = alice.listen("/workflow/news").await;

    let (clip, stranger) = (shop.clip("tidewater"), Device::new());
    alice.device.redeem(&handed.token_url, clip).await.unwrap();
    let refused = stranger.redeem(&handed.token_url, clip).await;
    assert_eq!(refused.unwrap_err(), -4001);
    let sandbox = shop
        .simulator()
        .sandbox(&SandboxName::of_default())
        .unwrap();
    let garbage = NewFault::of(Effect::Garbage).call(CallKind::License);
    sandbox.add_fault(garbage).unwrap();
    let lost = stranger.try_redeem(&handed.token_url, clip).await;
    assert!(lost.is_err());

    let overheard = loop {
        let of_film = alice.view("").await.episodes.into_iter();
        let of_film = of_film.filter(|episode| Some(episode.trace) == handed.trace);
        let licences = of_film.flat_map(|episode| episode.messages);
        let licences: Vec<_> = licences.filter(|it| it.act == Act::License).collect();
        if licences.len() == 3 && licences.iter().all(|it| it.outcome.is_some()) {
            break licences;
        }
        news.chunk().await.unwrap().unwrap();
    };
    let outcomes: Vec<_> = overheard
        .iter()
        .map(|it| it.outcome.clone().unwrap())
        .collect();
    assert_eq!(outcomes[0], Outcome::Granted);
    let (status, code) = (403, -4001);
    assert_eq!(outcomes[1], Outcome::Refused { status, code });
    assert!(matches!(outcomes[2], Outcome::Lost { .. }), "{outcomes:?}");
    let devices = [&alice.device, &stranger, &stranger];
    for (message, device) in overheard.iter().zip(devices) {
        assert!(message.carries(&device.id().to_string()));
        let told = message.noted.iter().any(|field| field.name == "journal");
        assert!(told, "{message:?}");
    }
    let newer = newer.trace.unwrap();
    let workflow = alice.view("").await;
    let newer = workflow.episodes.iter().find(|it| it.trace == newer);
    assert!(
        newer
            .unwrap()
            .messages
            .iter()
            .all(|it| it.act != Act::License)
    );
}

#[tokio::test]
async fn a_token_that_the_shop_never_had_is_in_the_view_when_it_is_redeemed_and_checks_nothing() {
    let shop = TestShop::open().await;
    let alice = shop.browser_of(ALICE).await;
    alice.register_as_a_page(&shop).await;
    alice.obtain("tidewater", "buy").await;
    let mut news = alice.listen("/workflow/news").await;

    // As with the curl command of step 2, and a traceparent of somebody else's.
    let bob = shop.browser_of(BOB).await;
    let his = bob.begin().await.unwrap().dummy.trace.unwrap();
    let base = shop.simulator().url().parse().unwrap();
    let client = Client::new(base, shop.authenticator.clone()).unwrap();
    let expressplay = Entitlement::new(client, Entropy::from_os(), Patience::default());
    let cookie = alice.view("").await.shown.unwrap();
    let dummy = &shop.catalogue.dummy;
    let token = expressplay.dummy_token(&cookie, CookieCarrier::Parameter, dummy);
    let token = token.await.unwrap().reveal();
    let span = SpanId::from_random([7; 8]);
    let parent = TraceParent { trace: his, span };
    let licence = alice.device.redeem_within(&token, dummy, parent).await;
    licence.unwrap();

    let heard = |messages: Vec<Message>| {
        let journal = |it: &Message| it.noted.iter().any(|field| field.name == "journal");
        messages.into_iter().find(journal)
    };
    let message = loop {
        match heard(alice.messages().await) {
            Some(message) if message.outcome.is_some() => break message,
            _ => news.chunk().await.unwrap().unwrap(),
        };
    };
    assert_eq!(message.act, Act::DummyLicense);
    assert_eq!(heard(bob.messages().await), None);
}

#[tokio::test]
async fn a_long_run_is_shown_by_its_newest_part_and_says_that_there_is_more() {
    let shop = TestShop::open().await;
    let alice = shop.browser_of(ALICE).await;
    alice.register_as_a_page(&shop).await;
    let first = alice.messages().await[0].id;
    alice.obtain("tidewater", "buy").await;
    for _ in 0..45 {
        alice.hand_over("tidewater").await.unwrap();
    }
    let part = alice.view("").await;
    assert_eq!((part.earlier, part.episodes.len()), (7, 40));
    let html = alice.get("/workflow").await.html;
    assert!(html.contains("whole=true"), "{html}");
    for query in ["?whole=true".to_owned(), format!("?message={first}")] {
        let whole = alice.view(&query).await;
        assert_eq!((whole.earlier, whole.episodes.len()), (0, 47), "{query}");
    }
}

#[tokio::test]
async fn who_is_signed_out_hears_nothing_more_and_asks_again() {
    let shop = TestShop::open().await;
    let alice = shop.browser_of(ALICE).await;
    let mut news = alice.listen("/workflow/news").await;
    alice.begin().await.unwrap();
    assert!(news.chunk().await.unwrap().is_some());
    alice.post("/api/sign_out", &[]).await;
    while let Some(more) = news.chunk().await.unwrap() {
        assert!(more.starts_with(b"event: more"), "{more:?}");
    }
}

#[tokio::test]
async fn no_secret_is_in_the_view() {
    let shop = TestShop::open().await;
    let alice = shop.browser_of(ALICE).await;
    alice.register_as_a_page(&shop).await;
    alice.obtain("tidewater", "buy").await;
    let handed = alice.hand_over("tidewater").await.unwrap();
    let token = handed.token_url.split_once('=').unwrap().1;
    let page = alice.get("/workflow/messages").await.html;
    let html = alice.get("/workflow/view").await.html;
    let key = shop.clip("tidewater").keys[0].content_key.reveal_hex();
    let authenticator = shop.authenticator.reveal();
    for secret in [token, &key, &authenticator, "4242"] {
        assert!(!page.contains(secret) && !html.contains(secret), "{secret}");
    }
    let messages = alice.messages().await;
    let bound = messages
        .iter()
        .find(|it| it.act == Act::BoundToken)
        .unwrap();
    let secret: Vec<_> = bound
        .asked
        .iter()
        .filter(|it| it.value == Value::Secret)
        .map(|it| &*it.name)
        .collect();
    assert_eq!(secret, ["contentKey", "customerAuthenticator"]);
}

#[tokio::test]
async fn each_viewer_sees_their_own_messages_and_nobody_elses() {
    let shop = TestShop::open().await;
    let (alice, bob) = (shop.browser_of(ALICE).await, shop.browser_of(BOB).await);
    alice.register_as_a_page(&shop).await;
    let run = shop.cookie().await;
    assert_eq!(bob.messages().await, []);
    let theirs = bob.view(&format!("?run={run}")).await;
    assert!(theirs.episodes.is_empty() && theirs.runs.is_empty());
    assert_eq!(shop.browser().get("/workflow/messages").await.status, 401);

    let report = LicenseReport {
        trace: alice.view("").await.episodes[0].trace,
        span: SpanId::from_random([9; 8]),
        millis: 1,
        challenge: None,
        plain: None,
        token: None,
        senseless: false,
        status: Some(200),
        code: None,
    };
    let told: Result<(), _> = bob
        .call("report_license", json!({ "report": report }))
        .await;
    assert!(told.is_err());
    assert_eq!(alice.messages().await.len(), 5);
}

#[tokio::test]
async fn what_came_to_nothing_is_in_the_view_as_that() {
    let shop = TestShop::open().await;
    let alice = shop.browser_of(ALICE).await;
    alice.register_as_a_page(&shop).await;
    let mut form = alice.checkout("tidewater", "buy").await;
    form[3].1 = DECLINED_CARD.to_owned();
    assert!(alice.order(&form).await.is_err());

    let messages = alice.messages().await;
    let order = messages
        .iter()
        .find(|it| it.act == Act::PlaceOrder)
        .unwrap();
    let problem = app::problem::Problem::CardDeclined;
    assert_eq!(order.outcome, Some(Outcome::Declined { problem }));
}

#[tokio::test]
async fn the_history_survives_a_restart_of_the_page_and_a_second_run_begins_a_new_one() {
    let shop = TestShop::open().await;
    let alice = shop.browser_of(ALICE).await;
    alice.register_as_a_page(&shop).await;
    alice.register_as_a_page(&shop).await;
    let workflow = alice.view("").await;
    assert_eq!(workflow.runs.len(), 2);
    assert_eq!(workflow.shown.as_ref(), Some(&workflow.runs[0].cookie));
    let older = &workflow.runs[1];
    assert_eq!(older.messages, 5);
    let replayed = alice.view(&format!("?run={}", older.cookie)).await;
    assert_eq!(replayed.shown.as_ref(), Some(&older.cookie));
    assert_eq!(replayed.episodes[0].messages.len(), 5);
}

#[tokio::test]
async fn who_listens_is_told_of_every_message_of_theirs_and_the_shop_stops_all_the_same() {
    let shop = TestShop::open().await;
    let (alice, bob) = (shop.browser_of(ALICE).await, shop.browser_of(BOB).await);
    let mut news = alice.listen("/workflow/news").await;
    // Before there is any: a connection may end as soon.
    assert_eq!(news.chunk().await.unwrap().unwrap(), b"retry: 500\n\n"[..]);
    bob.begin().await.unwrap();
    alice.begin().await.unwrap();
    let heard = news.chunk().await.unwrap().unwrap();
    // A browser takes an event without data for none.
    assert_eq!(heard, b"event: more\ndata: more\n\n"[..]);
    let registrations = [alice.view("").await, bob.view("").await];
    assert!(
        registrations
            .iter()
            .all(|workflow| workflow.runs.len() == 1)
    );

    shop.storefront.stop().await;
    while let Ok(Some(more)) = news.chunk().await {
        assert!(more.starts_with(b"event: more"), "{more:?}");
    }
}
