//! Steps 1 to 3, asked for by a page: a device is registered.

use app::{
    model::{HandOver, Registered, Registration},
    problem::Problem,
    workflow::{Act, Field, Occasion, Value},
};
use expressplay::{Cookie, DeviceId, client::CookieCarrier};
use uuid::Uuid;

use super::Request;
use crate::{
    devices::{self, Handle},
    error::Error,
    records::Reading,
    shop::Shop,
    workflow::{Asked, Episode},
};

impl Request {
    /// Steps 1 and 2.
    pub(super) async fn begin(&self) -> Result<Registration, Error> {
        let arrival = self.shop.workflow.arrival();
        let viewer = self.signed_in().await?;
        let Shop {
            entitlement,
            entropy,
            workflow,
            ..
        } = &*self.shop;
        let cookie = entitlement.cookie();
        let id = entropy.uuid();
        let episode = workflow
            .begin(viewer, &cookie, id, Occasion::Registration)
            .await;
        let asked = Asked {
            act: Act::Begin,
            path: "/api/begin_registration",
            fields: vec![],
            noted: vec![Field::new("cookie", Value::Cookie(cookie.clone()))],
        };
        let work = self.begin_under(viewer, id, &cookie, &episode);
        episode.hear(arrival, asked, work, registration).await
    }

    async fn begin_under(
        &self,
        viewer: Uuid,
        id: Uuid,
        cookie: &Cookie,
        episode: &Episode,
    ) -> Result<Registration, Error> {
        let Shop {
            db,
            entitlement,
            catalogue,
            clock,
            cdm,
            ..
        } = &*self.shop;
        let token = entitlement
            .kept_in(episode)
            .dummy_token(cookie, CookieCarrier::Header, &catalogue.dummy)
            .await?;
        devices::begin(db, viewer, id, cookie, clock.now()).await?;
        let dummy = HandOver {
            manifest: catalogue.dummy.manifest.clone(),
            token_url: token.reveal(),
            cdm: *cdm,
            order: None,
            trace: Some(episode.trace()),
        };
        Ok(Registration { id, dummy })
    }

    /// Step 3, as the record shows it.
    pub(super) async fn finish(&self, id: Uuid) -> Result<Registered, Error> {
        let Shop {
            db,
            clock,
            workflow,
            ..
        } = &*self.shop;
        let arrival = workflow.arrival();
        let viewer = self.signed_in().await?;
        let begun = devices::find(db, viewer, id)
            .await?
            .filter(|registration| registration.can_be_finished(clock.now()))
            .ok_or(Problem::NoSuchDevice)?;
        let episode = match workflow.about(viewer, id).await? {
            Some(episode) => episode,
            None => {
                let occasion = Occasion::Registration;
                workflow.begin(viewer, &begun.cookie, id, occasion).await
            }
        };
        let asked = Asked {
            act: Act::Finish,
            path: "/api/finish_registration",
            fields: vec![Field::text("id", id.to_string())],
            noted: vec![Field::new("cookie", Value::Cookie(begun.cookie.clone()))],
        };
        let work = self.finish_under(viewer, &begun, &episode);
        let answer = |Registered { id, device_id }: &Registered| {
            vec![
                Field::text("id", id.to_string()),
                Field::new("device_id", Value::Device(*device_id)),
            ]
        };
        episode.hear(arrival, asked, work, answer).await
    }

    async fn finish_under(
        &self,
        viewer: Uuid,
        begun: &devices::Registration,
        episode: &Episode,
    ) -> Result<Registered, Error> {
        let Shop {
            db,
            entitlement,
            entropy,
            clock,
            ..
        } = &*self.shop;
        if begun.two_devices {
            return Err(Problem::TwoDevices.into());
        }
        let entitlement = entitlement.kept_in(episode);
        let answer = entitlement.dummy_license(&begun.cookie).await;
        let device_id = self.take_in(begun, answer).await?;
        let handle = Handle::new(entropy.bytes());
        devices::finish(db, begun.id, device_id, &handle, clock.now()).await?;
        if let Some(replaced) = self.browser.handle(viewer) {
            devices::forget(db, &replaced).await?;
        }
        self.browser.give_handle(viewer, &handle);
        Ok(Registered {
            id: begun.id,
            device_id,
        })
    }

    /// The device that an answer about a registration's cookie names. Two devices, another than
    /// before, or a gap that can hide one: each is noted, and stops the registration for good.
    pub(super) async fn take_in(
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

    pub(super) async fn note_two_devices(&self, cookie: &Cookie) -> Result<(), Error> {
        tracing::warn!(%cookie, "two devices under one cookie, or a gap that can hide one");
        devices::note_two_devices(&self.shop.db, cookie, self.shop.clock.now()).await
    }
}

/// What the browser is given: the number to finish it by, and a token.
fn registration(begun: &Registration) -> Vec<Field> {
    let Registration { id, dummy } = begun;
    let mut fields = vec![Field::text("id", id.to_string())];
    fields.extend(super::handed(dummy));
    fields
}
