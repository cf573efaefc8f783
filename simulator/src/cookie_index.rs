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
         select record.account, record.cookie, record.event_id
         from json_each(?1) as one
         left join cookie_index on cookie_index.account = one.value
         cross join record on record.account = one.value
           and record.event_id > coalesce(cookie_index.indexed_to, 0)
         where record.status = 'issued' and record.event_type = 'license'
           and record.cookie is not null
         order by 1, 2, 3;
         insert into cookie_index
         select value, coalesce((select max(event_id) from record where account = value), 0)
         from json_each(?1) where true
         on conflict (account) do update set indexed_to = excluded.indexed_to",
    )
    .bind(accounts)
    .execute(connection)
    .await?;
    Ok(())
}

/// Takes in what was left when the simulator stopped. Goes from account to account, however many
/// records each has.
pub(crate) async fn catch_up(database: &SqlitePool) -> Result<(), sqlx::Error> {
    let rows: Vec<(String,)> = sqlx::query_as(
        "with recursive each(account) as (
           select min(account) from record
           union all
           select (select min(account) from record where account > each.account)
           from each where each.account is not null
         )
         select account from each where account is not null",
    )
    .fetch_all(database)
    .await?;
    let accounts: Result<HashSet<_>, _> = rows.iter().map(|(id,)| Uuid::parse_str(id)).collect();
    let accounts = accounts.map_err(|error| sqlx::Error::Decode(error.into()))?;
    let mut transaction = database.begin_with("begin immediate").await?;
    take_in(&mut transaction, &accounts).await?;
    transaction.commit().await
}

/// Forgets an account.
pub(crate) async fn forget(
    connection: &mut SqliteConnection,
    account: AccountId,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "delete from issued_by_cookie where account = ?1;
         delete from cookie_index where account = ?1",
    )
    .bind(account.to_string())
    .execute(connection)
    .await?;
    Ok(())
}

/// The newest licences of an account (?1) until a moment (?2) under a cookie (?3), so many (?4).
pub(crate) fn select() -> String {
    const INDEXED_TO: &str =
        "(select coalesce(max(indexed_to), 0) from cookie_index where account = ?1)";
    let newest = "order by record.event_id desc limit ?4";
    format!(
        "select * from (
           select {COLUMNS} from record
           where account = ?1 and event_id > {INDEXED_TO} and event_time_ms <= ?2
             and cookie = ?3 and status = 'issued' and event_type = 'license'
           {newest})
         union all
         select * from (
           select {COLUMNS} from issued_by_cookie as issued
           cross join record
             on record.account = issued.account and record.event_id = issued.event_id
           where issued.account = ?1 and issued.cookie = ?3 and issued.event_id <= {INDEXED_TO}
             and record.event_time_ms <= ?2
           order by issued.event_id desc limit ?4)
         order by event_id desc limit ?4"
    )
}
