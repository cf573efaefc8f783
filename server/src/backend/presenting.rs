//! What the presenter's drawer shows, and does.

use std::sync::Arc;

use app::{
    model::Rental,
    presenter::{Act, COUNTDOWNS, Countdown, Presenting, RunsOut, drawer::countdowns_html},
    problem::{Problem, field},
    respond::status_of,
    slot::Slot,
};
use axum::{
    Router,
    extract::State,
    response::{Html, IntoResponse, Response},
    routing::get,
};
use http::{StatusCode, request::Parts};
use jiff::Timestamp;
use leptos_axum::ResponseOptions;
use uuid::Uuid;

use super::Request;
use crate::{
    browser::Browser,
    demo,
    error::Error,
    orders::{self, StoredOrder},
    presenter::Presenter,
    shop::Shop,
    web::rendered,
};

/// So many countdowns are shown, the soonest.
const SHOWN: usize = 8;

/// Where the drawer asks for its countdowns again.
pub(crate) fn routes(shop: Arc<Shop>) -> Router {
    Router::new()
        .route(COUNTDOWNS, get(countdowns))
        .with_state(shop)
}

/// 404 where the shop was not started for a presenter.
async fn countdowns(State(shop): State<Arc<Shop>>, parts: Parts) -> Response {
    let Some(browser) = Browser::of(&parts, ResponseOptions::default(), shop.https) else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    match Request::new(shop, browser).how_things_stand().await {
        Ok(Some(standing)) => Html(rendered(parts, || countdowns_html(&standing))).into_response(),
        Ok(None) => StatusCode::NOT_FOUND.into_response(),
        Err(error) => status_of(&error.into_problem()).into_response(),
    }
}

impl Request {
    pub(super) async fn how_things_stand(&self) -> Result<Option<Presenting>, Error> {
        let Some(presenter) = &self.shop.presenter else {
            return Ok(None);
        };
        let (now, ahead) = presenter.time();
        let account = self.account().await?;
        let countdowns = match &account {
            Some(account) => self.countdowns(account.id, now).await?,
            None => vec![],
        };
        let mut viewers = vec![];
        for (email, _) in demo::VIEWERS {
            let proof = self.shop.accounts.demo_viewer(email).await?;
            viewers.extend(proof.map(|proof| proof.account.viewer));
        }
        Ok(Some(Presenting {
            now,
            ahead,
            countdowns,
            troubles: presenter.troubles().await?,
            viewers,
        }))
    }

    pub(super) async fn press(&self, act: Act) -> Result<(), Error> {
        let presenter = self.presenter()?;
        tracing::info!(%act, "the presenter's drawer");
        match act {
            Act::Advance(by) => presenter.advance(by).await,
            Act::RealTime => presenter.set_to_real_time().await,
            Act::TurnOn(trouble) => presenter.turn(trouble, true).await,
            Act::TurnOff(trouble) => presenter.turn(trouble, false).await,
            Act::StartAfresh => {
                presenter.start_afresh(&self.shop.db).await?;
                // A demonstration begins on the first device; the other is at hand.
                self.browser.keep_slot(Slot::A);
                self.shop.workflow.tell_everybody();
                Ok(())
            }
            Act::Become(email) => {
                // Not anybody of the demo's: the lab's neighbour is no viewer.
                if demo::VIEWERS.iter().all(|(known, _)| *known != email) {
                    return Err(no_such().into());
                }
                let proof = self.shop.accounts.demo_viewer(&email).await?;
                self.begin_session(proof.ok_or_else(no_such)?).await?;
                Ok(())
            }
        }
    }

    fn presenter(&self) -> Result<&Presenter, Problem> {
        self.shop.presenter.as_ref().ok_or_else(no_such)
    }

    async fn countdowns(&self, viewer: Uuid, now: Timestamp) -> Result<Vec<Countdown>, Error> {
        let orders = orders::of_viewer(&self.shop.db, viewer).await?;
        let mut all: Vec<_> = orders
            .iter()
            .flat_map(|order| self.runs_out(order, now))
            .filter(|countdown| countdown.at > now)
            .collect();
        all.sort_by_key(|countdown| countdown.at);
        all.truncate(SHOWN);
        Ok(all)
    }

    fn runs_out(&self, order: &StoredOrder, now: Timestamp) -> impl Iterator<Item = Countdown> {
        let shown = order.shown(&self.shop.catalogue, now);
        let rental = match shown.rental {
            Some(Rental::Waiting { start_by }) => Some((RunsOut::StartWindow, start_by)),
            Some(Rental::Started { ends_at }) => Some((RunsOut::Play, ends_at)),
            Some(Rental::Over { .. }) | None => None,
        };
        let token = order.token_until.map(|at| (RunsOut::Token, at));
        let countdown = move |(what, at)| Countdown {
            title: shown.title.clone(),
            what,
            at,
        };
        rental.into_iter().chain(token).map(countdown)
    }
}

fn no_such() -> Problem {
    Problem::BadInput {
        field: field::REQUEST.to_owned(),
    }
}
