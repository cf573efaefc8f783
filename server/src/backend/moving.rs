//! Step 4 once more, asked for by a page: a purchase moves to another device.

use app::{
    model::{Moving, Order},
    problem::Problem,
    workflow::{Act, Field, Occasion, Value},
};
use uuid::Uuid;

use super::Request;
use crate::{
    devices,
    entitlement::BOUND_TOKEN_LIFE,
    error::Error,
    moves::{self, DAYS_BETWEEN, NewMove},
    orders,
    shop::Shop,
    workflow::{Asked, Episode},
};

impl Request {
    pub(super) async fn move_page(&self, id: Uuid) -> Result<Moving, Error> {
        let Shop {
            db,
            catalogue,
            clock,
            cdm,
            ..
        } = &*self.shop;
        let viewer = self.signed_in().await?;
        let order = self.order(viewer, id).await?;
        let here = self.this_device(viewer).await?;
        let here = here.and_then(|device| device.device(None));
        let of_title = orders::of_title(db, viewer, &order.slug).await?;
        let to = here.as_ref().map_or(order.device_id, |here| here.device_id);
        let again_from = moves::again_from(db, id, clock.now()).await?;
        Ok(Moving {
            title: self.entry(&order.slug)?.title_in(self.browser.locale()),
            why_not: moves::can_go(&order, to, &of_title).err(),
            order: order.shown(catalogue, clock.now()),
            here,
            cdm: *cdm,
            again_from,
            days_between: DAYS_BETWEEN,
            token_seconds: BOUND_TOKEN_LIFE.as_secs(),
        })
    }

    /// Step 4 for this browser's device, then the purchase is bound to it. Whatever fails leaves
    /// it where it was.
    pub(super) async fn move_here(&self, id: Uuid) -> Result<Order, Error> {
        let workflow = &self.shop.workflow;
        let arrival = workflow.arrival();
        let viewer = self.signed_in().await?;
        let order = self.order(viewer, id).await?;
        let device = self.this_device(viewer).await?;
        let device = device.ok_or(Problem::NotRegistered)?;
        let occasion = Occasion::Move(self.entry(&order.slug)?.title.name.clone());
        let episode = workflow.begin(viewer, &device.cookie, id, occasion).await;
        let asked = Asked {
            act: Act::MoveOrder,
            path: "/api/move_order",
            fields: vec![Field::text("order", id.to_string())],
            noted: vec![
                Field::new("order.device_id", Value::Device(order.device_id)),
                Field::new("cookie", Value::Cookie(device.cookie.clone())),
            ],
        };
        let work = self.move_in(viewer, id, &device, &episode);
        episode.hear(arrival, asked, work, super::ordered).await
    }

    async fn move_in(
        &self,
        viewer: Uuid,
        order: Uuid,
        device: &devices::Registration,
        episode: &Episode,
    ) -> Result<Order, Error> {
        let Shop {
            db,
            entropy,
            catalogue,
            clock,
            ..
        } = &*self.shop;
        let device_id = self.device_on_record(device, episode).await?;
        let new = NewMove {
            id: entropy.uuid(),
            viewer,
            order,
            cookie: device.cookie.clone(),
            device_id,
        };
        let moved = moves::bind_anew(db, &new, clock.now()).await?;
        tracing::info!(
            step = 4, %order, cookie = %moved.cookie, device_id = %moved.device_id,
            "purchase bound to the device that was retrieved for it"
        );
        Ok(moved.shown(catalogue, clock.now()))
    }
}
