//! A purchase that moves to another of the viewer's devices: a deliberate act, and a rare one.

use app::{model::OrderKind, problem::Problem};
use expressplay::{Cookie, DeviceId};
use jiff::{SignedDuration, Timestamp};
use sqlx::{SqliteExecutor, SqlitePool};
use uuid::Uuid;

use crate::{
    database::time,
    error::Error,
    orders::{self, StoredOrder},
};

/// So many days pass between two moves of a purchase.
pub const DAYS_BETWEEN: u32 = 30;

/// A move to be made.
#[derive(Debug)]
pub struct NewMove {
    /// The number it gets.
    pub id: Uuid,
    /// Whose it is.
    pub viewer: Uuid,
    /// The purchase.
    pub order: Uuid,
    /// The cookie that the new device was retrieved by.
    pub cookie: Cookie,
    /// The new device, from the record just retrieved.
    pub device_id: DeviceId,
}

/// When a purchase may be moved again; none where it may be at once.
///
/// # Errors
/// [`Error::Database`].
pub async fn again_from(
    db: impl SqliteExecutor<'_>,
    order: Uuid,
    now: Timestamp,
) -> Result<Option<Timestamp>, Error> {
    let (last,): (Option<i64>,) =
        sqlx::query_as("select max(moved_at) from moves where order_id = ?")
            .bind(order.to_string())
            .fetch_one(db)
            .await?;
    let Some(last) = last else {
        return Ok(None);
    };
    let pause = SignedDuration::from_hours(24 * i64::from(DAYS_BETWEEN));
    let from = time(last)?.saturating_add(pause).unwrap_or(Timestamp::MAX);
    Ok((now < from).then_some(from))
}

/// Why a purchase cannot be moved to a device, whatever the time.
///
/// # Errors
/// [`Problem::RentalStays`], or [`Problem::HadThere`] where another purchase of the same title is
/// bound to that device.
pub fn can_go(order: &StoredOrder, to: DeviceId, of_title: &[StoredOrder]) -> Result<(), Problem> {
    if order.kind == OrderKind::Rent {
        return Err(Problem::RentalStays);
    }
    let is_there = |other: &StoredOrder| {
        other.id != order.id && other.kind == OrderKind::Buy && other.device_id == to
    };
    match of_title.iter().any(is_there) {
        true => Err(Problem::HadThere),
        false => Ok(()),
    }
}

/// Binds a purchase to another device, or leaves all as it was. To move it to where it is changes
/// nothing, and does not count.
///
/// # Errors
/// [`Problem::NoSuchOrder`], [`Problem::RentalStays`], [`Problem::HadThere`],
/// [`Problem::MovedLately`] or [`Error::Database`].
pub async fn bind_anew(
    db: &SqlitePool,
    new: &NewMove,
    now: Timestamp,
) -> Result<StoredOrder, Error> {
    let mut tx = db.begin_with("begin immediate").await?;
    let order = orders::find(&mut *tx, new.viewer, new.order).await?;
    let order = order.ok_or(Problem::NoSuchOrder)?;
    let of_title = orders::of_title(&mut *tx, new.viewer, &order.slug).await?;
    can_go(&order, new.device_id, &of_title)?;
    if order.device_id == new.device_id {
        return Ok(order);
    }
    if again_from(&mut *tx, order.id, now).await?.is_some() {
        return Err(Problem::MovedLately.into());
    }
    sqlx::query(
        "insert into moves
            (id, order_id, from_cookie, from_device, to_cookie, to_device, moved_at)
         values (?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(new.id.to_string())
    .bind(order.id.to_string())
    .bind(order.cookie.as_str())
    .bind(order.device_id.to_string())
    .bind(new.cookie.as_str())
    .bind(new.device_id.to_string())
    .bind(now.as_millisecond())
    .execute(&mut *tx)
    .await?;
    sqlx::query(
        "update orders set cookie = ?, device_id = ?, bound_at = ?,
                           handed_over_at = null, licensed_at = null, token_until = null
         where id = ?",
    )
    .bind(new.cookie.as_str())
    .bind(new.device_id.to_string())
    .bind(now.as_millisecond())
    .bind(order.id.to_string())
    .execute(&mut *tx)
    .await?;
    let moved = orders::find(&mut *tx, new.viewer, new.order).await?;
    tx.commit().await?;
    moved.ok_or(Error::Row("moved order"))
}
