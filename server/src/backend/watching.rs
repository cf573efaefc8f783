//! How far a viewer has come: told by the player, and asked for by the pages.

use std::sync::Arc;

use app::watching::position::{Position, TELL};
use axum::{
    Form, Router,
    extract::State,
    response::{IntoResponse, Response},
    routing::post,
};
use http::{StatusCode, request::Parts};
use leptos_axum::ResponseOptions;
use serde::Deserialize;
use uuid::Uuid;

use super::Request;
use crate::{
    browser::Browser,
    error::Error,
    orders::{self, StoredOrder},
    positions::{self, Told},
    shop::Shop,
};

/// What the player tells.
#[derive(Debug, Deserialize)]
struct Telling {
    /// The number of the order that it plays under.
    order: Uuid,
    /// How far it has come.
    seconds: u32,
}

/// Where the player tells how far it has come.
pub(crate) fn routes(shop: Arc<Shop>) -> Router {
    Router::new().route(TELL, post(hear)).with_state(shop)
}

/// Answers without a body, which nobody reads: the page may be gone by now.
async fn hear(
    State(shop): State<Arc<Shop>>,
    parts: Parts,
    Form(telling): Form<Telling>,
) -> Response {
    let Some(browser) = Browser::of(&parts, ResponseOptions::default(), shop.https) else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    match Request::new(shop, browser).hear_position(telling).await {
        Ok(()) => StatusCode::NO_CONTENT.into_response(),
        Err(error) => app::respond::status_of(&error.into_problem()).into_response(),
    }
}

impl Request {
    /// Keeps how far a film has come under an order, if that is the viewer's and not over. If it is
    /// not, or nobody is signed in any more, there is nothing to keep, and nothing wrong: a page may
    /// outlive its session and its rental.
    async fn hear_position(&self, Telling { order, seconds }: Telling) -> Result<(), Error> {
        let (db, now) = (&self.shop.db, self.shop.clock.now());
        let Some(account) = self.account().await? else {
            return Ok(());
        };
        let order = orders::find(db, account.id, order).await?;
        let Some(order) = order.filter(|order| order.left(now).is_ok()) else {
            return Ok(());
        };
        let position = Position {
            whole: self.entry(&order.slug)?.title.seconds,
            slug: order.slug,
            seconds,
        };
        positions::keep(db, account.id, &position, now).await
    }

    /// The films that the viewer is in the middle of, and can go on with.
    pub(super) async fn midway(&self) -> Result<Vec<Position>, Error> {
        let Some(account) = self.account().await? else {
            return Ok(vec![]);
        };
        let told = positions::of_viewer(&self.shop.db, account.id).await?;
        let orders = orders::of_viewer(&self.shop.db, account.id).await?;
        let now = self.shop.clock.now();
        Ok(told
            .into_iter()
            .filter(|told| told.position.is_midway())
            .filter(|told| {
                orders
                    .iter()
                    .any(|order| goes_on(told, order) && order.left(now).is_ok())
            })
            .map(|told| told.position)
            .collect())
    }
}

/// Whether a position was reached under an order: a new rental starts at the beginning.
fn goes_on(told: &Told, order: &StoredOrder) -> bool {
    order.slug == told.position.slug && order.ordered_at <= told.at
}
