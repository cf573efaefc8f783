//! The storefront's own SQLite database.

use std::{fs::File, str::FromStr};

use jiff::Timestamp;
use simulator::database;
use sqlx::SqlitePool;

use crate::error::Error;

/// How many requests may use it at once.
const CONNECTIONS: u32 = 8;

/// Opens the database, makes it where it is missing, and brings its tables up to date.
///
/// # Errors
/// [`Error::Open`] or [`Error::Migrate`].
pub async fn open(url: &str) -> Result<SqlitePool, Error> {
    let cannot_open = cannot_open(url);
    let options = database::options(url).map_err(&cannot_open)?;
    let pool = database::pool(url, CONNECTIONS)
        .connect_with(options)
        .await
        .map_err(cannot_open)?;
    sqlx::migrate!("./migrations").run(&pool).await?;
    Ok(pool)
}

/// Keeps other storefronts from the database for as long as the file is held.
///
/// # Errors
/// [`Error::Open`] where another one serves it.
pub fn claim(url: &str) -> Result<Option<File>, Error> {
    database::claim(url).map_err(cannot_open(url))
}

fn cannot_open(url: &str) -> impl Fn(sqlx::Error) -> Error {
    move |source| Error::Open {
        url: url.to_owned(),
        source,
    }
}

/// A time as the tables hold it, whole milliseconds.
pub(crate) fn time(ms: i64) -> Result<Timestamp, Error> {
    Timestamp::from_millisecond(ms).map_err(|_| Error::Row("time"))
}

/// A value that is kept as text.
pub(crate) fn parsed<T: FromStr>(text: &str, what: &'static str) -> Result<T, Error> {
    text.parse().map_err(|_| Error::Row(what))
}
