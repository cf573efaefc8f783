//! A viewer with an order, who exists for the lab: nobody can sign in as the neighbour, whose order
//! is as real as any in the database.

use app::model::{OrderKind, Title};
use expressplay::{Cookie, DeviceId};
use uuid::Uuid;

use crate::{
    error::Error,
    orders::{self, NewOrder},
    shop::Shop,
};

/// A name that no mail reaches (RFC 2606, section 2).
const EMAIL: &str = "neighbour@lab.invalid";
const NAME: &str = "The neighbour";
const CARD: &str = "4242424242424242";

/// The neighbour's order of a title; it is made the first time that somebody tries to steal it.
pub(crate) async fn order(shop: &Shop, title: &Title) -> Result<Uuid, Error> {
    let viewer = find(shop).await?;
    let new = NewOrder {
        id: shop.entropy.uuid(),
        payment: shop.entropy.uuid(),
        viewer,
        // One neighbour, one order.
        order_key: viewer,
        slug: title.slug.clone(),
        kind: OrderKind::Buy,
        price: title.buy,
        cookie: Cookie::from_random(shop.entropy.bytes()),
        device_id: DeviceId::from_bytes(viewer.into_bytes())
            .map_err(|_| Error::Row("neighbour's device"))?,
        card: CARD.parse()?,
    };
    if let Some(order) = orders::of_key(&shop.db, viewer, new.order_key).await? {
        return Ok(order.id);
    }
    let order = orders::charge_and_order(&shop.db, &new, shop.clock.now()).await?;
    Ok(order.id)
}

async fn find(shop: &Shop) -> Result<Uuid, Error> {
    if let Some(viewer) = shop.accounts.number_of(EMAIL).await? {
        return Ok(viewer);
    }
    let password = hex::encode(shop.entropy.bytes::<32>());
    // Another request may have been first: then there is one, too.
    shop.accounts.add_demo(EMAIL, NAME, &password).await?;
    let viewer = shop.accounts.number_of(EMAIL).await?;
    viewer.ok_or(Error::Row("neighbour"))
}
