//! What ExpressPlay's records for a cookie say, and what they leave open.
//!
//! An answer holds 32 records at most. As long as each has the newest of the one before in it, none
//! has been missed; a full answer without it has a gap. A gap is taken for the worst: for a second
//! device, and for the start of every rental that could have started in it.

use app::problem::Problem;
use expressplay::{Cookie, DeviceId, EventId, Record, record::MAX_RECORDS};
use jiff::Timestamp;
use uuid::Uuid;

use crate::catalogue::Clip;

/// The records for a cookie, newest first, as they were retrieved once.
#[derive(Debug, Clone)]
pub struct Reading {
    /// The cookie.
    pub cookie: Cookie,
    records: Vec<Record>,
}

/// An order that was handed over, and whose first licence has yet to be found.
#[derive(Debug, Clone, Copy)]
pub struct Sale<'a> {
    /// The order.
    pub order: Uuid,
    /// What was sold.
    pub clip: &'a Clip,
    /// Since when it is bound to the cookie's device.
    pub bound_at: Timestamp,
    /// When a token for it was first handed over.
    pub handed_over_at: Timestamp,
    /// The last moment at which a rental can start; none for a purchase.
    pub start_by: Option<Timestamp>,
}

impl Reading {
    /// What an answer says of a cookie.
    #[must_use]
    pub fn new(cookie: Cookie, records: Vec<Record>) -> Self {
        Self { cookie, records }
    }

    /// The device that every licence under the cookie was issued to; none where there is no
    /// licence.
    ///
    /// # Errors
    /// [`Problem::TwoDevices`].
    pub fn device(&self) -> Result<Option<DeviceId>, Problem> {
        let mut devices = self
            .records
            .iter()
            .filter(|record| record.cookie.as_ref().is_none_or(|own| *own == self.cookie))
            .filter_map(Record::issued_to);
        let first = devices.next();
        if devices.all(|other| Some(other) == first) {
            Ok(first)
        } else {
            Err(Problem::TwoDevices)
        }
    }

    /// Whether there may be records between these and the newest that was read before.
    #[must_use]
    pub fn has_gap(&self, last: Option<&EventId>) -> bool {
        let full = self.records.len() >= MAX_RECORDS;
        let reaches_back = || {
            self.records
                .iter()
                .any(|record| Some(&record.event_id) == last)
        };
        full && !reaches_back()
    }

    /// The newest record's id.
    #[must_use]
    pub fn newest(&self) -> Option<&EventId> {
        self.records.first().map(|record| &record.event_id)
    }

    /// When the first licence for a sale was issued, as far as these records say.
    ///
    /// Where there is a gap, or where they say too little (the real service's may), a rental counts
    /// as started when it was handed over: a start cannot be crowded out.
    #[must_use]
    pub fn first_license(&self, sale: &Sale<'_>, gap: bool) -> Option<Timestamp> {
        let issued = || {
            let records = self.records.iter();
            records.filter(|record| record.issued_to().is_some())
        };
        let vague = issued().any(|record| record.event_time.is_none() || record.kids.is_empty());
        if sale.start_by.is_some() && (vague || gap) {
            return Some(sale.handed_over_at);
        }
        issued()
            .filter(|record| sale.clip.has_any(&record.kids))
            .filter_map(|record| record.event_time)
            // By whole seconds, since a service may give no more.
            .filter(|at| at.as_second() >= sale.bound_at.as_second())
            .filter(|at| sale.start_by.is_none_or(|start_by| *at <= start_by))
            .min()
    }
}

#[cfg(test)]
mod tests {
    use expressplay::{ContentKey, KeyId, record::Status};

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

    fn reading(records: &[Record]) -> Reading {
        Reading::new(cookie(), records.to_vec())
    }

    fn first_license(records: &[Record], start_by: Option<i64>, gap: bool) -> Option<Timestamp> {
        let clip = Clip {
            content_id: Uuid::nil(),
            manifest: "/clip.mpd".to_owned(),
            keys: vec![ClipKey {
                kid: KeyId::Bytes(KID),
                content_key: ContentKey::from_bytes([9; 16]),
            }],
        };
        let sale = Sale {
            order: Uuid::nil(),
            clip: &clip,
            bound_at: second(100),
            handed_over_at: second(200),
            start_by: start_by.map(second),
        };
        reading(records).first_license(&sale, gap)
    }

    fn start(records: &[Record]) -> Option<Timestamp> {
        first_license(records, Some(900), false)
    }

    #[test]
    fn records_that_agree_name_the_device_and_refusals_have_no_say() {
        let refused = Record {
            status: Some(Status::Refused),
            ..record(2, 3, KID)
        };
        let records = [refused, record(1, 2, KID), record(1, 1, KID)];
        assert_eq!(reading(&records).device(), Ok(records[1].device_id));
        assert_eq!(reading(&records[..1]).device(), Ok(None));
        assert_eq!(reading(&[]).device(), Ok(None));
    }

    #[test]
    fn two_devices_under_one_cookie_are_told_from_one() {
        let records = [record(1, 3, KID), record(2, 2, KID), record(1, 1, KID)];
        assert_eq!(reading(&records).device(), Err(Problem::TwoDevices));
        let elsewhere = Record {
            cookie: Some(Cookie::from_random([2; 16])),
            ..record(2, 2, KID)
        };
        let records = [record(1, 3, KID), elsewhere];
        assert_eq!(reading(&records).device(), Ok(records[0].device_id));
    }

    #[test]
    fn a_full_answer_that_does_not_reach_back_has_a_gap() {
        let full: Vec<_> = (0..32).rev().map(|n| record(1, 100 + n, KID)).collect();
        let id = |at: i64| EventId(at.to_string());
        assert!(!reading(&full).has_gap(Some(&id(100))));
        assert!(reading(&full).has_gap(Some(&id(99))));
        assert!(reading(&full).has_gap(None), "nothing was read before");
        let not_full = reading(&full[1..]);
        assert!(!not_full.has_gap(None) && !not_full.has_gap(Some(&id(1))));
        assert_eq!(reading(&full).newest(), Some(&id(131)));
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
        for at in [100, 900] {
            assert_eq!(start(&[record(1, at, KID)]), Some(second(at)));
        }
        let late = [record(1, 901, KID)];
        assert_eq!(start(&late), None, "that is of a later rental");
        assert_eq!(start(&[]), None);
    }

    #[test]
    fn a_rental_starts_in_a_gap_and_a_purchase_has_no_start_to_lose() {
        let others = [record(1, 300, [8; 16])];
        let gap = true;
        assert_eq!(first_license(&others, Some(900), gap), Some(second(200)));
        assert_eq!(first_license(&others, None, gap), None);
    }

    #[test]
    fn records_that_say_too_little_start_a_rental_at_its_hand_over() {
        let untimed = Record {
            event_time: None,
            ..record(1, 0, KID)
        };
        assert_eq!(start(&[untimed]), Some(second(200)));
        let of_nothing = Record {
            kids: vec![],
            ..record(1, 1, KID)
        };
        assert_eq!(start(&[of_nothing]), Some(second(200)));
    }
}
