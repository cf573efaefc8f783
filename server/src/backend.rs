//! What the pages ask, answered for one request.

use std::sync::Arc;

use app::{
    backend::Backend,
    model::{
        Checkout, Device, Failure, HandOver, Order, OrderForm, OrderKind, Playing, Registration,
        Slug, Title, TitlePage, Viewer,
    },
    problem::Problem,
};
use async_trait::async_trait;
use expressplay::Cookie;
use uuid::Uuid;

use crate::{
    accounts::Account,
    browser::Browser,
    catalogue::Entry,
    devices::{self, Handle},
    error::Error,
    orders::{self, NewOrder, StoredOrder},
    payment::Card,
    rental::TERMS,
    shop::Shop,
};

/// The [`Backend`] of one request.
#[derive(Debug)]
pub struct Request {
    shop: Arc<Shop>,
    browser: Browser,
}

#[async_trait]
impl Backend for Request {
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

    async fn start_session(&self, email: &str, password: &str) -> Result<Viewer, Error> {
        let account = self.shop.accounts.sign_in(email, password).await?;
        self.browser.sign_in(account.id).await?;
        Ok(account.viewer)
    }

    async fn title_page(&self, slug: &Slug) -> Result<TitlePage, Error> {
        let title = self.entry(slug)?.title.clone();
        let now = self.shop.clock.now();
        let orders = match self.account().await? {
            Some(account) => orders::of_title(&self.shop.db, account.id, slug).await?,
            None => vec![],
        };
        let playable = orders.iter().filter(|order| order.left(now).is_ok());
        let orders = playable
            .map(|order| order.shown(&self.shop.catalogue, now))
            .collect();
        Ok(TitlePage {
            title,
            terms: TERMS,
            orders,
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
        let here = self
            .this_device(viewer)
            .await?
            .and_then(|device| device.finished);
        devices::of_viewer(&self.shop.db, viewer, here.map(|(device_id, _)| device_id)).await
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
        let token = entitlement.dummy_token(&cookie, &catalogue.dummy).await?;
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
            .ok_or(Problem::NoSuchDevice)?;
        if begun.two_devices {
            return Err(Problem::TwoDevices.into());
        }
        let again = begun.finished.is_some();
        let answer = entitlement.dummy_license(&begun.cookie, again).await;
        let answer = answer.and_then(|record| begun.agrees_with(record));
        let device_id = self.remembered(&begun.cookie, answer).await?;
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
        Ok(Checkout {
            price: price(&title, kind),
            title,
            kind,
            terms: TERMS,
            devices,
            order_key: self.shop.entropy.uuid(),
        })
    }

    /// An answer about a cookie. That two devices were seen is kept: a later answer may not show it.
    async fn remembered<T>(&self, cookie: &Cookie, answer: Result<T, Error>) -> Result<T, Error> {
        if matches!(answer, Err(Error::Viewer(Problem::TwoDevices))) {
            devices::note_two_devices(&self.shop.db, cookie, self.shop.clock.now()).await?;
        }
        answer
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
        let answer = answer.and_then(|record| device.agrees_with(record));
        let device_id = self.remembered(&device.cookie, answer).await?;
        self.cross_check_rentals(viewer, &form.slug).await?;
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

    /// Looks for the start of every rental of a title: one that is over is no reason to charge
    /// nothing.
    async fn cross_check_rentals(&self, viewer: Uuid, slug: &Slug) -> Result<(), Error> {
        for order in orders::of_title(&self.shop.db, viewer, slug).await? {
            if order.kind == OrderKind::Rent {
                self.cross_checked(order).await?;
            }
        }
        Ok(())
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
        let mut problem = Problem::NotBought;
        for order in self.by_preference(viewer, slug).await? {
            // Before every token: else plays could crowd a second device out of the answer unseen.
            let order = self.looked_up(order).await?;
            let left = match order.left(clock.now()) {
                Ok(left) => left,
                Err(over) => {
                    problem = over;
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
        Err(problem.into())
    }

    /// A viewer's orders of a title: this browser's device first, purchases first, newest first.
    async fn by_preference(&self, viewer: Uuid, slug: &Slug) -> Result<Vec<StoredOrder>, Error> {
        let here = self
            .this_device(viewer)
            .await?
            .and_then(|device| device.finished);
        let here = here.map(|(device_id, _)| device_id);
        let mut orders = orders::of_title(&self.shop.db, viewer, slug).await?;
        orders.sort_by_key(|order| (Some(order.device_id) != here, order.kind == OrderKind::Rent));
        Ok(orders)
    }

    /// Step 7, where it is still of interest: see [`Self::looked_up`].
    async fn cross_checked(&self, order: StoredOrder) -> Result<StoredOrder, Error> {
        match order.unchecked_sale() {
            Some(_) => self.looked_up(order).await,
            None => Ok(order),
        }
    }

    /// Step 7, as the record shows it: the order, with the time of its first licence if there is
    /// one by now. Two devices under its cookie are noted; what was sold before stays sold.
    async fn looked_up(&self, order: StoredOrder) -> Result<StoredOrder, Error> {
        let Ok(entry) = self.entry(&order.slug) else {
            return Ok(order);
        };
        let Shop {
            db,
            entitlement,
            clock,
            ..
        } = &*self.shop;
        let found = entitlement
            .cross_check(order.id, &order.cookie, order.unchecked_sale(), &entry.clip)
            .await?;
        if found.two_devices {
            devices::note_two_devices(db, &order.cookie, clock.now()).await?;
        }
        match found.licensed_at {
            Some(at) => {
                orders::note_license(db, order.id, at).await?;
                Ok(StoredOrder {
                    licensed_at: Some(at),
                    ..order
                })
            }
            None => Ok(order),
        }
    }

    /// What the player's question is answered with. It plays on while ExpressPlay is down: what
    /// is known already still holds.
    async fn time_left(&self, id: Uuid) -> Result<Playing, Error> {
        let viewer = self.signed_in().await?;
        let order = orders::find(&self.shop.db, viewer, id)
            .await?
            .ok_or(Problem::NoSuchOrder)?;
        let order = match self.cross_checked(order.clone()).await {
            Err(cause @ Error::ExpressPlay(_)) => {
                tracing::warn!(%cause, order = %id, "the start of a rental cannot be looked up now");
                order
            }
            checked => checked?,
        };
        let left = order.left(self.shop.clock.now())?;
        let started = left.filter(|_| order.licensed_at.is_some());
        let remaining_ms = started.map(|left| u64::try_from(left.play.as_millis()).unwrap_or(0));
        Ok(Playing { remaining_ms })
    }
}

const fn price(title: &Title, kind: OrderKind) -> app::model::Price {
    match kind {
        OrderKind::Buy => title.buy,
        OrderKind::Rent => title.rent,
    }
}
