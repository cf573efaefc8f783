//! Step 4, asked for by a page: something is bought or rented.

use app::{
    model::{Checkout, Order, OrderForm, OrderKind, Slug, Title},
    problem::Problem,
    workflow::{Act, Field, Occasion, Value},
};
use expressplay::DeviceId;
use uuid::Uuid;

use super::Request;
use crate::{
    devices,
    error::Error,
    orders::{self, NewOrder},
    payment::Card,
    rental::TERMS,
    shop::Shop,
    workflow::{Asked, Episode},
};

/// An order that can be placed, if ExpressPlay says for which device.
struct Wanted<'a> {
    id: Uuid,
    viewer: Uuid,
    form: OrderForm,
    title: &'a Title,
    card: Card,
    device: devices::Registration,
}

impl Request {
    pub(super) async fn checkout_page(
        &self,
        slug: &Slug,
        kind: OrderKind,
    ) -> Result<Checkout, Error> {
        let devices = self.all_devices().await?;
        let title = self.entry(slug)?.title_in(self.browser.locale());
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

    /// Step 4, then payment and order in one. Whatever fails before leaves nothing behind.
    pub(super) async fn sell(&self, form: OrderForm) -> Result<Order, Error> {
        let Shop {
            db,
            catalogue,
            clock,
            entropy,
            workflow,
            ..
        } = &*self.shop;
        let arrival = workflow.arrival();
        let viewer = self.signed_in().await?;
        if let Some(order) = orders::of_key(db, viewer, form.order_key).await? {
            let device = self.chosen_device(viewer, form.device).await?;
            let device_id = device.finished.map(|(device_id, _)| device_id);
            order.is_for(&form.slug, form.kind, device_id)?;
            return Ok(order.shown(catalogue, clock.now()));
        }
        let title = &self.entry(&form.slug)?.title;
        let card = form.card_number.parse()?;
        let device = self.chosen_device(viewer, form.device).await?;
        let id = entropy.uuid();
        let occasion = Occasion::Order(title.name.clone());
        let episode = workflow.begin(viewer, &device.cookie, id, occasion).await;
        let asked = Asked {
            act: Act::PlaceOrder,
            path: "/api/place_order",
            fields: fields(&form),
            noted: vec![Field::new("cookie", Value::Cookie(device.cookie.clone()))],
        };
        let wanted = Wanted {
            id,
            viewer,
            form,
            title,
            card,
            device,
        };
        let work = self.sell_in(wanted, &episode);
        episode.hear(arrival, asked, work, super::ordered).await
    }

    async fn sell_in(&self, wanted: Wanted<'_>, episode: &Episode) -> Result<Order, Error> {
        let Shop {
            db,
            catalogue,
            clock,
            entropy,
            ..
        } = &*self.shop;
        let Wanted {
            id,
            viewer,
            form,
            title,
            card,
            device,
        } = wanted;
        let device_id = self.device_on_record(&device, episode).await?;
        // A rental that is over is no reason to charge nothing.
        for cookie in orders::cookies_of_open_rentals(db, viewer, &form.slug).await? {
            self.settle(&cookie, episode).await?;
        }
        let new = NewOrder {
            id,
            payment: entropy.uuid(),
            viewer,
            order_key: form.order_key,
            slug: form.slug,
            kind: form.kind,
            price: price(title, form.kind),
            cookie: device.cookie,
            device_id,
            card,
        };
        let order = orders::charge_and_order(db, &new, clock.now()).await?;
        Ok(order.shown(catalogue, clock.now()))
    }

    /// Step 4: the device that ExpressPlay's record names now.
    pub(super) async fn device_on_record(
        &self,
        device: &devices::Registration,
        episode: &Episode,
    ) -> Result<DeviceId, Error> {
        if device.two_devices {
            return Err(Problem::TwoDevices.into());
        }
        let entitlement = self.shop.entitlement.kept_in(episode);
        self.take_in(device, entitlement.device_of(&device.cookie).await)
            .await
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
}

fn fields(form: &OrderForm) -> Vec<Field> {
    let mut fields = vec![
        Field::text("slug", form.slug.to_string()),
        Field::text("kind", form.kind.as_path()),
        Field::text("order_key", form.order_key.to_string()),
    ];
    fields.extend(form.device.map(|id| Field::text("device", id.to_string())));
    fields.push(Field::new("card_number", Value::Secret));
    fields
}

const fn price(title: &Title, kind: OrderKind) -> app::model::Price {
    match kind {
        OrderKind::Buy => title.buy,
        OrderKind::Rent => title.rent,
    }
}
