//! The two tables of orders: what was ordered, and what paid for it.

use std::time::Duration;

use app::{
    model::{OrderKind, Price, Slug},
    receipt::Payment,
};
use expressplay::Cookie;
use jiff::Timestamp;
use sqlx::{Sqlite, SqliteExecutor, SqlitePool, Transaction};
use uuid::Uuid;

use super::{NewOrder, StoredOrder};
use crate::{
    database::{parsed, time},
    error::Error,
};

#[derive(sqlx::FromRow)]
struct Row {
    id: String,
    slug: String,
    kind: String,
    price_cents: u32,
    cookie: String,
    device_id: String,
    ordered_at: i64,
    bound_at: i64,
    handed_over_at: Option<i64>,
    licensed_at: Option<i64>,
    token_until: Option<i64>,
}

impl TryFrom<Row> for StoredOrder {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self, Error> {
        Ok(Self {
            id: parsed(&row.id, "order's id")?,
            slug: parsed(&row.slug, "slug")?,
            kind: match row.kind.as_str() {
                "buy" => OrderKind::Buy,
                "rent" => OrderKind::Rent,
                _ => return Err(Error::Row("kind of order")),
            },
            price: Price(row.price_cents),
            cookie: parsed(&row.cookie, "cookie")?,
            device_id: parsed(&row.device_id, "device_id")?,
            ordered_at: time(row.ordered_at)?,
            bound_at: time(row.bound_at)?,
            handed_over_at: row.handed_over_at.map(time).transpose()?,
            licensed_at: row.licensed_at.map(time).transpose()?,
            token_until: row.token_until.map(time).transpose()?,
        })
    }
}

const fn kind_text(kind: OrderKind) -> &'static str {
    match kind {
        OrderKind::Buy => "buy",
        OrderKind::Rent => "rent",
    }
}

const COLUMNS: &str = "id, slug, kind, price_cents, cookie, device_id, ordered_at, bound_at, \
                       handed_over_at, licensed_at, token_until";

/// Every order of a viewer, newest first.
///
/// # Errors
/// [`Error::Database`].
pub async fn of_viewer(db: &SqlitePool, viewer: Uuid) -> Result<Vec<StoredOrder>, Error> {
    let rows: Vec<Row> = sqlx::query_as(&format!(
        "select {COLUMNS} from orders where viewer_id = ? order by ordered_at desc, rowid desc"
    ))
    .bind(viewer.to_string())
    .fetch_all(db)
    .await?;
    rows.into_iter().map(StoredOrder::try_from).collect()
}

/// A viewer's orders of one title, newest first.
///
/// # Errors
/// [`Error::Database`].
pub async fn of_title(
    db: impl SqliteExecutor<'_>,
    viewer: Uuid,
    slug: &Slug,
) -> Result<Vec<StoredOrder>, Error> {
    let rows: Vec<Row> = sqlx::query_as(&format!(
        "select {COLUMNS} from orders where viewer_id = ? and slug = ?
         order by ordered_at desc, rowid desc"
    ))
    .bind(viewer.to_string())
    .bind(slug.as_str())
    .fetch_all(db)
    .await?;
    rows.into_iter().map(StoredOrder::try_from).collect()
}

/// Every order under a cookie that was handed over, and whose first licence has yet to be found.
///
/// # Errors
/// [`Error::Database`].
pub async fn open_under(db: &SqlitePool, cookie: &Cookie) -> Result<Vec<StoredOrder>, Error> {
    let rows: Vec<Row> = sqlx::query_as(&format!(
        "select {COLUMNS} from orders
         where cookie = ? and handed_over_at is not null and licensed_at is null"
    ))
    .bind(cookie.as_str())
    .fetch_all(db)
    .await?;
    rows.into_iter().map(StoredOrder::try_from).collect()
}

/// The cookies of a viewer's rentals of a title that were handed over, and whose start has yet to
/// be found.
///
/// # Errors
/// [`Error::Database`].
pub async fn cookies_of_open_rentals(
    db: &SqlitePool,
    viewer: Uuid,
    slug: &Slug,
) -> Result<Vec<Cookie>, Error> {
    let rows: Vec<(String,)> = sqlx::query_as(
        "select distinct cookie from orders
         where viewer_id = ? and slug = ? and kind = 'rent'
           and handed_over_at is not null and licensed_at is null",
    )
    .bind(viewer.to_string())
    .bind(slug.as_str())
    .fetch_all(db)
    .await?;
    rows.iter()
        .map(|(cookie,)| parsed(cookie, "cookie"))
        .collect()
}

/// One order of a viewer.
///
/// # Errors
/// [`Error::Database`].
pub async fn find(
    db: impl SqliteExecutor<'_>,
    viewer: Uuid,
    id: Uuid,
) -> Result<Option<StoredOrder>, Error> {
    let row: Option<Row> = sqlx::query_as(&format!(
        "select {COLUMNS} from orders where id = ? and viewer_id = ?"
    ))
    .bind(id.to_string())
    .bind(viewer.to_string())
    .fetch_optional(db)
    .await?;
    row.map(StoredOrder::try_from).transpose()
}

/// What paid for an order.
///
/// # Errors
/// [`Error::Database`], or [`Error::Row`] where nothing did: each order is made with its payment.
pub async fn payment(db: &SqlitePool, order: Uuid) -> Result<Payment, Error> {
    let row: Option<(u32, String, i64)> = sqlx::query_as(
        "select amount_cents, card_last_four, paid_at from payments where order_id = ?",
    )
    .bind(order.to_string())
    .fetch_optional(db)
    .await?;
    let (amount, card_last_four, paid_at) = row.ok_or(Error::Row("order without payment"))?;
    Ok(Payment {
        amount: Price(amount),
        card_last_four,
        paid_at: time(paid_at)?,
    })
}

/// The order that a key has made already.
///
/// # Errors
/// [`Error::Database`].
pub async fn of_key(
    db: impl SqliteExecutor<'_>,
    viewer: Uuid,
    order_key: Uuid,
) -> Result<Option<StoredOrder>, Error> {
    let row: Option<Row> = sqlx::query_as(&format!(
        "select {COLUMNS} from orders where viewer_id = ? and order_key = ?"
    ))
    .bind(viewer.to_string())
    .bind(order_key.to_string())
    .fetch_optional(db)
    .await?;
    row.map(StoredOrder::try_from).transpose()
}

/// Charges and makes the order, both or neither.
///
/// What the viewer has already is not charged again: an order of the same key, the title bought
/// for that device, or, when renting, a rental of it that can still be played there.
///
/// # Errors
/// [`Problem::CardDeclined`], [`Problem::BadInput`] where the key has made another order, or
/// [`Error::Database`].
pub async fn charge_and_order(
    db: &SqlitePool,
    new: &NewOrder,
    now: Timestamp,
) -> Result<StoredOrder, Error> {
    let mut tx = db.begin_with("begin immediate").await?;
    if let Some(order) = already_had(&mut tx, new, now).await? {
        return Ok(order);
    }
    new.card.charge()?;
    sqlx::query(
        "insert into orders
            (id, viewer_id, order_key, slug, kind, price_cents, cookie, device_id, ordered_at,
             bound_at)
         values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?9)",
    )
    .bind(new.id.to_string())
    .bind(new.viewer.to_string())
    .bind(new.order_key.to_string())
    .bind(new.slug.as_str())
    .bind(kind_text(new.kind))
    .bind(new.price.0)
    .bind(new.cookie.as_str())
    .bind(new.device_id.to_string())
    .bind(now.as_millisecond())
    .execute(&mut *tx)
    .await?;
    sqlx::query(
        "insert into payments (id, order_id, amount_cents, card_last_four, paid_at)
         values (?, ?, ?, ?, ?)",
    )
    .bind(new.payment.to_string())
    .bind(new.id.to_string())
    .bind(new.price.0)
    .bind(new.card.last_four())
    .bind(now.as_millisecond())
    .execute(&mut *tx)
    .await?;
    let order = of_key(&mut *tx, new.viewer, new.order_key).await?;
    tx.commit().await?;
    order.ok_or(Error::Row("new order"))
}

async fn already_had(
    tx: &mut Transaction<'static, Sqlite>,
    new: &NewOrder,
    now: Timestamp,
) -> Result<Option<StoredOrder>, Error> {
    if let Some(order) = of_key(&mut **tx, new.viewer, new.order_key).await? {
        order.is_for(&new.slug, new.kind, Some(new.device_id))?;
        return Ok(Some(order));
    }
    let had = of_title(&mut **tx, new.viewer, &new.slug).await?;
    let serves = |order: &StoredOrder| order.serves(new.kind, new.device_id, now);
    let bought_first = |order: &StoredOrder| order.kind == OrderKind::Rent;
    let mut had: Vec<_> = had.into_iter().filter(serves).collect();
    had.sort_by_key(bought_first);
    Ok(had.into_iter().next())
}

/// Notes that a token for the order is being handed over, and for how long it lives. False where the
/// order has been moved away from the token's device: then the token must not be handed over.
///
/// # Errors
/// [`Error::Database`].
pub async fn note_hand_over(
    db: &SqlitePool,
    order: &StoredOrder,
    now: Timestamp,
    life: Duration,
) -> Result<bool, Error> {
    let until = now.saturating_add(life).unwrap_or(Timestamp::MAX);
    let noted = sqlx::query(
        "update orders set handed_over_at = coalesce(handed_over_at, ?), token_until = ?
         where id = ? and cookie = ?",
    )
    .bind(now.as_millisecond())
    .bind(until.as_millisecond())
    .bind(order.id.to_string())
    .bind(order.cookie.as_str())
    .execute(db)
    .await?;
    Ok(noted.rows_affected() == 1)
}

/// Notes when the order's first licence was issued, under the cookie that it was found by; what is
/// known stays.
///
/// # Errors
/// [`Error::Database`].
pub async fn note_license(
    db: &SqlitePool,
    order: &StoredOrder,
    at: Timestamp,
) -> Result<(), Error> {
    sqlx::query(
        "update orders set licensed_at = ? where id = ? and cookie = ? and licensed_at is null",
    )
    .bind(at.as_millisecond())
    .bind(order.id.to_string())
    .bind(order.cookie.as_str())
    .execute(db)
    .await?;
    Ok(())
}
