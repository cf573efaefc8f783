//! Rot in a simulator's database. The storefront's tests use this file too.

use std::{os::unix::fs::FileExt, path::Path};

use sqlx::SqlitePool;

/// Writes nonsense over the page that a simulator's records begin at.
pub(crate) async fn rot(file: &Path) {
    let url = format!("sqlite://{}", file.display());
    let database = SqlitePool::connect(&url).await.unwrap();
    let (page, size): (i64, i64) = sqlx::query_as(
        "select rootpage, (select page_size from pragma_page_size) from sqlite_schema
         where name = 'record'",
    )
    .fetch_one(&database)
    .await
    .unwrap();
    // Something new, so that whoever has pages in memory reads them again.
    for sql in [
        "insert into used_challenge values (-1, 0, 0)",
        "delete from used_challenge where number = -1",
        "pragma wal_checkpoint(truncate)",
    ] {
        sqlx::query(sql).execute(&database).await.unwrap();
    }
    let (page, size) = (u64::try_from(page).unwrap(), usize::try_from(size).unwrap());
    let file = std::fs::File::options().write(true).open(file).unwrap();
    file.write_all_at(&vec![0x5a; size], (page - 1) * size as u64)
        .unwrap();
}
