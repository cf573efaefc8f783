//! A customer of another shop: a cookie, and what was read under it before.
//!
//! An answer of ExpressPlay's holds 32 records, so a second device can be crowded out of it. That is
//! why each reading is held against the one before, as it is for the storefront's own devices (see
//! [`crate::records`]).

use app::problem::Problem;
use expressplay::{Cookie, DeviceId, EventId};
use jiff::Timestamp;
use sqlx::SqlitePool;

use crate::{database::parsed, error::Error, records::Reading};

/// What was read under a cookie before.
#[derive(Debug, Default)]
pub(super) struct Customer {
    device_id: Option<DeviceId>,
    last_event: Option<EventId>,
    /// Whether two devices were ever seen: no device-bound token, then.
    pub(super) two_devices: bool,
}

#[derive(sqlx::FromRow)]
struct Row {
    device_id: Option<String>,
    last_event: Option<String>,
    two_devices_at: Option<i64>,
}

impl Customer {
    /// Of a cookie that nothing was read under, there is nothing to know.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub(super) async fn of(db: &SqlitePool, cookie: &Cookie) -> Result<Self, Error> {
        let row: Option<Row> = sqlx::query_as(
            "select device_id, last_event, two_devices_at from customers where cookie = ?",
        )
        .bind(cookie.as_str())
        .fetch_optional(db)
        .await?;
        let Some(row) = row else {
            return Ok(Self::default());
        };
        let device_id = row.device_id.map(|text| parsed(&text, "device_id"));
        Ok(Self {
            device_id: device_id.transpose()?,
            last_event: row.last_event.map(EventId),
            two_devices: row.two_devices_at.is_some(),
        })
    }

    /// Whether a device is the one that was read before, and nothing can have come between.
    ///
    /// # Errors
    /// [`Problem::TwoDevices`].
    pub(super) fn agrees_with(
        &self,
        device_id: DeviceId,
        reading: &Reading,
    ) -> Result<(), Problem> {
        let another = self.device_id.is_some_and(|before| before != device_id);
        if self.two_devices || another || reading.has_gap(self.last_event.as_ref()) {
            Err(Problem::TwoDevices)
        } else {
            Ok(())
        }
    }
}

/// Notes what a reading says, once it was found to agree.
///
/// # Errors
/// [`Error::Database`].
pub(super) async fn note(
    db: &SqlitePool,
    device_id: DeviceId,
    reading: &Reading,
) -> Result<(), Error> {
    sqlx::query(
        "insert into customers (cookie, device_id, last_event) values (?, ?, ?)
         on conflict (cookie) do update set
            device_id = coalesce(device_id, excluded.device_id), last_event = excluded.last_event",
    )
    .bind(reading.cookie.as_str())
    .bind(device_id.to_string())
    .bind(reading.newest().map(|event| event.0.as_str()))
    .execute(db)
    .await?;
    Ok(())
}

/// Notes that two devices were seen under a cookie, or may have been: for good, since later records
/// crowd out the one that told.
///
/// # Errors
/// [`Error::Database`].
pub(super) async fn note_two_devices(
    db: &SqlitePool,
    cookie: &Cookie,
    now: Timestamp,
) -> Result<(), Error> {
    tracing::warn!(%cookie, "two devices under one cookie, or a gap that can hide one");
    sqlx::query(
        "insert into customers (cookie, two_devices_at) values (?, ?)
         on conflict (cookie) do update set
            two_devices_at = coalesce(two_devices_at, excluded.two_devices_at)",
    )
    .bind(cookie.as_str())
    .bind(now.as_millisecond())
    .execute(db)
    .await?;
    Ok(())
}
