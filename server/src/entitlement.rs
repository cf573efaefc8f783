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
//! Each step leaves one line in the log, `step=N`, with what it carries. The cookie and the
//! device_id may stand there; tokens, content keys and the customer authenticator may not.

use std::time::Duration;

use app::{
    model::{Cdm, HandOver, Order},
    problem::Problem,
};
use expressplay::{
    Client, Cookie, DeviceId, Record, RecordQuery, TokenRequest, TokenUrl,
    client::CookieCarrier,
    record::MAX_RECORDS,
    token_request::{Common, KeySource, Moment, Rights, Track, Widevine},
};
use jiff::{SignedDuration, Timestamp};
use simulator::Entropy;
use tracing::info;
use uuid::Uuid;

use crate::{catalogue::Clip, error::Error, rental::Left};

/// How long the dummy token lives (seed step 2).
pub const DUMMY_TOKEN_LIFE: Duration = Duration::from_secs(60);
/// How long a bound token waits to be redeemed: it is made when the viewer presses play.
pub const BOUND_TOKEN_LIFE: Duration = Duration::from_secs(120);

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
    /// The order that it is for.
    pub order: Uuid,
    /// The cookie of the device's registration.
    pub cookie: Cookie,
    /// The only device that may redeem it.
    pub device_id: DeviceId,
    /// What is left of a rental; none for a purchase.
    pub left: Option<Left>,
}

/// The seven steps, against one ExpressPlay.
#[derive(Debug)]
pub struct Entitlement {
    expressplay: Client,
    entropy: Entropy,
    patience: Patience,
}

impl Entitlement {
    /// The steps, over a client of the ExpressPlay to use.
    #[must_use]
    pub const fn new(expressplay: Client, entropy: Entropy, patience: Patience) -> Self {
        Self {
            expressplay,
            entropy,
            patience,
        }
    }

    /// Step 1, **cookie**: 128 random bits, new for every registration of a device.
    #[must_use]
    pub fn cookie(&self) -> Cookie {
        let cookie = Cookie::from_random(self.entropy.bytes());
        info!(step = 1, %cookie, "cookie generated");
        cookie
    }

    /// Step 2, **dummy token**: for the dummy clip, the cookie attached, as a header.
    ///
    /// # Errors
    /// [`Error::ExpressPlay`].
    pub async fn dummy_token(&self, cookie: &Cookie, dummy: &Clip) -> Result<TokenUrl, Error> {
        let request = TokenRequest {
            common: Common {
                expiration: Some(lives_for(DUMMY_TOKEN_LIFE)),
                cookie: Some(cookie.clone()),
                ..Common::default()
            },
            rights: rights(dummy, None),
        };
        let token = self
            .expressplay
            .generate_token(&request, CookieCarrier::Header)
            .await?;
        info!(step = 2, %cookie, seconds = DUMMY_TOKEN_LIFE.as_secs(), "dummy token made");
        Ok(token)
    }

    /// Step 3, **dummy licence request**: between the device and ExpressPlay, which associates
    /// the device's device_id with the cookie. Here it shows in the record.
    ///
    /// A full answer may hide a second device, so it is none the first time. `again` is for a
    /// device that is registered already: its plays may well have filled it.
    ///
    /// # Errors
    /// [`Problem::RecordLate`], [`Problem::TwoDevices`] or [`Error::ExpressPlay`].
    pub async fn dummy_license(&self, cookie: &Cookie, again: bool) -> Result<DeviceId, Error> {
        let Retrieved { device_id, full } = self.retrieve(cookie).await?;
        if full && !again {
            tracing::warn!(%cookie, "a full answer before registration is finished");
            return Err(Problem::TwoDevices.into());
        }
        info!(step = 3, %cookie, %device_id, "dummy licence request on record");
        Ok(device_id)
    }

    /// Step 4, **purchase or rental**: each time, the record for the cookie says which device it
    /// is. Nothing else does: no page, no form, nothing that was learned before.
    ///
    /// # Errors
    /// [`Problem::RecordLate`], [`Problem::TwoDevices`] or [`Error::ExpressPlay`].
    pub async fn device_of(&self, cookie: &Cookie) -> Result<DeviceId, Error> {
        let Retrieved { device_id, .. } = self.retrieve(cookie).await?;
        info!(step = 4, %cookie, %device_id, "device retrieved for a sale");
        Ok(device_id)
    }

    /// Step 5, **bound token**: the title's keys and key ids, its policies, the cookie (as a
    /// parameter) and the device_id as the token's restriction.
    ///
    /// For a rental, neither the token nor its licence outlives what is left.
    ///
    /// # Errors
    /// [`Error::ExpressPlay`].
    pub async fn bound_token(&self, binding: &Binding, clip: &Clip) -> Result<TokenUrl, Error> {
        let Binding {
            order,
            cookie,
            device_id,
            left,
        } = binding;
        let life = left.map_or(BOUND_TOKEN_LIFE, |left| {
            BOUND_TOKEN_LIFE.min(left.redeem.try_into().unwrap_or_default())
        });
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
            .expressplay
            .generate_token(&request, CookieCarrier::Parameter)
            .await?;
        let kids: Vec<_> = clip.keys.iter().map(|key| key.kid.to_string()).collect();
        info!(
            step = 5, %order, %cookie, %device_id, kids = kids.join(" "), content_id = %clip.content_id,
            seconds = life.as_secs(), "bound token made"
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
            step = 6, order = %number, %cookie, %device_id, endpoint = token.endpoint(),
            "bound token handed over"
        );
        HandOver {
            manifest: clip.manifest.clone(),
            token_url: token.reveal(),
            cdm,
            order: Some(order),
        }
    }

    /// Step 7, **cross-check**: ExpressPlay compares the token's device_id with the licence
    /// request's. Where they match there is a licence, and its record; the first of an order is
    /// when a rental starts. One question for all the sales under a cookie, no waiting: who plays
    /// asks again. Without sales to look for, it still says whether the cookie is one device's.
    ///
    /// # Errors
    /// [`Error::ExpressPlay`].
    pub async fn cross_check(
        &self,
        cookie: &Cookie,
        sales: &[Sale<'_>],
    ) -> Result<CrossCheck, Error> {
        let records = self
            .expressplay
            .records(&RecordQuery::Cookie(cookie.clone()))
            .await?;
        let mut licensed = vec![];
        for sale in sales {
            if let Some(at) = first_license(&records, sale) {
                info!(step = 7, order = %sale.order, %cookie, %at, "the device_ids match: licence on record");
                licensed.push((sale.order, at));
            }
        }
        Ok(CrossCheck {
            licensed,
            // Records appear in the order of their events.
            searched_to: records.iter().filter_map(|record| record.event_time).max(),
            two_devices: agreed_device(cookie, &records).is_err(),
        })
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
    async fn retrieve(&self, cookie: &Cookie) -> Result<Retrieved, Error> {
        let query = RecordQuery::Cookie(cookie.clone());
        let mut waits = self.patience.waits();
        loop {
            let records = self.expressplay.records(&query).await?;
            if let Some(device_id) = agreed_device(cookie, &records)? {
                let full = records.len() >= MAX_RECORDS;
                return Ok(Retrieved { device_id, full });
            }
            match waits.next() {
                Some(wait) => tokio::time::sleep(wait).await,
                None => return Err(Problem::RecordLate.into()),
            }
        }
    }
}

/// What the records for a cookie say.
struct Retrieved {
    /// The one device that they name.
    device_id: DeviceId,
    /// Whether there may be more records than an answer holds.
    full: bool,
}

/// What the records for a cookie say of the orders under it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CrossCheck {
    /// The orders whose first licence was found, and when it was issued.
    pub licensed: Vec<(Uuid, Timestamp)>,
    /// Up to when the others have none.
    pub searched_to: Option<Timestamp>,
    /// Whether two devices were seen under the cookie.
    pub two_devices: bool,
}

/// An order that was handed over, and whose first licence has yet to be found.
#[derive(Debug, Clone, Copy)]
pub struct Sale<'a> {
    /// The order.
    pub order: Uuid,
    /// What was sold.
    pub clip: &'a Clip,
    /// When it was ordered.
    pub ordered_at: Timestamp,
    /// Up to when there was no licence for it: when a token was first handed over, or later.
    pub unlicensed_until: Timestamp,
    /// The last moment at which a rental can start; none for a purchase.
    pub start_by: Option<Timestamp>,
}

/// When the first licence for a clip was issued under a cookie, after its sale.
///
/// An answer holds 32 records, and other titles share the cookie. Where a full answer does not
/// reach back to when a rental had not started, or where records say too little (the real
/// service's may), that time is taken: a start cannot be crowded out.
#[must_use]
pub fn first_license(records: &[Record], sale: &Sale<'_>) -> Option<Timestamp> {
    let issued = || records.iter().filter(|record| record.issued_to().is_some());
    let vague = issued().any(|record| record.event_time.is_none() || record.kids.is_empty());
    let oldest = records.iter().filter_map(|record| record.event_time).min();
    let crowded =
        records.len() >= MAX_RECORDS && oldest.is_none_or(|oldest| oldest > sale.unlicensed_until);
    if sale.start_by.is_some() && (vague || crowded) {
        return Some(sale.unlicensed_until);
    }
    issued()
        .filter(|record| sale.clip.has_any(&record.kids))
        .filter_map(|record| record.event_time)
        // By whole seconds, since a service may give no more.
        .filter(|at| at.as_second() >= sale.ordered_at.as_second())
        .filter(|at| sale.start_by.is_none_or(|start_by| *at <= start_by))
        .min()
}

/// The device that every licence under a cookie was issued to; none where there is no licence.
fn agreed_device(cookie: &Cookie, records: &[Record]) -> Result<Option<DeviceId>, Problem> {
    let mut devices = records
        .iter()
        .filter(|record| record.cookie.as_ref().is_none_or(|own| own == cookie))
        .filter_map(Record::issued_to);
    let first = devices.next();
    if devices.all(|other| Some(other) == first) {
        Ok(first)
    } else {
        tracing::warn!(%cookie, "two devices under one cookie");
        Err(Problem::TwoDevices)
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

fn lives_for(life: Duration) -> Moment {
    Moment::In(u32::try_from(life.as_secs()).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use expressplay::{EventId, KeyId, record::Status};

    use super::*;
    use crate::catalogue::ClipKey;

    const KID: [u8; 16] = [7; 16];

    fn cookie() -> Cookie {
        Cookie::from_random([1; 16])
    }

    fn second(number: i64) -> Timestamp {
        Timestamp::from_second(number).unwrap()
    }

    fn record(device: u8, at: i64, kid: [u8; 16]) -> Record {
        Record {
            event_id: EventId(at.to_string()),
            event_time: Some(second(at)),
            event_type: None,
            drm: None,
            cookie: Some(cookie()),
            device_id: Some(DeviceId::from_bytes([device; 16]).unwrap()),
            refused_device_id: None,
            content_id: None,
            kids: vec![KeyId::Bytes(kid)],
            status: Some(Status::Issued),
            error_code: None,
            ip_address: None,
        }
    }

    fn clip() -> Clip {
        Clip {
            content_id: Uuid::nil(),
            manifest: "/clip.mpd".to_owned(),
            keys: vec![ClipKey {
                kid: KeyId::Bytes(KID),
                content_key: expressplay::ContentKey::from_bytes([9; 16]),
            }],
        }
    }

    fn start(records: &[Record]) -> Option<Timestamp> {
        first_license_of(records, Some(second(900)))
    }

    fn first_license_of(records: &[Record], start_by: Option<Timestamp>) -> Option<Timestamp> {
        let sale = Sale {
            order: Uuid::nil(),
            clip: &clip(),
            ordered_at: second(100),
            unlicensed_until: second(200),
            start_by,
        };
        first_license(records, &sale)
    }

    #[test]
    fn records_that_agree_name_the_device_and_refusals_have_no_say() {
        let refused = Record {
            status: Some(Status::Refused),
            ..record(2, 3, KID)
        };
        let records = [refused, record(1, 2, KID), record(1, 1, KID)];
        assert_eq!(agreed_device(&cookie(), &records), Ok(records[1].device_id));
        assert_eq!(agreed_device(&cookie(), &records[..1]), Ok(None));
        assert_eq!(agreed_device(&cookie(), &[]), Ok(None));
    }

    #[test]
    fn two_devices_under_one_cookie_are_told_from_one() {
        let records = [record(1, 3, KID), record(2, 2, KID), record(1, 1, KID)];
        assert_eq!(agreed_device(&cookie(), &records), Err(Problem::TwoDevices));
        let elsewhere = Record {
            cookie: Some(Cookie::from_random([2; 16])),
            ..record(2, 2, KID)
        };
        let records = [record(1, 3, KID), elsewhere];
        assert_eq!(agreed_device(&cookie(), &records), Ok(records[0].device_id));
    }

    #[test]
    fn a_rental_starts_with_the_first_licence_for_it_after_the_order() {
        let other = record(1, 205, [8; 16]);
        let records = [
            record(1, 260, KID),
            record(1, 210, KID),
            other,
            record(1, 99, KID),
        ];
        assert_eq!(start(&records), Some(second(210)));
        assert_eq!(start(&records[2..]), None);
        assert_eq!(
            start(&[record(1, 901, KID)]),
            None,
            "that is of a later rental"
        );
        assert_eq!(start(&[]), None);
    }

    #[test]
    fn a_start_cannot_be_crowded_out() {
        let others: Vec<_> = (0..32).map(|n| record(1, 300 + n, [8; 16])).collect();
        assert_eq!(start(&others), Some(second(200)));
        assert_eq!(
            start(&others[1..]),
            None,
            "an answer that is not full hides nothing"
        );
        let mut reaching: Vec<_> = others[1..].to_vec();
        reaching.push(record(1, 150, [8; 16]));
        assert_eq!(
            start(&reaching),
            None,
            "it reaches back to before the hand-over"
        );
        assert_eq!(
            first_license_of(&others, None),
            None,
            "a purchase has no start to lose, so nothing is made up for it"
        );
    }

    #[test]
    fn records_that_say_too_little_start_a_rental_at_its_hand_over() {
        assert_eq!(
            start(&[Record {
                event_time: None,
                ..record(1, 0, KID)
            }]),
            Some(second(200))
        );
        assert_eq!(
            start(&[Record {
                kids: vec![],
                ..record(1, 1, KID)
            }]),
            Some(second(200))
        );
    }

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
        let mut clip = clip();
        clip.keys.push(ClipKey {
            kid: KeyId::Bytes([8; 16]),
            content_key: expressplay::ContentKey::from_bytes([6; 16]),
        });
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
