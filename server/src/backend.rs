//! What the pages ask, answered for one request.

use std::{sync::Arc, time::Duration};

use app::{
    backend::Backend,
    i18n::Locale,
    model::{
        Cdm, Checkout, Device, Failure, HandOver, Order, OrderForm, OrderKind, Playing,
        Registration, Slug, Title, TitlePage, Viewer,
    },
    problem::Problem,
};
use async_trait::async_trait;
use expressplay::{Cookie, DeviceId, client::CookieCarrier};
use uuid::Uuid;

use crate::{
    accounts::Account,
    browser::Browser,
    catalogue::Entry,
    devices::{self, Handle},
    error::Error,
    orders::{self, NewOrder, StoredOrder},
    payment::Card,
    records::Reading,
    rental::TERMS,
    shop::Shop,
};

/// How long a page waits for what it can do without.
const PAGE_WAITS: Duration = Duration::from_secs(1);

/// The [`Backend`] of one request.
#[derive(Debug)]
pub struct Request {
    shop: Arc<Shop>,
    browser: Browser,
}

#[async_trait]
impl Backend for Request {
    fn cdm(&self) -> Cdm {
        self.shop.cdm
    }

    async fn viewer(&self) -> Result<Option<Viewer>, Problem> {
        let account = self.account().await.map_err(Error::into_problem)?;
        Ok(account.map(|account| account.viewer))
    }

    async fn sign_in(&self, email: &str, password: &str) -> Result<Viewer, Problem> {
        self.start_session(email, password)
            .await
            .map_err(Error::into_problem)
    }

    async fn sign_out(&self) -> Result<(), Problem> {
        self.browser.sign_out().await.map_err(Error::into_problem)
    }

    fn keep_locale(&self, locale: Locale) {
        self.browser.keep_locale(locale);
    }

    async fn leave_failure(&self, failure: Failure) -> Result<(), Problem> {
        self.browser
            .leave_failure(failure)
            .await
            .map_err(Error::into_problem)
    }

    async fn take_failure(&self) -> Result<Option<Failure>, Problem> {
        self.browser
            .take_failure()
            .await
            .map_err(Error::into_problem)
    }

    async fn titles(&self) -> Result<Vec<Title>, Problem> {
        Ok(self
            .shop
            .catalogue
            .titles
            .iter()
            .map(|entry| entry.title.clone())
            .collect())
    }

    async fn title(&self, slug: &Slug) -> Result<TitlePage, Problem> {
        self.title_page(slug).await.map_err(Error::into_problem)
    }

    async fn orders(&self) -> Result<Vec<Order>, Problem> {
        self.all_orders().await.map_err(Error::into_problem)
    }

    async fn devices(&self) -> Result<Vec<Device>, Problem> {
        self.all_devices().await.map_err(Error::into_problem)
    }

    async fn begin_registration(&self) -> Result<Registration, Problem> {
        self.begin().await.map_err(Error::into_problem)
    }

    async fn finish_registration(&self, id: Uuid) -> Result<Device, Problem> {
        self.finish(id).await.map_err(Error::into_problem)
    }

    async fn checkout(&self, slug: &Slug, kind: OrderKind) -> Result<Checkout, Problem> {
        self.checkout_page(slug, kind)
            .await
            .map_err(Error::into_problem)
    }

    async fn place_order(&self, form: OrderForm) -> Result<Order, Problem> {
        self.sell(form).await.map_err(Error::into_problem)
    }

    async fn hand_over(&self, slug: &Slug) -> Result<HandOver, Problem> {
        self.bind_and_hand_over(slug)
            .await
            .map_err(Error::into_problem)
    }

    async fn playing(&self, order: Uuid) -> Result<Playing, Problem> {
        self.time_left(order).await.map_err(Error::into_problem)
    }
}

impl Request {
    /// The shop, as one browser's request sees it.
    #[must_use]
    pub const fn new(shop: Arc<Shop>, browser: Browser) -> Self {
        Self { shop, browser }
    }

    async fn account(&self) -> Result<Option<Account>, Error> {
        match self.browser.viewer().await? {
            Some(id) => self.shop.accounts.find(id).await,
            None => Ok(None),
        }
    }

    /// The number of the viewer who is signed in.
    async fn signed_in(&self) -> Result<Uuid, Error> {
        let account = self.account().await?;
        Ok(account.ok_or(Problem::SignedOut)?.id)
    }

    fn entry(&self, slug: &Slug) -> Result<&Entry, Problem> {
        self.shop.catalogue.entry(slug).ok_or(Problem::NoSuchTitle)
    }

    /// Which of the viewer's devices this browser is: to choose by, and to show.
    async fn this_device(&self, viewer: Uuid) -> Result<Option<devices::Registration>, Error> {
        match self.browser.handle(viewer) {
            Some(handle) => devices::of_handle(&self.shop.db, viewer, &handle).await,
            None => Ok(None),
        }
    }

    async fn this_device_id(&self, viewer: Uuid) -> Result<Option<DeviceId>, Error> {
        let device = self.this_device(viewer).await?;
        Ok(device.and_then(|device| device.finished).map(|(id, _)| id))
    }

    async fn start_session(&self, email: &str, password: &str) -> Result<Viewer, Error> {
        let accounts = &self.shop.accounts;
        let viewer = accounts.number_of(email).await?;
        let own_device = match viewer {
            Some(viewer) => self.this_device(viewer).await?.map(|device| device.id),
            None => None,
        };
        let account = accounts.sign_in(email, password, own_device).await?;
        self.browser.sign_in(account.id).await?;
        Ok(account.viewer)
    }

    async fn title_page(&self, slug: &Slug) -> Result<TitlePage, Error> {
        let title = self.entry(slug)?.title.clone();
        let (mut orders, mut this_device) = (vec![], None);
        if let Some(account) = self.account().await? {
            self.settle_soon(account.id, slug).await?;
            this_device = self.this_device_id(account.id).await?;
            orders = self.by_preference(account.id, slug).await?;
        }
        let now = self.shop.clock.now();
        let over = orders.iter().find_map(|order| order.left(now).err());
        orders.retain(|order| order.left(now).is_ok());
        Ok(TitlePage {
            title,
            terms: TERMS,
            why_not: orders
                .is_empty()
                .then_some(over.unwrap_or(Problem::NotBought)),
            orders: orders
                .iter()
                .map(|order| order.shown(&self.shop.catalogue, now))
                .collect(),
            this_device,
        })
    }

    async fn all_orders(&self) -> Result<Vec<Order>, Error> {
        let Some(account) = self.account().await? else {
            return Ok(vec![]);
        };
        let orders = orders::of_viewer(&self.shop.db, account.id).await?;
        let now = self.shop.clock.now();
        Ok(orders
            .iter()
            .map(|order| order.shown(&self.shop.catalogue, now))
            .collect())
    }

    async fn all_devices(&self) -> Result<Vec<Device>, Error> {
        let viewer = self.signed_in().await?;
        let here = self.this_device_id(viewer).await?;
        devices::of_viewer(&self.shop.db, viewer, here).await
    }

    /// Steps 1 and 2.
    async fn begin(&self) -> Result<Registration, Error> {
        let viewer = self.signed_in().await?;
        let Shop {
            db,
            entitlement,
            catalogue,
            clock,
            ..
        } = &*self.shop;
        let cookie = entitlement.cookie();
        let token = entitlement
            .dummy_token(&cookie, CookieCarrier::Header, &catalogue.dummy)
            .await?;
        let id = self.shop.entropy.uuid();
        devices::begin(db, viewer, id, &cookie, clock.now()).await?;
        let dummy = HandOver {
            manifest: catalogue.dummy.manifest.clone(),
            token_url: token.reveal(),
            cdm: self.shop.cdm,
            order: None,
        };
        Ok(Registration { id, dummy })
    }

    /// Step 3, as the record shows it.
    async fn finish(&self, id: Uuid) -> Result<Device, Error> {
        let viewer = self.signed_in().await?;
        let Shop {
            db,
            entitlement,
            entropy,
            clock,
            ..
        } = &*self.shop;
        let begun = devices::find(db, viewer, id)
            .await?
            .filter(|registration| registration.can_be_finished(clock.now()))
            .ok_or(Problem::NoSuchDevice)?;
        if begun.two_devices {
            return Err(Problem::TwoDevices.into());
        }
        let answer = entitlement.dummy_license(&begun.cookie).await;
        let device_id = self.take_in(&begun, answer).await?;
        let handle = Handle::new(entropy.bytes());
        devices::finish(db, id, device_id, &handle, clock.now()).await?;
        if let Some(replaced) = self.browser.handle(viewer) {
            devices::forget(db, &replaced).await?;
        }
        self.browser.give_handle(viewer, &handle);
        let finished = devices::find(db, viewer, id).await?;
        finished
            .and_then(|registration| registration.device(Some(device_id)))
            .ok_or(Error::Row("device"))
    }

    async fn checkout_page(&self, slug: &Slug, kind: OrderKind) -> Result<Checkout, Error> {
        let devices = self.all_devices().await?;
        let title = self.entry(slug)?.title.clone();
        let viewer = self.signed_in().await?;
        let here = self.this_device_id(viewer).await?;
        let had = orders::of_title(&self.shop.db, viewer, slug).await?;
        let now = self.shop.clock.now();
        let had = had
            .iter()
            .any(|order| here.is_some_and(|here| order.serves(kind, here, now)));
        Ok(Checkout {
            had,
            price: price(&title, kind),
            title,
            kind,
            terms: TERMS,
            devices,
            cdm: self.shop.cdm,
            order_key: self.shop.entropy.uuid(),
        })
    }

    /// The device that an answer about a registration's cookie names. Two devices, another than
    /// before, or a gap that can hide one: each is noted, and stops the registration for good.
    async fn take_in(
        &self,
        registration: &devices::Registration,
        answer: Result<(DeviceId, Reading), Error>,
    ) -> Result<DeviceId, Error> {
        let noted = async {
            let (device_id, reading) = answer?;
            self.note(&reading).await?;
            registration.agrees_with(device_id)
        };
        let noted = noted.await;
        if matches!(noted, Err(Error::Viewer(Problem::TwoDevices))) {
            self.note_two_devices(&registration.cookie).await?;
        }
        noted
    }

    async fn note_two_devices(&self, cookie: &Cookie) -> Result<(), Error> {
        tracing::warn!(%cookie, "two devices under one cookie, or a gap that can hide one");
        devices::note_two_devices(&self.shop.db, cookie, self.shop.clock.now()).await
    }

    /// Step 4, then payment and order in one. Whatever fails before leaves nothing behind.
    async fn sell(&self, form: OrderForm) -> Result<Order, Error> {
        let viewer = self.signed_in().await?;
        let Shop {
            db,
            entitlement,
            catalogue,
            clock,
            entropy,
            ..
        } = &*self.shop;
        if let Some(order) = orders::of_key(db, viewer, form.order_key).await? {
            let device = self.chosen_device(viewer, form.device).await?;
            let device_id = device.finished.map(|(device_id, _)| device_id);
            order.is_for(&form.slug, form.kind, device_id)?;
            return Ok(order.shown(catalogue, clock.now()));
        }
        let entry = self.entry(&form.slug)?;
        let card: Card = form.card_number.parse()?;
        let device = self.chosen_device(viewer, form.device).await?;
        if device.two_devices {
            return Err(Problem::TwoDevices.into());
        }
        let answer = entitlement.device_of(&device.cookie).await;
        let device_id = self.take_in(&device, answer).await?;
        // A rental that is over is no reason to charge nothing.
        self.settle_rentals(viewer, &form.slug).await?;
        let new = NewOrder {
            id: entropy.uuid(),
            payment: entropy.uuid(),
            viewer,
            order_key: form.order_key,
            slug: form.slug,
            kind: form.kind,
            price: price(&entry.title, form.kind),
            cookie: device.cookie,
            device_id,
            card,
        };
        let order = orders::charge_and_order(db, &new, clock.now()).await?;
        Ok(order.shown(catalogue, clock.now()))
    }

    async fn chosen_device(
        &self,
        viewer: Uuid,
        chosen: Option<Uuid>,
    ) -> Result<devices::Registration, Error> {
        let Some(id) = chosen else {
            return Ok(self
                .this_device(viewer)
                .await?
                .ok_or(Problem::NotRegistered)?);
        };
        let found = devices::find(&self.shop.db, viewer, id).await?;
        let finished = found.filter(|registration| registration.finished.is_some());
        Ok(finished.ok_or(Problem::NoSuchDevice)?)
    }

    /// Steps 5 and 6, for the best of the viewer's orders that can be played.
    async fn bind_and_hand_over(&self, slug: &Slug) -> Result<HandOver, Error> {
        let viewer = self.signed_in().await?;
        let Shop {
            db,
            entitlement,
            catalogue,
            clock,
            cdm,
            ..
        } = &*self.shop;
        let clip = &self.entry(slug)?.clip;
        let mut over = None;
        for order in self.by_preference(viewer, slug).await? {
            // Before every token: else plays could crowd out of the answer, unseen, a second device
            // or the start of a rental. What has run its time needs no token, and no look.
            let order = match order.has_ended(clock.now()) {
                true => order,
                false => {
                    self.settle(&order.cookie).await?;
                    self.order(viewer, order.id).await?
                }
            };
            let left = match order.left(clock.now()) {
                Ok(left) => left,
                Err(problem) => {
                    over.get_or_insert(problem);
                    continue;
                }
            };
            let binding = order.binding(left);
            let token = entitlement.bound_token(&binding, clip).await?;
            let now = clock.now();
            orders::note_hand_over(db, order.id, now).await?;
            let order = order.shown(catalogue, now);
            return Ok(entitlement.hand_over(&token, &binding, clip, *cdm, order));
        }
        Err(over.unwrap_or(Problem::NotBought).into())
    }

    async fn order(&self, viewer: Uuid, id: Uuid) -> Result<StoredOrder, Error> {
        let order = orders::find(&self.shop.db, viewer, id).await?;
        Ok(order.ok_or(Problem::NoSuchOrder)?)
    }

    /// A viewer's orders of a title: this browser's device first, purchases first, newest first.
    async fn by_preference(&self, viewer: Uuid, slug: &Slug) -> Result<Vec<StoredOrder>, Error> {
        let here = self.this_device_id(viewer).await?;
        let mut orders = orders::of_title(&self.shop.db, viewer, slug).await?;
        orders.sort_by_key(|order| (Some(order.device_id) != here, order.kind == OrderKind::Rent));
        Ok(orders)
    }

    /// [`Self::settle_rentals`] for a page, which does not wait long.
    async fn settle_soon(&self, viewer: Uuid, slug: &Slug) -> Result<(), Error> {
        let settled = self.settle_rentals(viewer, slug);
        match tokio::time::timeout(PAGE_WAITS, settled).await {
            Ok(settled) => as_far_as_known(settled),
            Err(_) => Ok(()),
        }
    }

    /// Step 7, for every rental of a title whose start is not known yet.
    async fn settle_rentals(&self, viewer: Uuid, slug: &Slug) -> Result<(), Error> {
        for cookie in orders::cookies_of_open_rentals(&self.shop.db, viewer, slug).await? {
            self.settle(&cookie).await?;
        }
        Ok(())
    }

    /// Step 7, as the records for a cookie show it now. What was sold before stays sold.
    async fn settle(&self, cookie: &Cookie) -> Result<(), Error> {
        let reading = self.shop.entitlement.cross_check(cookie).await?;
        match self.note(&reading).await {
            Err(Error::Viewer(Problem::TwoDevices)) => self.note_two_devices(cookie).await,
            noted => noted,
        }
    }

    /// Notes all that a reading says: first the licences of what was sold under its cookie, then
    /// how far was read.
    ///
    /// The orders are looked for after the reading: whatever it holds a licence for was handed
    /// over before.
    async fn note(&self, reading: &Reading) -> Result<(), Error> {
        let Shop {
            db,
            entitlement,
            catalogue,
            ..
        } = &*self.shop;
        let cookie = &reading.cookie;
        let gap = reading.has_gap(devices::last_event(db, cookie).await?.as_ref());
        for order in orders::open_under(db, cookie).await? {
            let sale = order.open_sale(catalogue);
            let at = sale.and_then(|sale| entitlement.licensed(reading, &sale, gap));
            if let Some(at) = at {
                orders::note_license(db, order.id, at).await?;
            }
        }
        if let Some(newest) = reading.newest() {
            devices::note_last_event(db, cookie, newest).await?;
        }
        reading.device()?;
        match gap {
            true => Err(Problem::TwoDevices.into()),
            false => Ok(()),
        }
    }

    /// What the player's question is answered with. It plays on while ExpressPlay is down.
    async fn time_left(&self, id: Uuid) -> Result<Playing, Error> {
        let viewer = self.signed_in().await?;
        let mut order = self.order(viewer, id).await?;
        if order.licensed_at.is_none() {
            as_far_as_known(self.settle(&order.cookie).await)?;
            order = self.order(viewer, id).await?;
        }
        let left = order.left(self.shop.clock.now())?;
        let started = left.filter(|_| order.licensed_at.is_some());
        let remaining_ms = started.map(|left| u64::try_from(left.play.as_millis()).unwrap_or(0));
        Ok(Playing { remaining_ms })
    }
}

/// While ExpressPlay is down, what is known already still holds.
fn as_far_as_known(settled: Result<(), Error>) -> Result<(), Error> {
    match settled {
        Err(cause @ Error::ExpressPlay(_)) => {
            tracing::warn!(%cause, "the records cannot be looked at now");
            Ok(())
        }
        settled => settled,
    }
}

const fn price(title: &Title, kind: OrderKind) -> app::model::Price {
    match kind {
        OrderKind::Buy => title.buy,
        OrderKind::Rent => title.rent,
    }
}
