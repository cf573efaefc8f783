//! The index of licences by cookie, which is filled after the licences are answered.
//!
//! Cookies are random, so that each licence would change a page of its own in an index, and wait
//! until it is on disk. Many together change few. What is not in the index yet is the end of the
//! log, [`BACKLOG`] records and a commit's at most, and read as it stands: an answer never depends
//! on how far the index is.

use std::collections::HashSet;

use sqlx::{SqliteConnection, SqlitePool};
use uuid::Uuid;

use crate::{account::AccountId, records::COLUMNS};

/// How many records wait before the index takes them in.
const BACKLOG: usize = 1024;

/// What the index has not taken in.
#[derive(Debug, Default)]
pub(crate) struct Backlog {
    accounts: HashSet<Uuid>,
    records: usize,
}

impl Backlog {
    /// A record was written.
    pub(crate) fn add(&mut self, account: AccountId) {
        self.accounts.insert(account.0);
        self.records += 1;
    }

    /// Has the index take them in, once they are many.
    ///
    /// # Errors
    /// [`sqlx::Error`], and then they wait on.
    pub(crate) async fn work_off(&mut self, database: &SqlitePool) -> Result<(), sqlx::Error> {
        if self.records < BACKLOG {
            return Ok(());
        }
        let mut transaction = database.begin_with("begin immediate").await?;
        take_in(&mut transaction, &self.accounts).await?;
        transaction.commit().await?;
        *self = Self::default();
        Ok(())
    }
}

/// Takes in what accounts have not in the index.
pub(crate) async fn take_in(
    connection: &mut SqliteConnection,
    accounts: &HashSet<Uuid>,
) -> Result<(), sqlx::Error> {
    let accounts = serde_json::to_string(accounts).map_err(|e| sqlx::Error::Encode(e.into()))?;
    // What registers a device of Marlin Broadband's is no licence.
    sqlx::query(
        "insert into issued_by_cookie
         select account.number, record.cookie, record.event_id
         from json_each(?1) as one
         cross join account on account.id = one.value
         cross join record on record.key > (account.number << 32) + account.indexed_to
           and record.key <= (account.number << 32) + 4294967295
         where record.status = 'issued' and record.event_type = 'license'
           and record.cookie is not null
         order by 1, 2, 3;
         update account set indexed_to = coalesce(
             (select max(key) from record
              where key between number << 32 and (number << 32) + 4294967295) & 4294967295, 0)
         where id in (select value from json_each(?1))",
    )
    .bind(accounts)
    .execute(connection)
    .await?;
    Ok(())
}

/// Takes in what was left when the simulator stopped.
pub(crate) async fn catch_up(database: &SqlitePool) -> Result<(), sqlx::Error> {
    let rows: Vec<(String,)> = sqlx::query_as("select id from account")
        .fetch_all(database)
        .await?;
    let accounts: Result<HashSet<_>, _> = rows.iter().map(|(id,)| Uuid::parse_str(id)).collect();
    let accounts = accounts.map_err(|error| sqlx::Error::Decode(error.into()))?;
    let mut transaction = database.begin_with("begin immediate").await?;
    take_in(&mut transaction, &accounts).await?;
    transaction.commit().await
}

/// The newest licences of an account (?1) until a moment (?2) under a cookie (?3), so many (?4).
pub(crate) fn select() -> String {
    format!(
        "select * from (
           select {COLUMNS} from account
           cross join record on record.key > (account.number << 32) + account.indexed_to
             and record.key <= (account.number << 32) + 4294967295
           where account.id = ?1 and record.event_time_ms <= ?2 and record.cookie = ?3
             and record.status = 'issued' and record.event_type = 'license'
           order by record.key desc limit ?4)
         union all
         select * from (
           select {COLUMNS} from account
           cross join issued_by_cookie as issued
             on issued.account = account.number and issued.cookie = ?3
             and issued.event_id <= account.indexed_to
           cross join record on record.key = (account.number << 32) + issued.event_id
           where account.id = ?1 and record.event_time_ms <= ?2
           order by issued.event_id desc limit ?4)
         order by event_id desc limit ?4"
    )
}
