//! The storefront's own SQLite database.

use std::{path::Path, str::FromStr, time::Duration};

use jiff::Timestamp;
use sqlx::{
    SqlitePool,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};

use crate::error::Error;

/// How long a writer waits for another one.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);

/// Opens the database, makes it where it is missing, and brings its tables up to date.
///
/// Every commit is on disk before it is answered (WAL, `synchronous` FULL), so that a process
/// that is killed leaves nothing half made.
///
/// # Errors
/// [`Error::Folder`], [`Error::Open`] or [`Error::Migrate`].
pub async fn open(url: &str) -> Result<SqlitePool, Error> {
    let cannot_open = |source| Error::Open {
        url: url.to_owned(),
        source,
    };
    let options = SqliteConnectOptions::from_str(url)
        .map_err(cannot_open)?
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(BUSY_TIMEOUT);
    make_folder(options.get_filename())?;
    let pool = SqlitePoolOptions::new()
        .max_connections(8)
        .connect_with(options)
        .await
        .map_err(cannot_open)?;
    sqlx::migrate!("./migrations").run(&pool).await?;
    Ok(pool)
}

fn make_folder(file: &Path) -> Result<(), Error> {
    let Some(folder) = file
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
    else {
        return Ok(());
    };
    std::fs::create_dir_all(folder).map_err(|source| Error::Folder {
        folder: folder.to_owned(),
        source,
    })
}

/// A time as the tables hold it, whole milliseconds.
pub(crate) fn time(ms: i64) -> Result<Timestamp, Error> {
    Timestamp::from_millisecond(ms).map_err(|_| Error::Row("time"))
}

/// A value that is kept as text.
pub(crate) fn parsed<T: FromStr>(text: &str, what: &'static str) -> Result<T, Error> {
    text.parse().map_err(|_| Error::Row(what))
}
