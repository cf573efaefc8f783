//! The lab, asked for by its page: what is tried on, and what an attempt needs.

use std::time::Duration;

use app::{
    lab::{Attempt, Ground, Lab, Prepared},
    model::{Cdm, HandOver, OrderKind},
    problem::{Problem, field},
    workflow::{Act, Field, Occasion},
};
use expressplay::challenge::KidBytes;
use uuid::Uuid;

use super::Request;
use crate::{
    catalogue::{Clip, Entry},
    entitlement::BOUND_TOKEN_LIFE,
    error::Error,
    lab::neighbour,
    orders::{self, StoredOrder},
    workflow::{Asked, Episode},
};

/// So far behind its end an expired token is.
const TOO_LATE: Duration = Duration::from_secs(1);

impl Request {
    pub(super) async fn lab_page(&self) -> Result<Lab, Error> {
        Ok(Lab {
            ground: self.ground().await?,
            no_sandbox: self.shop.lab.no_sandbox().await,
        })
    }

    /// The newest purchase for this browser's device. A rental is nothing to play with: it would
    /// start.
    async fn ground(&self) -> Result<Ground, Error> {
        if self.shop.cdm != Cdm::Simulated {
            return Ok(Ground::OtherCdm);
        }
        let Some(account) = self.account().await? else {
            return Ok(Ground::SignedOut);
        };
        let here = self.this_device_id(account.id).await?;
        let mut bought = orders::of_viewer(&self.shop.db, account.id).await?;
        bought.retain(|order| order.kind == OrderKind::Buy);
        let shown = |order: &StoredOrder| order.shown(&self.shop.catalogue, self.shop.clock.now());
        let for_here = bought.iter().find(|order| Some(order.device_id) == here);
        Ok(match (for_here, bought.first(), here) {
            (Some(order), _, _) => Ground::Ready {
                order: shown(order),
            },
            (None, Some(order), _) => Ground::Elsewhere {
                title: shown(order).title,
            },
            (None, None, Some(_)) => Ground::NoPurchase,
            (None, None, None) => Ground::NoDevice,
        })
    }

    /// Prepares an attempt on a purchase. What it gives out, its viewer could have anyway: a token
    /// bound to the purchase's device, an expired one, or a number.
    pub(super) async fn prepare(&self, attempt: Attempt, order: Uuid) -> Result<Prepared, Error> {
        let workflow = &self.shop.workflow;
        let arrival = workflow.arrival();
        let viewer = self.signed_in().await?;
        let order = self.stored_order(viewer, order).await?;
        if self.shop.cdm != Cdm::Simulated || order.kind != OrderKind::Buy {
            return Err(cannot_be_tried());
        }
        let entry = self.entry(&order.slug)?;
        let occasion = Occasion::Attempt(attempt);
        let episode = workflow
            .begin(viewer, &order.cookie, order.id, occasion)
            .await;
        if attempt == Attempt::OthersOrder {
            let number = neighbour::order(&self.shop, &entry.title).await?;
            let trace = episode.trace();
            return Ok(Prepared::Order { number, trace });
        }
        let clip = match attempt {
            Attempt::OtherKid => &self.other_than(entry)?.clip,
            _ => &entry.clip,
        };
        let asked = Asked {
            act: Act::HandOver,
            path: "/api/prepare_attempt",
            fields: vec![
                Field::text("attempt", attempt.name()),
                Field::text("order", order.id.to_string()),
            ],
            noted: vec![],
        };
        let device_id = order.device_id;
        let work = async {
            match attempt {
                Attempt::ExpiredToken => self.hand_over_too_late(order, entry, &episode).await,
                _ => self.hand_over_one_of(viewer, vec![order], &episode).await,
            }
        };
        let handed = episode.hear(arrival, asked, work, super::handed).await?;
        Ok(Prepared::Token {
            token_url: handed.token_url,
            kids: kids(clip),
            device_id,
            trace: episode.trace(),
        })
    }

    /// Steps 5 and 6 in a sandbox, whose clock is put forward past the token's end.
    async fn hand_over_too_late(
        &self,
        order: StoredOrder,
        entry: &Entry,
        episode: &Episode,
    ) -> Result<HandOver, Error> {
        if self.shop.lab.no_sandbox().await.is_some() {
            return Err(cannot_be_tried());
        }
        let sandbox = self.shop.lab.throwaway().await?;
        let there = self.shop.entitlement.at(sandbox.client.clone());
        let there = there.kept_in(episode);
        let binding = order.binding(None);
        let token = there.bound_token(&binding, &entry.clip).await?;
        sandbox.advance(BOUND_TOKEN_LIFE + TOO_LATE).await?;
        let order = order.shown(&self.shop.catalogue, self.shop.clock.now());
        Ok(there.hand_over(&token, &binding, &entry.clip, self.shop.cdm, order))
    }

    /// Another title, with other keys.
    fn other_than(&self, entry: &Entry) -> Result<&Entry, Error> {
        let own: Vec<_> = entry.clip.keys.iter().map(|key| key.kid.clone()).collect();
        let mut titles = self.shop.catalogue.titles.iter();
        let other = titles.find(|other| !other.clip.has_any(&own));
        other.ok_or_else(cannot_be_tried)
    }
}

fn kids(clip: &Clip) -> Vec<KidBytes> {
    let kids = clip.keys.iter().map(|key| key.kid.clear_key_bytes());
    kids.map(KidBytes).collect()
}

fn cannot_be_tried() -> Error {
    let field = field::REQUEST.to_owned();
    Problem::BadInput { field }.into()
}
