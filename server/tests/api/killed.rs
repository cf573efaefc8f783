//! `kill -9` at any moment: what was answered is there afterwards, and nothing is half made.

use std::{collections::HashMap, path::Path, sync::Arc};

use app::model::{HandOver, Registered, Registration};
use expressplay::{Client, DeviceId, KeyId, RecordQuery};
use reqwest::RequestBuilder;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use server::catalogue::{Catalogue, Clip};
use simulator::Entropy;
use sqlx::SqlitePool;
use tempfile::TempDir;
use tokio::{sync::watch, task::JoinSet};

use crate::common::{
    ALICE, BOB, Browser, GOOD_CARD,
    program::{AUTHENTICATOR, CATALOGUE, Running, server},
};

const KILLS: usize = 50;
const SHOPPERS: usize = 6;
/// A kill comes after 1 to this many requests of a round.
const MOMENTS: usize = 128;

/// What shoppers were told.
#[derive(Default)]
struct Told {
    /// The keys of orders that went through.
    orders: Vec<String>,
    /// Licences that came, by device and key.
    licences: HashMap<(DeviceId, KeyId), usize>,
}

impl Told {
    fn extend(&mut self, other: Self) {
        self.orders.extend(other.orders);
        for (what, count) in other.licences {
            *self.licences.entry(what).or_default() += count;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_fifty_times_under_load_it_loses_nothing_that_it_answered() {
    let folder = tempfile::tempdir().unwrap();
    let catalogue = Arc::new(Catalogue::read(Path::new(CATALOGUE)).unwrap());
    let entropy = Entropy::from_os();
    let mut told = Told::default();
    for _ in 0..KILLS {
        let mut running = start(&folder);
        let (sent, mut count) = watch::channel(0);
        let mut shoppers = JoinSet::new();
        for number in 0..SHOPPERS {
            let shopper = Shopper {
                browser: Browser::new(&running.url),
                sent: sent.clone(),
                told: Told::default(),
            };
            let email = if number % 2 == 0 { ALICE } else { BOB };
            shoppers.spawn(shopper.shop(email, Arc::clone(&catalogue)));
        }
        // Shoppers that fail before that moment have nobody left to count.
        drop(sent);
        let moment = 1 + usize::from(entropy.bytes::<1>()[0]) % MOMENTS;
        count.wait_for(|sent| *sent >= moment).await.unwrap();
        running.kill();
        shoppers
            .join_all()
            .await
            .into_iter()
            .for_each(|one| told.extend(one));
    }
    assert!(
        told.orders.len() >= KILLS,
        "too little was sold to prove anything"
    );
    assert!(
        told.licences.len() >= KILLS,
        "too little was played to prove anything"
    );

    let running = start(&folder);
    let recorded = recorded(&running).await;
    for (what, count) in &told.licences {
        let there = recorded.get(what).copied().unwrap_or_default();
        assert!(
            there >= *count,
            "{count} licences came, {there} are on record: {what:?}"
        );
    }
    check_orders(&folder, &told.orders).await;
}

fn start(folder: &TempDir) -> Running {
    let flags = [
        "--simulator-listen",
        "127.0.0.1:0",
        "--customer-authenticator",
        AUTHENTICATOR,
    ];
    Running::start(server(folder).args(flags))
}

/// Somebody who registers, buys and plays until the server is gone.
struct Shopper {
    browser: Browser,
    sent: watch::Sender<usize>,
    told: Told,
}

impl Shopper {
    async fn shop(mut self, email: &str, catalogue: Arc<Catalogue>) -> Told {
        // None: the server died.
        let _: Option<()> = self.until_it_dies(email, &catalogue).await;
        self.told
    }

    async fn until_it_dies(&mut self, email: &str, catalogue: &Catalogue) -> Option<()> {
        let form = [("email", email), ("password", "demo")];
        self.send(self.browser.form("/api/sign_in", &form)).await?;
        let begun: Registration = self.call("begin_registration", json!({})).await?;
        self.redeem(&begun.dummy.token_url, &catalogue.dummy)
            .await?;
        let _: Registered = self
            .call("finish_registration", json!({ "id": begun.id }))
            .await?;
        for entry in &catalogue.titles {
            let slug = entry.title.slug.as_str();
            let key = Entropy::from_os().uuid().to_string();
            let form = [
                ("slug", slug),
                ("kind", "buy"),
                ("order_key", &key),
                ("card_number", GOOD_CARD),
            ];
            let answer = self
                .send(self.browser.form("/api/place_order", &form))
                .await?;
            assert_eq!(answer, Some(format!("/watch/{slug}")));
            self.told.orders.push(key);
            let handed: HandOver = self.call("hand_over", json!({ "slug": slug })).await?;
            self.redeem(&handed.token_url, &entry.clip).await?;
        }
        Some(())
    }

    /// Where a form leads.
    async fn send(&self, request: RequestBuilder) -> Option<Option<String>> {
        self.count();
        self.browser
            .try_send(request)
            .await
            .ok()
            .map(|page| page.location)
    }

    async fn call<T: DeserializeOwned>(&self, function: &str, arguments: Value) -> Option<T> {
        self.count();
        let request = self.browser.json(function, &arguments);
        let page = self.browser.try_send(request).await.ok()?;
        // The simulator may be gone a moment before the shop is: then this is a problem.
        serde_json::from_str(&page.html).ok()
    }

    async fn redeem(&mut self, token_url: &str, clip: &Clip) -> Option<()> {
        self.count();
        self.browser
            .device
            .try_redeem(token_url, clip)
            .await
            .ok()?
            .ok()?;
        for key in &clip.keys {
            let what = (self.browser.device.id(), key.kid.clone());
            *self.told.licences.entry(what).or_default() += 1;
        }
        Some(())
    }

    fn count(&self) {
        self.sent.send_modify(|sent| *sent += 1);
    }
}

/// Every issued licence on record, by device and key.
async fn recorded(running: &Running) -> HashMap<(DeviceId, KeyId), usize> {
    let base = running.line("ExpressPlay, simulated: ").parse().unwrap();
    let client = Client::new(base, AUTHENTICATOR.parse().unwrap()).unwrap();
    let mut found = HashMap::new();
    for start in (0..).step_by(1000) {
        let records = client
            .records(&RecordQuery::Window {
                start,
                length: 1000,
            })
            .await
            .unwrap();
        for record in &records {
            let device = record.issued_to().unwrap();
            for kid in &record.kids {
                *found.entry((device, kid.clone())).or_default() += 1;
            }
        }
        if records.is_empty() {
            break;
        }
    }
    found
}

/// Every order has its payment and every payment its order, and none that was answered is missing.
async fn check_orders(folder: &TempDir, told: &[String]) {
    let path = folder.path().join("data/bindery.db");
    let database = SqlitePool::connect(&format!("sqlite://{}", path.display()))
        .await
        .unwrap();
    let whole: Vec<(String,)> = sqlx::query_as(
        "select o.order_key from orders o join payments p on p.order_id = o.id
         where p.amount_cents = o.price_cents",
    )
    .fetch_all(&database)
    .await
    .unwrap();
    let (orders, payments): (i64, i64) =
        sqlx::query_as("select (select count(*) from orders), (select count(*) from payments)")
            .fetch_one(&database)
            .await
            .unwrap();
    let count = i64::try_from(whole.len()).unwrap();
    assert_eq!((orders, payments), (count, count));
    for key in told {
        assert!(
            whole.contains(&(key.clone(),)),
            "an order that was answered is missing"
        );
    }
    check_integrity(&database).await;
    let file = folder.path().join("data/bindery-expressplay.db");
    let url = format!("sqlite://{}", file.display());
    check_integrity(&SqlitePool::connect(&url).await.unwrap()).await;
}

async fn check_integrity(database: &SqlitePool) {
    let (sound,): (String,) = sqlx::query_as("pragma integrity_check")
        .fetch_one(database)
        .await
        .unwrap();
    assert_eq!(sound, "ok");
}
