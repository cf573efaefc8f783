//! The transaction log, and how to ask it (API section 4; seed step 4).

use std::{fmt, str::FromStr};

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, de::DeserializeOwned};
use serde_json::Value;

use crate::{Cookie, DeviceId, KeyId};

/// The path of record retrieval on the `api` host.
pub const RECORDS_PATH: &str = "/cmiapi/getrecord/";
/// The path of retrieval by time.
pub const RECORDS_BY_TIME_PATH: &str = "/cmiapi/getrecordbytime/";
/// The path of archived records, by time too.
pub const ARCHIVED_RECORDS_PATH: &str = "/cmiapi/getarchivedrecord/";

/// The most records that an answer holds.
pub const MAX_RECORDS: usize = 32;

/// A record's number.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(value_type = String))]
pub struct EventId(pub String);

impl FromStr for EventId {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A redemption that ExpressPlay logged. Known names are `event_id`, `device_id` and `cookie`.
/// A client must expect the rest to be missing, or to be said otherwise: a member that cannot be
/// read counts as missing, and a record without the known three as they should be is left out of
/// [`Records`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Record {
    /// Its number, which may come as text or as a number.
    #[serde(deserialize_with = "text_or_number")]
    pub event_id: EventId,
    /// When it happened.
    #[serde(default, deserialize_with = "lenient")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, format = DateTime))]
    pub event_time: Option<Timestamp>,
    /// What happened: `license`, or `registration` or `deregistration` of Marlin Broadband's.
    #[serde(default, deserialize_with = "lenient")]
    pub event_type: Option<String>,
    /// The DRM's short name: `wv`, `pr`, `fp`, `ms3`, `bb`.
    #[serde(default, deserialize_with = "lenient")]
    pub drm: Option<String>,
    /// The token's cookie.
    #[serde(default)]
    pub cookie: Option<Cookie>,
    /// The device that got a licence; none for a refusal.
    #[serde(default)]
    pub device_id: Option<DeviceId>,
    /// Who asked in vain, as far as proved or claimed.
    #[serde(default, deserialize_with = "lenient")]
    pub refused_device_id: Option<DeviceId>,
    /// The token's content id.
    #[serde(default, deserialize_with = "lenient")]
    pub content_id: Option<String>,
    /// The kids that a licence was issued for, or that were asked for in vain.
    #[serde(default, deserialize_with = "lenient")]
    #[cfg_attr(feature = "openapi", schema(value_type = Vec<String>))]
    pub kids: Vec<KeyId>,
    /// Issued or refused; where it is missing, a record with a device_id counts as issued.
    #[serde(default, deserialize_with = "lenient")]
    pub status: Option<Status>,
    /// Why it was refused.
    #[serde(default, deserialize_with = "lenient")]
    pub error_code: Option<i32>,
    /// Where the licence request came from.
    #[serde(default, deserialize_with = "lenient")]
    pub ip_address: Option<String>,
}

impl Record {
    /// The device that a licence was issued to, if this record is of an issued licence.
    #[must_use]
    pub fn issued_to(&self) -> Option<DeviceId> {
        match self.status {
            Some(Status::Issued) | None => self.device_id,
            Some(Status::Refused) => None,
        }
    }
}

/// How a redemption ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Status {
    /// With a licence.
    Issued,
    /// Without one.
    Refused,
}

/// The answer of record retrieval: records, newest first.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Records {
    /// The records; those that cannot be read are left out.
    #[serde(deserialize_with = "readable")]
    pub records: Vec<Record>,
}

fn readable<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Record>, D::Error> {
    let all = Vec::<Value>::deserialize(deserializer)?;
    Ok(all
        .into_iter()
        .filter_map(|record| serde_json::from_value(record).ok())
        .collect())
}

/// What can be read, or else nothing.
fn lenient<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: DeserializeOwned + Default,
{
    let value = Value::deserialize(deserializer)?;
    Ok(serde_json::from_value(value).unwrap_or_default())
}

fn text_or_number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<EventId, D::Error> {
    match Value::deserialize(deserializer)? {
        Value::String(text) => Ok(EventId(text)),
        Value::Number(number) => Ok(EventId(number.to_string())),
        _ => Err(serde::de::Error::custom("event_id is text or a number")),
    }
}

/// What to retrieve: exactly one of the methods.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RecordQuery {
    /// The latest 32 events.
    Latest,
    /// The most recent licences issued under a cookie.
    Cookie(Cookie),
    /// One event.
    Event(EventId),
    /// A window over all records, by 0-based index from the oldest.
    Window {
        /// The first index.
        start: u64,
        /// How many.
        length: u64,
    },
    /// What happened in a span of time, on a call of its own.
    Time(TimeSpan),
    /// The same of the archive, on a call of its own.
    Archived(TimeSpan),
}

/// From a first moment to a last one, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimeSpan {
    /// `startTime`.
    pub start: Timestamp,
    /// `endTime`.
    pub end: Timestamp,
}

impl TimeSpan {
    fn to_pairs(self) -> Vec<(&'static str, String)> {
        vec![
            ("startTime", self.start.to_string()),
            ("endTime", self.end.to_string()),
        ]
    }
}

impl RecordQuery {
    /// The path of the call on the `api` host.
    #[must_use]
    pub const fn path(&self) -> &'static str {
        match self {
            Self::Latest | Self::Cookie(_) | Self::Event(_) | Self::Window { .. } => RECORDS_PATH,
            Self::Time(_) => RECORDS_BY_TIME_PATH,
            Self::Archived(_) => ARCHIVED_RECORDS_PATH,
        }
    }

    /// The query parameters of the call.
    #[must_use]
    pub fn to_pairs(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::Latest => vec![],
            Self::Cookie(cookie) => vec![("cookie", cookie.to_string())],
            Self::Event(id) => vec![("id", id.to_string())],
            Self::Window { start, length } => {
                vec![("start", start.to_string()), ("length", length.to_string())]
            }
            Self::Time(span) | Self::Archived(span) => span.to_pairs(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_that_says_little_is_read_and_counts_as_issued() {
        let json = r#"{"records":[{"event_id":"7","device_id":"0123456789abcdef0123456789abcdef","cookie":"c"}]}"#;
        let records: Records = serde_json::from_str(json).unwrap();
        assert_eq!(records.records[0].issued_to(), records.records[0].device_id);
        assert!(records.records[0].issued_to().is_some());
    }

    #[test]
    fn what_a_service_says_otherwise_does_not_hide_what_it_says() {
        let json = r#"{"records":[
            {"event_id":7,"status":"SUCCESS","kids":null,"event_time":1700000000,"drm":["wv"],
             "device_id":"0123456789ABCDEF0123456789ABCDEF","cookie":"c"},
            {"event_id":"8","device_id":"not a device id","cookie":"c"},
            "no record at all"
        ]}"#;
        let records: Records = serde_json::from_str(json).unwrap();
        assert_eq!(records.records.len(), 1);
        assert_eq!(records.records[0].event_id.0, "7");
        assert!(records.records[0].issued_to().is_some());
    }

    #[test]
    fn a_refusal_was_issued_to_nobody_whatever_it_carries() {
        let json =
            r#"{"event_id":"7","status":"refused","device_id":"0123456789abcdef0123456789abcdef"}"#;
        let record: Record = serde_json::from_str(json).unwrap();
        assert_eq!(record.issued_to(), None);
    }
}
