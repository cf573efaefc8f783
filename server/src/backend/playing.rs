//! Steps 5 to 7, asked for by a page: a film is played.

use std::{collections::VecDeque, time::Duration};

use app::{
    model::{HandOver, OrderKind, Playing, Slug},
    problem::{Problem, field},
    workflow::{Act, Field, LicenseReport, Occasion},
};
use expressplay::{Cookie, TokenUrl, trace_context::TraceId};
use uuid::Uuid;

use super::Request;
use crate::{
    devices,
    error::Error,
    orders::{self, StoredOrder},
    records::Reading,
    shop::Shop,
    workflow::{Asked, Episode},
};

/// How long a page waits for what it can do without.
const PAGE_WAITS: Duration = Duration::from_secs(1);

impl Request {
    /// Steps 5 and 6, for the best of the viewer's orders that can be played.
    pub(super) async fn bind_and_hand_over(&self, slug: &Slug) -> Result<HandOver, Error> {
        let workflow = &self.shop.workflow;
        let arrival = workflow.arrival();
        let viewer = self.signed_in().await?;
        let title = self.entry(slug)?.title.name.clone();
        let orders = self.by_preference(viewer, slug).await?;
        let first = orders.first().ok_or(Problem::NotBought)?;
        let episode = workflow
            .begin(viewer, &first.cookie, first.id, Occasion::Play(title))
            .await;
        let asked = Asked {
            act: Act::HandOver,
            path: "/api/hand_over",
            fields: vec![Field::text("slug", slug.to_string())],
            noted: vec![],
        };
        let work = self.hand_over_one_of(viewer, orders, &episode);
        episode.hear(arrival, asked, work, super::handed).await
    }

    async fn hand_over_one_of(
        &self,
        viewer: Uuid,
        orders: Vec<StoredOrder>,
        episode: &Episode,
    ) -> Result<HandOver, Error> {
        let Shop {
            db,
            entitlement,
            catalogue,
            clock,
            cdm,
            ..
        } = &*self.shop;
        let entitlement = entitlement.kept_in(episode);
        let mut over = None;
        let mut waiting = VecDeque::from(orders);
        while let Some(order) = waiting.pop_front() {
            // Before every token: else plays could crowd out of the answer, unseen, a second device
            // or the start of a rental. What has run its time needs no token, and no look.
            let order = match order.has_ended(clock.now()) {
                true => order,
                false => {
                    self.settle(&order.cookie, episode).await?;
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
            episode.goes_under(&order.cookie, order.id).await;
            let clip = &self.entry(&order.slug)?.clip;
            let binding = order.binding(left);
            let token: TokenUrl = entitlement.bound_token(&binding, clip).await?;
            let now = clock.now();
            if !orders::note_hand_over(db, &order, now, binding.token_life()).await? {
                // It was moved meanwhile, and its old device gets no new token.
                waiting.push_front(order);
                continue;
            }
            let order = order.shown(catalogue, now);
            return Ok(entitlement.hand_over(&token, &binding, clip, *cdm, order));
        }
        Err(over.unwrap_or(Problem::NotBought).into())
    }

    pub(super) async fn order(&self, viewer: Uuid, id: Uuid) -> Result<StoredOrder, Error> {
        let order = orders::find(&self.shop.db, viewer, id).await?;
        Ok(order.ok_or(Problem::NoSuchOrder)?)
    }

    /// A viewer's orders of a title: this browser's device first, purchases first, newest first.
    pub(super) async fn by_preference(
        &self,
        viewer: Uuid,
        slug: &Slug,
    ) -> Result<Vec<StoredOrder>, Error> {
        let here = self.this_device_id(viewer).await?;
        let mut orders = orders::of_title(&self.shop.db, viewer, slug).await?;
        orders.sort_by_key(|order| (Some(order.device_id) != here, order.kind == OrderKind::Rent));
        Ok(orders)
    }

    /// Step 7 for a title's page, which does not wait long: every rental whose start is not known
    /// yet.
    pub(super) async fn settle_soon(&self, viewer: Uuid, slug: &Slug) -> Result<(), Error> {
        let Shop { db, workflow, .. } = &*self.shop;
        let title = self.entry(slug)?.title.name.clone();
        let settled = async {
            for cookie in orders::cookies_of_open_rentals(db, viewer, slug).await? {
                let occasion = Occasion::Page(title.clone());
                let subject = self.shop.entropy.uuid();
                let episode = workflow.begin(viewer, &cookie, subject, occasion).await;
                self.settle(&cookie, &episode).await?;
            }
            Ok(())
        };
        match tokio::time::timeout(PAGE_WAITS, settled).await {
            Ok(settled) => as_far_as_known(settled),
            Err(_) => Ok(()),
        }
    }

    /// Step 7, as the records for a cookie show it now. What was sold before stays sold.
    pub(super) async fn settle(&self, cookie: &Cookie, episode: &Episode) -> Result<(), Error> {
        let entitlement = self.shop.entitlement.kept_in(episode);
        let reading = entitlement.cross_check(cookie).await?;
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
    pub(super) async fn note(&self, reading: &Reading) -> Result<(), Error> {
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
                orders::note_license(db, &order, at).await?;
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
    pub(super) async fn time_left(
        &self,
        id: Uuid,
        trace: Option<TraceId>,
    ) -> Result<Playing, Error> {
        let arrival = self.shop.workflow.arrival();
        let viewer = self.signed_in().await?;
        let order = self.order(viewer, id).await?;
        if order.licensed_at.is_some() {
            return self.as_it_stands(&order);
        }
        let episode = self.episode_of(viewer, &order, trace).await?;
        let asked = Asked {
            act: Act::Playing,
            path: "/api/playing",
            fields: vec![Field::text("order", id.to_string())],
            noted: vec![],
        };
        let work = async {
            as_far_as_known(self.settle(&order.cookie, &episode).await)?;
            self.as_it_stands(&self.order(viewer, id).await?)
        };
        let answer = |playing: &Playing| {
            let left = playing.remaining_ms.map(|left| left.to_string());
            left.map(|left| Field::text("remaining_ms", left))
                .into_iter()
                .collect()
        };
        episode.hear(arrival, asked, work, answer).await
    }

    fn as_it_stands(&self, order: &StoredOrder) -> Result<Playing, Error> {
        let left = order.left(self.shop.clock.now())?;
        let started = left.filter(|_| order.licensed_at.is_some());
        let remaining_ms = started.map(|left| u64::try_from(left.play.as_millis()).unwrap_or(0));
        Ok(Playing { remaining_ms })
    }

    /// The episode in which an order plays.
    async fn episode_of(
        &self,
        viewer: Uuid,
        order: &StoredOrder,
        trace: Option<TraceId>,
    ) -> Result<Episode, Error> {
        let workflow = &self.shop.workflow;
        let found = match trace {
            Some(trace) => workflow.find(viewer, trace).await?,
            None => workflow.about(viewer, order.id).await?,
        };
        Ok(match found {
            Some(episode) => episode,
            None => {
                let title = self.entry(&order.slug)?.title.name.clone();
                let occasion = Occasion::Play(title);
                workflow
                    .begin(viewer, &order.cookie, order.id, occasion)
                    .await
            }
        })
    }

    /// Keeps what the browser says of a licence request.
    pub(super) async fn keep_report(&self, report: &LicenseReport) -> Result<(), Error> {
        let viewer = self.signed_in().await?;
        let episode = self.shop.workflow.find(viewer, report.trace).await?;
        let field = field::REQUEST.to_owned();
        episode
            .ok_or(Problem::BadInput { field })?
            .report(report)
            .await
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
