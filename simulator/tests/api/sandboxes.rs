//! Sandboxes: ExpressPlays side by side, which see nothing of each other.

use expressplay::{Drm, TokenUrl, key_storage::StoredKey, record::Records};
use futures_util::future::join_all;
use reqwest::{Method, Response, StatusCode};
use serde_json::{Value, json};
use simulator::{Simulator, SoftDevice};

use crate::help::{Bench, COOKIE, KEK, KEY, KID, Who, base_form, code, device, until};

/// A sandbox of a bench's simulator, driven over HTTP as any language would.
struct Sandbox<'b> {
    bench: &'b Bench,
    name: String,
    /// Of its test account and its production account.
    authenticators: [String; 2],
}

impl<'b> Sandbox<'b> {
    async fn make(bench: &'b Bench, new: Value) -> Self {
        let made = control(bench, Method::POST, "/__sim/sandboxes", new).await;
        assert_eq!(made.status(), StatusCode::CREATED);
        let state: Value = made.json().await.unwrap();
        let of = |place: usize| state["accounts"][place]["authenticator"].as_str();
        Self {
            bench,
            name: state["name"].as_str().unwrap().to_owned(),
            authenticators: [0, 1].map(|place| of(place).unwrap_or_default().to_owned()),
        }
    }

    fn path(&self, rest: &str) -> String {
        format!("/__sim/sandboxes/{}{rest}", self.name)
    }

    async fn control(&self, method: Method, rest: &str, body: Value) -> Value {
        let answer = control(self.bench, method, &self.path(rest), body).await;
        let status = answer.status();
        let text = answer.text().await.unwrap();
        assert!(status.is_success(), "{status}: {text}");
        serde_json::from_str(&text).unwrap_or_default()
    }

    /// Until its first fault has struck so often.
    async fn until_struck(&self, times: u64) {
        let has_struck =
            async || self.control(Method::GET, "/faults", json!({})).await[0]["struck"] == times;
        until(has_struck).await;
    }

    async fn token_call(&self, drm: Drm, more: &[(&str, &str)]) -> Response {
        let mut form = base_form(drm);
        form.extend_from_slice(more);
        form.push(("customerAuthenticator", &self.authenticators[0]));
        form.push(("errorFormat", "json"));
        let call = self.bench.http.post(self.bench.url(drm.token_path()));
        call.form(&form).send().await.unwrap()
    }

    async fn token(&self, more: &[(&str, &str)]) -> TokenUrl {
        let answer = self.token_call(Drm::Widevine, more).await;
        answer.text().await.unwrap().parse().unwrap()
    }

    async fn records(&self) -> Records {
        let authenticator = ("customerAuthenticator", self.authenticators[0].as_str());
        let call = self.bench.http.get(self.bench.url("/cmiapi/getrecord/"));
        let answer = call.query(&[authenticator]).send().await.unwrap();
        answer.json().await.unwrap()
    }

    /// Steps 1 to 7, with this device; the codes of what an intruder gets at the end.
    async fn seven_steps(&self, device: &SoftDevice, intruder: &SoftDevice, cookie: &str) {
        let dummy = self.token(&[("cookie", cookie)]).await;
        assert_eq!(self.redeem(&dummy, device).await, Ok(()));
        let device_id = self.records().await.records[0].device_id.unwrap();
        assert_eq!(device_id, device.device_id());
        let bound = [("cookie", cookie), ("deviceId", &device_id.to_string())];
        let bound = self.token(&bound).await;
        assert_eq!(self.redeem(&bound, device).await, Ok(()));
        assert_eq!(self.redeem(&bound, intruder).await, Err(-4001));
    }

    /// A call of key storage, with [`KEK`].
    async fn keys(&self, method: Method, body: Option<Value>) -> Response {
        let call = self
            .bench
            .http
            .request(method, self.bench.url("/keystore/keys"))
            .query(&[
                ("customerAuthenticator", self.authenticators[0].as_str()),
                ("kek", KEK),
            ]);
        let call = match &body {
            Some(body) => call.json(body),
            None => call,
        };
        call.send().await.unwrap()
    }

    async fn redeem(&self, url: &TokenUrl, device: &SoftDevice) -> Result<(), i32> {
        let answer = self.bench.redeem(url, device, &[KID]).await;
        match answer.status() {
            StatusCode::OK => Ok(()),
            _ => Err(code(answer).await),
        }
    }
}

async fn control(bench: &Bench, method: Method, path: &str, body: Value) -> Response {
    let call = bench.http.request(method, bench.url(path)).json(&body);
    call.send().await.unwrap()
}

fn test_account(settings: Value) -> Value {
    json!({ "accounts": [{ "environment": "test", "settings": settings }] })
}

/// How many sandboxes are used at once.
const MANY: u16 = 200;

#[tokio::test]
async fn two_hundred_go_through_the_seven_steps_at_once_and_see_nothing_of_each_other() {
    let bench = &Bench::start().await;
    let making = (0..MANY).map(async |number| {
        let new = json!({ "name": format!("box-{number}"), "clock": { "now": moment(number) } });
        let sandbox = Sandbox::make(bench, new).await;
        let fault = json!({ "effect": { "status": status(number) }, "call": "token", "times": 1 });
        sandbox.control(Method::POST, "/faults", fault).await;
        // All use the one kid, and the one kek.
        let key = json!({ "kid": KID, "k": key(number) });
        let stored = sandbox.keys(Method::POST, Some(key)).await;
        assert_eq!(stored.status(), StatusCode::OK);
        (number, sandbox)
    });
    let sandboxes = join_all(making).await;

    let run = async |(number, sandbox): &(u16, Sandbox<'_>)| {
        let broken = sandbox.token_call(Drm::Widevine, &[]).await;
        assert_eq!(broken.status(), status(*number), "by its own fault");
        let (device, another) = (device(), device());
        // All use the one cookie.
        sandbox.seven_steps(&device, &another, COOKIE).await;

        let records = sandbox.records().await.records;
        assert_eq!(records.len(), 3, "its own, and nobody else's");
        let refused = records[0].refused_device_id;
        assert!(refused.is_some_and(|id| id != device.device_id()));
        let ids: Vec<_> = records
            .iter()
            .map(|record| record.event_id.0.as_str())
            .collect();
        assert_eq!(ids, ["3", "2", "1"]);
        let at = records[0].event_time.unwrap();
        assert_eq!(
            at.to_string()[..13],
            moment(*number)[..13],
            "by its own clock"
        );
        let keys: Vec<StoredKey> = sandbox.keys(Method::GET, None).await.json().await.unwrap();
        let keys: Vec<_> = keys
            .iter()
            .map(|stored| (stored.kid.to_lowercase(), stored.k.clone().unwrap()))
            .map(|(kid, k)| (kid, k.to_lowercase()))
            .collect();
        assert_eq!(keys, [(KID.to_owned(), key(*number))]);
    };
    join_all(sandboxes.iter().map(run)).await;

    let all = bench.http.get(bench.url("/__sim/sandboxes")).send().await;
    let all: Vec<Value> = all.unwrap().json().await.unwrap();
    assert_eq!(all.len(), 1 + usize::from(MANY));
    assert_eq!(bench.records(Who::Test, &[]).await, vec![]);
}

/// What sandbox `number` has for itself: the time, how its first token call fails, a stored key.
fn moment(number: u16) -> String {
    format!("{}-01-01T00:00:00Z", 2030 + number)
}

fn status(number: u16) -> u16 {
    400 + number
}

fn key(number: u16) -> String {
    format!("{number:032x}")
}

#[tokio::test]
async fn what_one_has_opens_nothing_in_another() {
    let bench = &Bench::start().await;
    let [a, b] = [
        Sandbox::make(bench, json!({})).await,
        Sandbox::make(bench, json!({})).await,
    ];
    assert_ne!(a.name, b.name);
    assert_ne!(a.authenticators, b.authenticators);
    let store = bench.http.post(bench.url("/keystore/keys"));
    let store = store.query(&[("customerAuthenticator", &a.authenticators[0])]);
    let key = json!({ "kid": KID, "ek": crate::help::EK });
    assert_eq!(
        store.json(&key).send().await.unwrap().status(),
        StatusCode::OK
    );

    let stored = [("kid", KID), ("kek", KEK)];
    let by = async |sandbox: &Sandbox<'_>| {
        let mut form = stored.to_vec();
        form.push(("customerAuthenticator", &sandbox.authenticators[0]));
        form.push(("errorFormat", "json"));
        let call = bench.http.post(bench.url("/hms/wv/token")).form(&form);
        call.send().await.unwrap()
    };
    assert_eq!(by(&a).await.status(), StatusCode::OK);
    assert_eq!(code(by(&b).await).await, -4019);

    let token = a.token(&[]).await;
    bench
        .clock()
        .advance(std::time::Duration::from_secs(90 * 86_400));
    assert_eq!(a.redeem(&token, &device()).await, Ok(()), "not its clock");
    assert_eq!(
        (
            a.records().await.records.len(),
            b.records().await.records.len()
        ),
        (1, 0)
    );
}

#[tokio::test]
async fn one_that_is_dropped_leaves_nothing_behind() {
    let bench = &Bench::start().await;
    let new = json!({ "name": "gone", "accounts": [
        { "environment": "test", "authenticator": format!("7,{KEY}") },
    ] });
    let sandbox = Sandbox::make(bench, new.clone()).await;
    let token = sandbox.token(&[("cookie", COOKIE)]).await;
    assert_eq!(sandbox.redeem(&token, &device()).await, Ok(()));
    let dropped = control(bench, Method::DELETE, &sandbox.path(""), json!({})).await;
    assert_eq!(dropped.status(), StatusCode::NO_CONTENT);

    assert_eq!(sandbox.redeem(&token, &device()).await, Err(-4010));
    assert_eq!(
        code(sandbox.token_call(Drm::Widevine, &[]).await).await,
        -2018
    );
    let gone = control(bench, Method::GET, &sandbox.path(""), json!({})).await;
    assert_eq!(gone.status(), StatusCode::NOT_FOUND);

    let again = Sandbox::make(bench, new).await;
    assert_eq!(again.redeem(&token, &device()).await, Err(-4010));
    assert_eq!(again.records().await.records, vec![]);
}

#[tokio::test]
async fn a_call_that_waits_while_its_sandbox_is_dropped_is_nobodys() {
    let bench = &Bench::start().await;
    let sandbox = &Sandbox::make(bench, json!({ "name": "brief" })).await;
    let token = sandbox.token(&[]).await;
    let fault = json!({ "effect": { "latency": { "ms": 3_600_000 } } });
    sandbox.control(Method::POST, "/faults", fault).await;
    let of_customer = async |method: Method, path: &str, kek: &[(&str, &str)]| {
        let call = bench.http.request(method, bench.url(path)).query(kek);
        let call = call.query(&[
            ("customerAuthenticator", sandbox.authenticators[0].as_str()),
            ("errorFormat", "json"),
        ]);
        code(call.send().await.unwrap()).await
    };
    let device = device();
    let (keys, one_key) = ("/keystore/keys", format!("/keystore/keys/{KID}"));
    let drop = async {
        sandbox.until_struck(6).await;
        sandbox.control(Method::DELETE, "", json!({})).await;
    };
    let (made, redeemed, records, listed, stored, forgotten, ()) = tokio::join!(
        async { code(sandbox.token_call(Drm::Widevine, &[]).await).await },
        sandbox.redeem(&token, &device),
        of_customer(Method::GET, "/cmiapi/getrecord/", &[]),
        of_customer(Method::GET, keys, &[]),
        of_customer(Method::POST, keys, &[("kek", KEK)]),
        of_customer(Method::DELETE, &one_key, &[]),
        drop,
    );
    assert_eq!(redeemed, Err(-4010));
    assert_eq!([made, records, listed, stored, forgotten], [-2018; 5]);
}

#[tokio::test]
async fn a_seed_makes_everything_come_out_the_same() {
    let first = seeded_run().await;
    assert_eq!(first, seeded_run().await);
    let bench = &Bench::start().await;
    let other = Sandbox::make(bench, json!({ "name": "steady", "seed": 8 })).await;
    assert_ne!(other.authenticators[0], first[0]);
}

/// What a seeded sandbox gives out: an authenticator, a token, a key's kid and its ek.
async fn seeded_run() -> Vec<String> {
    let bench = &Bench::start().await;
    let other = Sandbox::make(bench, json!({ "name": "beside", "seed": 7 })).await;
    let new = json!({ "name": "steady", "seed": 7,
        "clock": { "now": "2030-01-01T00:00:00Z", "frozen": true } });
    let sandbox = Sandbox::make(bench, new).await;
    other.token(&[]).await;
    let token = sandbox.token(&[]).await;
    // The simulator's own sealing key is random: what is inside a token is not.
    let serial = token.token().reveal()[..16].to_owned();
    let call = bench.http.post(bench.url("/keystore/keys"));
    let query = [
        ("customerAuthenticator", sandbox.authenticators[0].as_str()),
        ("kek", KEK),
    ];
    let key: Value = call
        .query(&query)
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    let text = |name: &str| key[name].as_str().unwrap().to_owned();
    vec![
        sandbox.authenticators[0].clone(),
        serial,
        text("kid"),
        text("ek"),
        text("lastUpdate"),
    ]
}

#[tokio::test]
async fn credits_are_used_up_by_licences_and_not_by_tokens() {
    let bench = &Bench::start().await;
    let sandbox = Sandbox::make(bench, test_account(json!({ "credits": 2 }))).await;
    let device = device();
    for _ in 0..5 {
        sandbox.token(&[]).await;
    }
    let token = sandbox.token(&[("cookie", COOKIE)]).await;
    for expected in [Ok(()), Ok(()), Err(-2019), Err(-2019)] {
        assert_eq!(sandbox.redeem(&token, &device).await, expected);
    }
    let records = sandbox.records().await.records;
    assert_eq!(records[0].error_code, Some(-2019));
    assert_eq!(records[0].refused_device_id, Some(device.device_id()));

    let number = sandbox.authenticators[0].split(',').next().unwrap();
    let account = format!("/accounts/test/{number}");
    let state = sandbox
        .control(Method::PATCH, &account, json!({ "credits": 1 }))
        .await;
    assert_eq!(state["settings"]["credits"], 1);
    assert_eq!(sandbox.redeem(&token, &device).await, Ok(()));
    assert_eq!(sandbox.redeem(&token, &device).await, Err(-2019));
    sandbox
        .control(Method::PATCH, &account, json!({ "credits": null }))
        .await;
    assert_eq!(sandbox.redeem(&token, &device).await, Ok(()));
}

#[tokio::test]
async fn an_account_can_be_disabled_and_enabled_while_it_runs() {
    let bench = &Bench::start().await;
    let sandbox = Sandbox::make(bench, json!({})).await;
    let number = sandbox.authenticators[0].split(',').next().unwrap();
    let account = format!("/accounts/test/{number}");
    let token = sandbox.token(&[]).await;
    let set = async |settings: Value| {
        sandbox.control(Method::PATCH, &account, settings).await;
    };

    set(json!({ "disabled": true })).await;
    assert_eq!(sandbox.redeem(&token, &device()).await, Err(-2031));
    assert_eq!(
        code(sandbox.token_call(Drm::Widevine, &[]).await).await,
        -2031
    );
    set(json!({ "disabled": false, "disabledDrms": ["widevine"] })).await;
    assert_eq!(sandbox.redeem(&token, &device()).await, Err(-7011));
    assert_eq!(
        code(sandbox.token_call(Drm::Widevine, &[]).await).await,
        -7011
    );
    let other = sandbox.token_call(Drm::PlayReady, &[]).await;
    assert_eq!(other.status(), StatusCode::OK);
    set(json!({ "disabledDrms": [], "unboundDrms": ["widevine"] })).await;
    assert_eq!(sandbox.redeem(&token, &device()).await, Ok(()));
    let bound = [("deviceId", COOKIE)];
    assert_eq!(
        code(sandbox.token_call(Drm::Widevine, &bound).await).await,
        -7002
    );
    let other = sandbox.token_call(Drm::FairPlay, &bound).await;
    assert_eq!(other.status(), StatusCode::OK);
}

#[tokio::test]
async fn sandboxes_survive_a_restart_with_clock_settings_and_all() {
    let folder = tempfile::tempdir().unwrap();
    let database = format!("sqlite://{}/simulator.db", folder.path().display());
    let start = async || Bench::with(Simulator::builder().database(&database)).await;
    let bench = start().await;
    let new = json!({ "name": "kept", "recordLagMs": 5, "clock": { "frozen": true },
        "accounts": [{ "environment": "production", "settings": { "credits": 3, "strict": true } }] });
    let sandbox = Sandbox::make(&bench, new).await;
    let set = json!({ "now": "2031-05-06T07:08:09Z" });
    sandbox.control(Method::PUT, "/clock", set).await;
    let before = sandbox.control(Method::GET, "", json!({})).await;
    let strict = [("securityLevel", "1"), ("hdcpOutputControl", "0")];
    let token = sandbox.token(&strict).await.token().clone();
    bench.simulator.stop().await;

    let bench = start().await;
    let after = bench
        .http
        .get(bench.url("/__sim/sandboxes/kept"))
        .send()
        .await;
    let mut after: Value = after.unwrap().json().await.unwrap();
    // How far a clock that stands still is behind goes on changing.
    after["clock"]["aheadMs"] = before["clock"]["aheadMs"].clone();
    assert_eq!(after, before);
    assert_eq!(after["clock"]["now"], "2031-05-06T07:08:09Z");
    let url = TokenUrl::new(&bench.url("/hms/wv/rights/"), token).unwrap();
    let redeemed = bench.redeem(&url, &device(), &[KID]).await;
    assert_eq!(redeemed.status(), StatusCode::OK, "its tokens open still");
}

#[tokio::test]
async fn what_cannot_be_made_says_why() {
    let bench = &Bench::start().await;
    let make = async |new: Value| {
        let answer = control(bench, Method::POST, "/__sim/sandboxes", new).await;
        let status = answer.status();
        let body: Value = answer.json().await.unwrap();
        (status, body["error"].as_str().unwrap().to_owned())
    };
    let taken = crate::help::authenticator(Who::Test);
    for (new, status, why) in [
        (json!({ "name": "Not a name" }), 400, "1 to 64 of a-z"),
        (json!({ "name": "default" }), 409, "sandbox default already"),
        (json!({ "sed": 1 }), 400, "sed: there is no such name here"),
        (
            json!({ "accounts": [{ "environment": "staging" }] }),
            400,
            "staging",
        ),
        (
            json!({ "accounts": [{ "environment": "test", "authenticator": "1,secret" }] }),
            400,
            "32 hexadecimal digits",
        ),
        (
            json!({ "accounts": [{ "environment": "test", "authenticator": taken }] }),
            409,
            "sandbox default has account",
        ),
        (
            test_account(json!({ "unboundDrms": ["playready"] })),
            400,
            "no code to refuse playready with",
        ),
        (test_account(json!({ "credits": -1 })), 400, "credits"),
    ] {
        let (got, said) = make(new.clone()).await;
        assert_eq!(got.as_u16(), status, "{new}: {said}");
        assert!(said.contains(why), "{new}: {said}");
        assert!(!said.contains("secret"), "{said}");
    }
    let stays = control(bench, Method::DELETE, "/__sim/sandboxes/default", json!({})).await;
    assert_eq!(stays.status(), StatusCode::CONFLICT);
}

#[tokio::test]
async fn what_was_under_way_when_one_was_dropped_finds_nothing_in_its_namesake() {
    let bench = &Bench::start().await;
    let new = json!({ "name": "again", "accounts": [
        { "environment": "test", "authenticator": format!("7,{KEY}") },
    ] });
    let sandbox = Sandbox::make(bench, new.clone()).await;
    let token = sandbox.token(&[]).await;
    let slow = json!({ "effect": { "latency": { "ms": 3_600_000 } }, "call": "license" });
    sandbox.control(Method::POST, "/faults", slow).await;
    let device = device();
    let redeemed = sandbox.redeem(&token, &device);
    let dropped = async {
        sandbox.until_struck(1).await;
        control(bench, Method::DELETE, &sandbox.path(""), json!({})).await;
        Sandbox::make(bench, new).await
    };
    let (redeemed, namesake) = tokio::join!(redeemed, dropped);
    assert_eq!(redeemed, Err(-4010));
    assert_eq!(namesake.records().await.records, vec![]);
}

#[tokio::test]
async fn credits_that_an_earlier_start_has_left_go_on() {
    let folder = tempfile::tempdir().unwrap();
    let database = format!("sqlite://{}/simulator.db", folder.path().display());
    let left_by = async |account: String| {
        let account = account.parse().unwrap();
        let builder = Simulator::builder().database(&database).account(account);
        let bench = Bench::with(builder).await;
        let state = bench.http.get(bench.url("/__sim/sandboxes/default"));
        let state: Value = state.send().await.unwrap().json().await.unwrap();
        let accounts = state["accounts"].as_array().unwrap();
        let own = accounts.iter().find(|account| account["number"] == 77);
        let left = own.unwrap()["settings"]["credits"].clone();
        if left.is_u64() {
            let form = [("kid", KID), ("contentKey", KEY)];
            let authenticator = [("customerAuthenticator", format!("77,{KEY}"))];
            let call = bench.http.post(bench.url("/hms/wv/token"));
            let answer = call.query(&authenticator).form(&form).send().await.unwrap();
            let url: TokenUrl = answer.text().await.unwrap().parse().unwrap();
            bench.redeem(&url, &device(), &[KID]).await;
        }
        bench.simulator.stop().await;
        left
    };
    let account = format!("test=77,{KEY}");
    assert_eq!(left_by(format!("{account},credits=5")).await, 5);
    assert_eq!(left_by(format!("{account},credits=5")).await, 4);
    assert_eq!(
        left_by(format!("{account},credits=9")).await,
        3,
        "given once"
    );
    assert_eq!(left_by(account.clone()).await, Value::Null, "any number");
    assert_eq!(left_by(format!("{account},credits=9")).await, 9, "anew");
}
