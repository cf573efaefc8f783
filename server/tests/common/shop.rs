//! A storefront on a free port, with a database that goes away with it.

use std::{
    net::{Ipv4Addr, SocketAddr},
    path::Path,
    time::Duration,
};

use app::model::Slug;
use expressplay::{Client, Cookie, CustomerAuthenticator, Record, RecordQuery, client::BaseUrl};
use server::{
    ExpressPlay, Settings, Storefront,
    catalogue::{Catalogue, Clip},
    entitlement::Patience,
};
use simulator::Simulator;
use sqlx::SqlitePool;
use tempfile::TempDir;
use uuid::Uuid;

use super::{Browser, log};

pub(crate) const ANY_PORT: SocketAddr =
    SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 0);
const CATALOGUE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../media/catalogue.toml");

pub(crate) struct TestShop {
    pub(crate) storefront: Storefront,
    pub(crate) catalogue: Catalogue,
    pub(crate) authenticator: CustomerAuthenticator,
    pub(crate) database: SqlitePool,
    pub(crate) folder: TempDir,
}

impl TestShop {
    /// With an embedded simulator, whose clock it follows.
    pub(crate) async fn open() -> Self {
        Self::open_with(|_| ()).await
    }

    /// With another ExpressPlay.
    pub(crate) async fn open_at(expressplay: &str, authenticator: &CustomerAuthenticator) -> Self {
        let base: BaseUrl = expressplay.parse().unwrap();
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

    pub(crate) async fn open_with(change: impl FnOnce(&mut Settings)) -> Self {
        log::keep();
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}", folder.path().join("shop.db").display());
        let mut settings = Settings::embedded(ANY_PORT, &url, ANY_PORT);
        if let ExpressPlay::Embedded { test_controls, .. } = &mut settings.expressplay {
            *test_controls = true;
        }
        settings.catalogue = CATALOGUE.into();
        settings.site = folder.path().join("site");
        settings.client.timeout = Duration::from_secs(30);
        settings.client.retries = 0;
        settings.patience = impatient();
        change(&mut settings);
        let (ExpressPlay::Embedded { authenticator, .. }
        | ExpressPlay::Elsewhere { authenticator, .. }) = settings.expressplay.clone();
        Self {
            storefront: Storefront::start(settings).await.unwrap(),
            catalogue: Catalogue::read(Path::new(CATALOGUE)).unwrap(),
            authenticator,
            database: SqlitePool::connect(&url).await.unwrap(),
            folder,
        }
    }

    pub(crate) fn simulator(&self) -> &Simulator {
        self.storefront.simulator().unwrap()
    }

    pub(crate) fn browser(&self) -> Browser {
        Browser::new(&self.storefront.url())
    }

    /// A browser in which a viewer is signed in.
    pub(crate) async fn browser_of(&self, email: &str) -> Browser {
        let browser = self.browser();
        browser.sign_in(email, "demo").await;
        browser
    }

    pub(crate) fn clip(&self, slug: &str) -> &Clip {
        let slug: Slug = slug.parse().unwrap();
        &self.catalogue.entry(&slug).unwrap().clip
    }

    /// ExpressPlay's records for a cookie, issued licences only.
    pub(crate) async fn records_of(&self, cookie: &str) -> Vec<Record> {
        let cookie: Cookie = cookie.parse().unwrap();
        self.records(&RecordQuery::Cookie(cookie)).await
    }

    pub(crate) async fn records(&self, query: &RecordQuery) -> Vec<Record> {
        let base = self.simulator().url().parse().unwrap();
        let client = Client::new(base, self.authenticator.clone()).unwrap();
        client.records(query).await.unwrap()
    }

    pub(crate) async fn count(&self, table: &str) -> i64 {
        let (count,) = sqlx::query_as(&format!("select count(*) from {table}"))
            .fetch_one(&self.database)
            .await
            .unwrap();
        count
    }

    /// A viewer's number.
    pub(crate) async fn viewer(&self, email: &str) -> Uuid {
        let (id,): (String,) = sqlx::query_as("select id from viewers where email = ?")
            .bind(email)
            .fetch_one(&self.database)
            .await
            .unwrap();
        id.parse().unwrap()
    }

    /// The cookies of the viewers' registrations, newest first.
    pub(crate) async fn cookies(&self) -> Vec<String> {
        let rows: Vec<(String,)> =
            sqlx::query_as("select cookie from devices order by begun_at desc, rowid desc")
                .fetch_all(&self.database)
                .await
                .unwrap();
        rows.into_iter().map(|(cookie,)| cookie).collect()
    }

    pub(crate) async fn cookie(&self) -> String {
        self.cookies().await.remove(0)
    }

    pub(crate) fn advance(&self, hours: u64) {
        self.storefront
            .clock()
            .advance(Duration::from_secs(hours * 3600));
    }
}

/// Waits so short that a test can see them run out.
fn impatient() -> Patience {
    Patience {
        first: Duration::from_millis(5),
        longest: Duration::from_millis(20),
        total: Duration::from_millis(60),
    }
}
