//! One order: its receipt, and what became of it.

use app::{problem::Problem, receipt::OrderPage, workflow::Occasion};
use uuid::Uuid;

use super::Request;
use crate::{error::Error, orders, rental::TERMS, shop::Shop, workflow::Wanted};

impl Request {
    /// An order's page, of what the shop has kept: looking at it asks ExpressPlay nothing.
    pub(super) async fn order_page(&self, id: Uuid) -> Result<OrderPage, Error> {
        let Shop {
            db,
            catalogue,
            workflow,
            clock,
            ..
        } = &*self.shop;
        let account = self.account().await?.ok_or(Problem::SignedOut)?;
        let order = self.stored_order(account.id, id).await?;
        let wanted = Wanted {
            order: id,
            cookie: &order.cookie,
            clip: catalogue.entry(&order.slug).map(|entry| &entry.clip),
            bound_at: order.bound_at,
        };
        Ok(OrderPage {
            viewer: account.viewer,
            terms: TERMS,
            payment: orders::payment(db, id).await?,
            history: workflow.history(account.id, wanted).await?,
            order: order.shown(catalogue, clock.now()),
        })
    }

    /// Step 7 for an order whose viewer asks: the records are read anew.
    pub(super) async fn read_history(&self, id: Uuid) -> Result<(), Error> {
        let Shop {
            catalogue,
            workflow,
            entropy,
            clock,
            ..
        } = &*self.shop;
        let viewer = self.signed_in().await?;
        let order = self.stored_order(viewer, id).await?;
        let occasion = Occasion::Page(order.shown(catalogue, clock.now()).title);
        // Not under the order's own number: nothing is played in it.
        let subject = entropy.uuid();
        let episode = workflow
            .begin(viewer, &order.cookie, subject, occasion)
            .await;
        self.settle(&order.cookie, &episode).await
    }
}
