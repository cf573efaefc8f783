//! The workflow of device binding, step by step. The whole crate exists for this file.
//!
//! | step | here | who acts |
//! |---|---|---|
//! | 1. cookie | [`Entitlement::cookie`] | this server |
//! | 2. dummy token | [`Entitlement::dummy_token`] | this server asks ExpressPlay |
//! | 3. dummy licence request | [`Entitlement::dummy_license`] | the device asks ExpressPlay; we see its record |
//! | 4. purchase or rental | [`Entitlement::device_of`] | this server asks ExpressPlay for the record |
//! | 5. bound token | [`Entitlement::bound_token`] | this server asks ExpressPlay |
//! | 6. hand-over | [`Entitlement::hand_over`] | this server gives the token to the browser |
//! | 7. cross-check | [`Entitlement::cross_check`] | ExpressPlay compares; we see the licence's record |
//!
//! What records say, and what they leave open, is in [`crate::records`].
//!
//! Each step leaves one line in the log, `step=N`, with what it carries. The cookie and the
//! device_id may stand there; tokens, content keys and the customer authenticator may not.

use std::time::Duration;

use app::{
    model::{Cdm, HandOver, Order},
    problem::Problem,
    workflow::Act,
};
use expressplay::{
    Client, Cookie, DeviceId, RecordQuery, TokenRequest, TokenUrl,
    client::CookieCarrier,
    token_request::{Common, KeySource, Moment, Rights, Track, Widevine},
};
use jiff::{SignedDuration, Timestamp};
use simulator::Entropy;
use tracing::info;
use uuid::Uuid;

use crate::{
    catalogue::Clip,
    error::Error,
    records::{Reading, Sale},
    rental::Left,
    workflow::Episode,
};

/// How long the dummy token lives (seed step 2).
pub const DUMMY_TOKEN_LIFE: Duration = Duration::from_secs(60);
/// How long a bound token waits to be redeemed: it is made when the viewer presses play.
pub const BOUND_TOKEN_LIFE: Duration = Duration::from_secs(120);
/// How long a time-based token can be redeemed, by whoever has it.
pub const TIME_BASED_TOKEN_LIFE: Duration = Duration::from_secs(60 * 60);

/// How long to wait for a record that is late (API section 4).
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// The first wait; each next one is twice as long …
    pub first: Duration,
    /// … up to this.
    pub longest: Duration,
    /// All of them together.
    pub total: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            first: Duration::from_millis(100),
            longest: Duration::from_secs(1),
            total: Duration::from_secs(5),
        }
    }
}

impl Patience {
    fn waits(self) -> impl Iterator<Item = Duration> {
        let each = move |wait: &Duration| Some((*wait * 2).min(self.longest));
        let mut spent = Duration::ZERO;
        std::iter::successors(Some(self.first), each).take_while(move |wait| {
            spent += *wait;
            !wait.is_zero() && spent <= self.total
        })
    }
}

/// What a bound token is made of, besides the clip.
#[derive(Debug, Clone)]
pub struct Binding {
    /// The order that it is for; none where another shop keeps them.
    pub order: Option<Uuid>,
    /// The cookie of the device's registration.
    pub cookie: Cookie,
    /// The only device that may redeem it.
    pub device_id: DeviceId,
    /// What is left of a rental; none for a purchase.
    pub left: Option<Left>,
}

impl Binding {
    /// How long a token for it waits to be redeemed: not longer than a rental can be started, or
    /// plays.
    #[must_use]
    pub fn token_life(&self) -> Duration {
        self.left.map_or(BOUND_TOKEN_LIFE, |left| {
            BOUND_TOKEN_LIFE.min(left.redeem.try_into().unwrap_or_default())
        })
    }
}

/// The seven steps, against one ExpressPlay.
#[derive(Debug, Clone)]
pub struct Entitlement {
    expressplay: Client,
    entropy: Entropy,
    patience: Patience,
    /// Where a viewer's own calls are kept.
    episode: Option<Episode>,
}

impl Entitlement {
    /// The steps, over a client of the ExpressPlay to use.
    #[must_use]
    pub const fn new(expressplay: Client, entropy: Entropy, patience: Patience) -> Self {
        Self {
            expressplay,
            entropy,
            patience,
            episode: None,
        }
    }

    /// The same steps, whose calls to ExpressPlay an episode keeps.
    #[must_use]
    pub fn kept_in(&self, episode: &Episode) -> Self {
        Self {
            episode: Some(episode.clone()),
            ..self.clone()
        }
    }

    fn expressplay(&self, act: Act) -> Client {
        match &self.episode {
            Some(episode) => self.expressplay.witnessed_by(episode.witness(act)),
            None => self.expressplay.clone(),
        }
    }

    /// Step 1, **cookie**: 128 random bits, new for every registration of a device.
    #[must_use]
    pub fn cookie(&self) -> Cookie {
        let cookie = Cookie::from_random(self.entropy.bytes());
        info!(step = 1, %cookie, "cookie generated");
        cookie
    }

    /// Step 2, **dummy token**: for the dummy clip, the cookie attached. As a header only where it
    /// is one of step 1: another's may not fit there.
    ///
    /// # Errors
    /// [`Error::ExpressPlay`].
    pub async fn dummy_token(
        &self,
        cookie: &Cookie,
        carrier: CookieCarrier,
        dummy: &Clip,
    ) -> Result<TokenUrl, Error> {
        let request = TokenRequest {
            common: Common {
                expiration: Some(lives_for(DUMMY_TOKEN_LIFE)),
                cookie: Some(cookie.clone()),
                ..Common::default()
            },
            rights: rights(dummy, None),
        };
        let token = self
            .expressplay(Act::DummyToken)
            .generate_token(&request, carrier)
            .await?;
        info!(step = 2, %cookie, seconds = DUMMY_TOKEN_LIFE.as_secs(), "dummy token made");
        Ok(token)
    }

    /// Step 3, **dummy licence request**: between the device and ExpressPlay, which associates
    /// the device's device_id with the cookie. Here it shows in the record.
    ///
    /// # Errors
    /// [`Problem::RecordLate`], [`Problem::TwoDevices`] or [`Error::ExpressPlay`].
    pub async fn dummy_license(&self, cookie: &Cookie) -> Result<(DeviceId, Reading), Error> {
        let (device_id, reading) = self.retrieve(cookie, Act::FindDevice).await?;
        info!(step = 3, %cookie, %device_id, "dummy licence request on record");
        Ok((device_id, reading))
    }

    /// Step 4, **purchase or rental**: each time, the record for the cookie says which device it
    /// is. Nothing else does: no page, no form, nothing that was learned before.
    ///
    /// # Errors
    /// [`Problem::RecordLate`], [`Problem::TwoDevices`] or [`Error::ExpressPlay`].
    pub async fn device_of(&self, cookie: &Cookie) -> Result<(DeviceId, Reading), Error> {
        let (device_id, reading) = self.retrieve(cookie, Act::DeviceForSale).await?;
        info!(step = 4, %cookie, %device_id, "device retrieved for a sale");
        Ok((device_id, reading))
    }

    /// Step 5, **bound token**: the title's keys and key ids, its policies, the cookie (as a
    /// parameter) and the device_id as the token's restriction.
    ///
    /// For a rental, neither the token nor its licence outlives what is left.
    ///
    /// # Errors
    /// [`Error::ExpressPlay`].
    pub async fn bound_token(&self, binding: &Binding, clip: &Clip) -> Result<TokenUrl, Error> {
        let life = binding.token_life();
        let Binding {
            order,
            cookie,
            device_id,
            left,
        } = binding;
        let request = TokenRequest {
            common: Common {
                expiration: Some(lives_for(life)),
                cookie: Some(cookie.clone()),
                device_id: Some(*device_id),
                ..Common::default()
            },
            rights: rights(clip, left.map(|left| left.play)),
        };
        let token = self
            .expressplay(Act::BoundToken)
            .generate_token(&request, CookieCarrier::Parameter)
            .await?;
        info!(
            step = 5, order = order.map(display), %cookie, %device_id, kids = kids(clip),
            content_id = %clip.content_id, seconds = life.as_secs(), "bound token made"
        );
        Ok(token)
    }

    /// Step 6, **hand-over**: the token goes to whichever browser of the viewer asks. Only
    /// ExpressPlay refuses, or this would prove nothing.
    #[must_use]
    pub fn hand_over(
        &self,
        token: &TokenUrl,
        binding: &Binding,
        clip: &Clip,
        cdm: Cdm,
        order: Order,
    ) -> HandOver {
        let Binding {
            order: number,
            cookie,
            device_id,
            ..
        } = binding;
        info!(
            step = 6, order = number.map(display), %cookie, %device_id,
            endpoint = token.endpoint(), "bound token handed over"
        );
        HandOver {
            manifest: clip.manifest.clone(),
            token_url: token.reveal(),
            cdm,
            order: Some(order),
            trace: self.episode.as_ref().map(Episode::trace),
        }
    }

    /// Step 7, **cross-check**: ExpressPlay compares the token's device_id with the licence
    /// request's. Where they match there is a licence, and its record. One question, no waiting:
    /// who plays asks again. See [`Self::licensed`] for what the answer says of a sale.
    ///
    /// # Errors
    /// [`Error::ExpressPlay`].
    pub async fn cross_check(&self, cookie: &Cookie) -> Result<Reading, Error> {
        self.read(cookie, Act::LookBack).await
    }

    async fn read(&self, cookie: &Cookie, act: Act) -> Result<Reading, Error> {
        let query = RecordQuery::Cookie(cookie.clone());
        let records = self.expressplay(act).records(&query).await?;
        Ok(Reading::new(cookie.clone(), records))
    }

    /// When ExpressPlay first found the two device_ids of a sale to match: a rental starts then.
    #[must_use]
    pub fn licensed(&self, reading: &Reading, sale: &Sale<'_>, gap: bool) -> Option<Timestamp> {
        let at = reading.first_license(sale, gap)?;
        info!(
            step = 7, order = %sale.order, cookie = %reading.cookie, %at,
            "the device_ids match: licence on record"
        );
        Some(at)
    }

    /// None of the seven: a **time-based token**, which any device may redeem until it expires. The
    /// entitlement server makes it for other shops, which answer for who gets it.
    ///
    /// # Errors
    /// [`Error::ExpressPlay`].
    pub async fn time_based_token(&self, clip: &Clip) -> Result<TokenUrl, Error> {
        let request = TokenRequest {
            common: Common {
                expiration: Some(lives_for(TIME_BASED_TOKEN_LIFE)),
                ..Common::default()
            },
            rights: rights(clip, None),
        };
        let token = self
            .expressplay
            .generate_token(&request, CookieCarrier::Parameter)
            .await?;
        info!(
            kids = kids(clip), content_id = %clip.content_id,
            seconds = TIME_BASED_TOKEN_LIFE.as_secs(), "time-based token made"
        );
        Ok(token)
    }

    /// Whether ExpressPlay answers, and knows us.
    ///
    /// # Errors
    /// [`Error::ExpressPlay`].
    pub async fn answers(&self) -> Result<(), Error> {
        let query = RecordQuery::Window {
            start: 0,
            length: 1,
        };
        self.expressplay.records(&query).await?;
        Ok(())
    }

    /// Retrieves the records for a cookie, and asks again for a while if there are none yet.
    async fn retrieve(&self, cookie: &Cookie, act: Act) -> Result<(DeviceId, Reading), Error> {
        let mut waits = self.patience.waits();
        loop {
            let reading = self.read(cookie, act).await?;
            if let Some(device_id) = reading.device()? {
                return Ok((device_id, reading));
            }
            match waits.next() {
                Some(wait) => tokio::time::sleep(wait).await,
                None => return Err(Problem::RecordLate.into()),
            }
        }
    }
}

/// All of a clip's keys in one token, with policies that the strictest account takes.
fn rights(clip: &Clip, play: Option<SignedDuration>) -> Rights {
    let seconds = play.map(|play| u32::try_from(play.as_secs()).unwrap_or(u32::MAX));
    Rights::Widevine(Widevine {
        tracks: clip
            .keys
            .iter()
            .map(|key| Track {
                security_level: Some(1),
                hdcp: Some(0),
                ..Track::new(key.kid.clone(), KeySource::Clear(key.content_key.clone()))
            })
            .collect(),
        content_id: Some(clip.content_id.to_string()),
        license_duration: seconds,
        playback_duration: seconds,
        ..Widevine::default()
    })
}

/// A clip's kids, for the log.
fn kids(clip: &Clip) -> String {
    let kids: Vec<_> = clip.keys.iter().map(|key| key.kid.to_string()).collect();
    kids.join(" ")
}

fn lives_for(life: Duration) -> Moment {
    Moment::In(u32::try_from(life.as_secs()).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use expressplay::KeyId;

    use super::*;
    use crate::catalogue::ClipKey;

    #[test]
    fn patience_doubles_its_waits_and_has_an_end() {
        let waits: Vec<_> = Patience::default()
            .waits()
            .map(|wait| wait.as_millis())
            .collect();
        assert_eq!(waits, [100, 200, 400, 800, 1000, 1000, 1000]);
        let none = Patience {
            first: Duration::ZERO,
            ..Patience::default()
        };
        assert_eq!(none.waits().count(), 0);
    }

    #[test]
    fn all_keys_of_a_clip_go_into_one_token() {
        let key = |byte| ClipKey {
            kid: KeyId::Bytes([byte; 16]),
            content_key: expressplay::ContentKey::from_bytes([byte; 16]),
        };
        let clip = Clip {
            content_id: Uuid::nil(),
            manifest: "/clip.mpd".to_owned(),
            keys: vec![key(7), key(8)],
        };
        let request = TokenRequest {
            common: Common::default(),
            rights: rights(&clip, Some(SignedDuration::from_secs(90))),
        };
        let form = request.to_form();
        assert_eq!(form.get("kid.1"), Some(hex::encode([8; 16]).as_str()));
        assert_eq!(form.get("licenseDuration"), Some("90"));
        assert_eq!(form.get("playbackDuration"), Some("90"));
    }
}
