//! How far a viewer has come in each title.

use app::watching::position::Position;
use jiff::Timestamp;
use sqlx::SqlitePool;
use uuid::Uuid;

use crate::{
    database::{parsed, time},
    error::Error,
};

/// A position, and when it was told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// How far it is.
    pub position: Position,
    /// When the player said so.
    pub at: Timestamp,
}

/// Keeps a position, in place of an earlier one of the same viewer and title. No title is seen
/// further than to its end.
///
/// # Errors
/// [`Error::Database`].
pub async fn keep(
    db: &SqlitePool,
    viewer: Uuid,
    position: &Position,
    now: Timestamp,
) -> Result<(), Error> {
    sqlx::query(
        "insert into positions (viewer_id, slug, seconds, whole_seconds, told_at)
         values (?, ?, ?, ?, ?)
         on conflict (viewer_id, slug) do update
         set seconds = excluded.seconds, whole_seconds = excluded.whole_seconds,
             told_at = excluded.told_at",
    )
    .bind(viewer.to_string())
    .bind(position.slug.as_str())
    .bind(position.seconds.min(position.whole))
    .bind(position.whole)
    .bind(now.as_millisecond())
    .execute(db)
    .await?;
    Ok(())
}

/// A viewer's positions, the newest first.
///
/// # Errors
/// [`Error::Database`].
pub async fn of_viewer(db: &SqlitePool, viewer: Uuid) -> Result<Vec<Told>, Error> {
    let rows: Vec<(String, u32, u32, i64)> = sqlx::query_as(
        "select slug, seconds, whole_seconds, told_at from positions
         where viewer_id = ? order by told_at desc, slug",
    )
    .bind(viewer.to_string())
    .fetch_all(db)
    .await?;
    rows.into_iter()
        .map(|(slug, seconds, whole, told_at)| {
            Ok(Told {
                position: Position {
                    slug: parsed(&slug, "slug")?,
                    seconds,
                    whole,
                },
                at: time(told_at)?,
            })
        })
        .collect()
}
