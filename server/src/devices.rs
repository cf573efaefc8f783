//! A viewer's devices, as registered, and which of them a browser is.
//!
//! A browser holds a handle in an HttpOnly cookie, one for each viewer who registered with it.
//! The handle selects a registration; it proves nothing. The device_id that is kept here is shown
//! and guards against a record that says another, but what a token is bound to never comes from
//! here (see [`crate::entitlement`], step 4).

use app::{model::Device, problem::Problem, slot::Slot};
use expressplay::{Cookie, DeviceId, EventId};
use jiff::{SignedDuration, Timestamp};
use sha2::{Digest, Sha256};
use sqlx::SqlitePool;
use uuid::Uuid;

use crate::{
    database::{parsed, time},
    error::Error,
};

/// A registration that was not finished by then never will be: its token lived for a minute.
const UNFINISHED_KEPT: SignedDuration = SignedDuration::from_hours(24);
/// Nor will more than these, the newest, which a viewer may have begun in several pages.
const UNFINISHED_AT_ONCE: u32 = 8;
/// A device is one browser, and answers that got lost: the newest handles will do.
const HANDLES: u32 = 8;
/// For so long a registration that is finished can be finished again: its answer may have got lost.
const ANSWERED_AGAIN: SignedDuration = SignedDuration::from_mins(10);

/// A registration, finished or not.
#[derive(Debug, Clone)]
pub struct Registration {
    /// Its number.
    pub id: Uuid,
    /// Its cookie (seed step 1).
    pub cookie: Cookie,
    /// Once finished, the device_id on record then, and the time.
    pub finished: Option<(DeviceId, Timestamp)>,
    /// Whether two devices were ever seen under its cookie: no sale by it, then.
    pub two_devices: bool,
}

const COLUMNS: &str = "id, cookie, device_id, registered_at, two_devices_at";

#[derive(sqlx::FromRow)]
struct Row {
    id: String,
    cookie: String,
    device_id: Option<String>,
    registered_at: Option<i64>,
    two_devices_at: Option<i64>,
}

impl TryFrom<Row> for Registration {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self, Error> {
        let finished = match (row.device_id, row.registered_at) {
            (Some(id), Some(at)) => Some((parsed(&id, "device_id")?, time(at)?)),
            _ => None,
        };
        Ok(Self {
            id: parsed(&row.id, "registration's id")?,
            cookie: parsed(&row.cookie, "cookie")?,
            finished,
            two_devices: row.two_devices_at.is_some(),
        })
    }
}

/// Keeps a registration that has begun, and drops those of the viewer that will never finish.
///
/// # Errors
/// [`Error::Database`].
pub async fn begin(
    db: &SqlitePool,
    viewer: Uuid,
    id: Uuid,
    cookie: &Cookie,
    now: Timestamp,
) -> Result<(), Error> {
    let too_old = now
        .saturating_sub(UNFINISHED_KEPT)
        .unwrap_or(Timestamp::MIN);
    sqlx::query(
        "delete from devices
         where viewer_id = ?1 and registered_at is null and (begun_at < ?2 or id not in (
            select id from devices where viewer_id = ?1 and registered_at is null
            order by begun_at desc, rowid desc limit ?3))",
    )
    .bind(viewer.to_string())
    .bind(too_old.as_millisecond())
    .bind(UNFINISHED_AT_ONCE - 1)
    .execute(db)
    .await?;
    sqlx::query("insert into devices (id, viewer_id, cookie, begun_at) values (?, ?, ?, ?)")
        .bind(id.to_string())
        .bind(viewer.to_string())
        .bind(cookie.as_str())
        .bind(now.as_millisecond())
        .execute(db)
        .await?;
    Ok(())
}

/// A registration of that viewer, finished or not.
///
/// # Errors
/// [`Error::Database`].
pub async fn find(db: &SqlitePool, viewer: Uuid, id: Uuid) -> Result<Option<Registration>, Error> {
    let row: Option<Row> = sqlx::query_as(&format!(
        "select {COLUMNS} from devices where id = ? and viewer_id = ?"
    ))
    .bind(id.to_string())
    .bind(viewer.to_string())
    .fetch_optional(db)
    .await?;
    row.map(Registration::try_from).transpose()
}

/// Makes a registration a device, and the browser that holds `handle` that device.
///
/// # Errors
/// [`Problem::NoSuchDevice`] where others that the viewer began have taken its place;
/// [`Error::Database`].
pub async fn finish(
    db: &SqlitePool,
    id: Uuid,
    device_id: DeviceId,
    handle: &Handle,
    now: Timestamp,
) -> Result<(), Error> {
    let mut tx = db.begin_with("begin immediate").await?;
    let found = sqlx::query(
        "update devices set device_id = coalesce(device_id, ?),
                            registered_at = coalesce(registered_at, ?)
         where id = ?",
    )
    .bind(device_id.to_string())
    .bind(now.as_millisecond())
    .bind(id.to_string())
    .execute(&mut *tx)
    .await?;
    if found.rows_affected() == 0 {
        return Err(Problem::NoSuchDevice.into());
    }
    sqlx::query("insert into handles (hash, device, issued_at) values (?, ?, ?)")
        .bind(handle.hash())
        .bind(id.to_string())
        .bind(now.as_millisecond())
        .execute(&mut *tx)
        .await?;
    sqlx::query(
        "delete from handles where device = ?1 and hash not in (
            select hash from handles where device = ?1
            order by issued_at desc, rowid desc limit ?2)",
    )
    .bind(id.to_string())
    .bind(HANDLES)
    .execute(&mut *tx)
    .await?;
    tx.commit().await?;
    Ok(())
}

/// The newest record under a cookie that was ever read.
///
/// # Errors
/// [`Error::Database`].
pub async fn last_event(db: &SqlitePool, cookie: &Cookie) -> Result<Option<EventId>, Error> {
    let row: Option<(Option<String>,)> =
        sqlx::query_as("select last_event from devices where cookie = ?")
            .bind(cookie.as_str())
            .fetch_optional(db)
            .await?;
    Ok(row.and_then(|(id,)| id).map(EventId))
}

/// Notes the newest record that was read under a cookie, once all that it says is noted.
///
/// # Errors
/// [`Error::Database`].
pub async fn note_last_event(
    db: &SqlitePool,
    cookie: &Cookie,
    newest: &EventId,
) -> Result<(), Error> {
    sqlx::query("update devices set last_event = ? where cookie = ?")
        .bind(&newest.0)
        .bind(cookie.as_str())
        .execute(db)
        .await?;
    Ok(())
}

/// Notes that two devices were seen under a cookie: for good, since an answer holds 32 records and
/// later ones crowd out the one that told.
///
/// # Errors
/// [`Error::Database`].
pub async fn note_two_devices(
    db: &SqlitePool,
    cookie: &Cookie,
    now: Timestamp,
) -> Result<(), Error> {
    sqlx::query(
        "update devices set two_devices_at = ? where cookie = ? and two_devices_at is null",
    )
    .bind(now.as_millisecond())
    .bind(cookie.as_str())
    .execute(db)
    .await?;
    Ok(())
}

/// The device that a browser is for a viewer, by the handle that it holds.
///
/// # Errors
/// [`Error::Database`].
pub async fn of_handle(
    db: &SqlitePool,
    viewer: Uuid,
    handle: &Handle,
) -> Result<Option<Registration>, Error> {
    let row: Option<Row> = sqlx::query_as(&format!(
        "select {COLUMNS} from devices join handles on device = id
         where hash = ? and viewer_id = ? and registered_at is not null"
    ))
    .bind(handle.hash())
    .bind(viewer.to_string())
    .fetch_optional(db)
    .await?;
    row.map(Registration::try_from).transpose()
}

/// Forgets a handle that a new one replaces.
///
/// # Errors
/// [`Error::Database`].
pub async fn forget(db: &SqlitePool, handle: &Handle) -> Result<(), Error> {
    sqlx::query("delete from handles where hash = ?")
        .bind(handle.hash())
        .execute(db)
        .await?;
    Ok(())
}

/// The viewer's devices, newest registration first, each device_id once.
///
/// # Errors
/// [`Error::Database`].
pub async fn of_viewer(
    db: &SqlitePool,
    viewer: Uuid,
    this_browser: Option<DeviceId>,
) -> Result<Vec<Device>, Error> {
    let rows: Vec<Row> = sqlx::query_as(&format!(
        "select {COLUMNS} from devices where viewer_id = ? and registered_at is not null
         order by registered_at desc, rowid desc"
    ))
    .bind(viewer.to_string())
    .fetch_all(db)
    .await?;
    let mut devices: Vec<Device> = vec![];
    for row in rows {
        let registration = Registration::try_from(row)?;
        let device = registration.device(this_browser);
        devices.extend(device.filter(|new| devices.iter().all(|d| d.device_id != new.device_id)));
    }
    Ok(devices)
}

impl Registration {
    /// The device_id of a record that was just retrieved, if it is not another than at
    /// registration.
    ///
    /// # Errors
    /// [`Problem::TwoDevices`].
    pub fn agrees_with(&self, record: DeviceId) -> Result<DeviceId, Error> {
        match self.finished {
            Some((known, _)) if known != record => Err(Problem::TwoDevices.into()),
            _ => Ok(record),
        }
    }

    /// Whether a browser may still be told that it is this device.
    #[must_use]
    pub fn can_be_finished(&self, now: Timestamp) -> bool {
        self.finished
            .is_none_or(|(_, at)| at.duration_until(now) < ANSWERED_AGAIN)
    }

    /// The registration as pages show it; none until it is finished.
    #[must_use]
    pub fn device(&self, this_browser: Option<DeviceId>) -> Option<Device> {
        self.finished.map(|(device_id, registered_at)| Device {
            id: self.id,
            cookie: self.cookie.clone(),
            device_id,
            registered_at,
            this_browser: this_browser == Some(device_id),
        })
    }
}

/// What a browser holds to be told from others: 128 random bits. Only its hash is kept here.
#[derive(Clone)]
pub struct Handle(String);

impl Handle {
    /// A new handle.
    #[must_use]
    pub fn new(bits: [u8; 16]) -> Self {
        Self(hex::encode(bits))
    }

    /// A handle as a browser sent it.
    #[must_use]
    pub const fn sent(text: String) -> Self {
        Self(text)
    }

    /// The text that goes into the browser's cookie.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// The name of the browser's cookie: its own for each viewer, so that two can share a browser,
    /// and for each device in it.
    #[must_use]
    pub fn cookie_name(viewer: Uuid, slot: Slot) -> String {
        let viewer = viewer.simple();
        match slot {
            Slot::A => format!("bindery_device_{viewer}"),
            Slot::B => format!("bindery_device_{viewer}_b"),
        }
    }

    fn hash(&self) -> Vec<u8> {
        Sha256::digest(&self.0).to_vec()
    }
}

impl std::fmt::Debug for Handle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Handle([redacted])")
    }
}
