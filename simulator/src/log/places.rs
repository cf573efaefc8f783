//! Where accounts' records stand in the log.
//!
//! A record's key is its account's number in the upper half and its event_id in the lower. Who
//! holds the writing connection may ask and change what is known here: nobody else writes then.

use std::{
    collections::{HashMap, HashSet},
    sync::{Mutex, MutexGuard, PoisonError},
};

use sqlx::SqliteConnection;
use uuid::Uuid;

use crate::account::AccountId;

/// Where each account's newest record is, of the accounts that were asked for.
#[derive(Debug, Default)]
pub(crate) struct Places(Mutex<HashMap<AccountId, Place>>);

#[derive(Debug)]
struct Place {
    /// The account's number.
    number: i64,
    /// The event_id of its newest record; 0 if it has none.
    newest: u32,
}

impl Places {
    /// Sees to it that the accounts are known.
    pub(super) async fn learn(
        &self,
        connection: &mut SqliteConnection,
        accounts: impl Iterator<Item = AccountId>,
    ) -> Result<(), sqlx::Error> {
        let unknown: HashSet<Uuid> = {
            let known = self.lock();
            let unknown = accounts.filter(|account| !known.contains_key(account));
            unknown.map(|account| account.0).collect()
        };
        if unknown.is_empty() {
            return Ok(());
        }
        let unknown = serde_json::to_string(&unknown).map_err(|e| sqlx::Error::Encode(e.into()))?;
        let rows: Vec<(String, i64, u32)> = sqlx::query_as(
            "insert into account (id) select value from json_each(?1) where true
             on conflict do nothing;
             select id, number, coalesce(
                 (select max(key) from record
                  where key between number << 32 and (number << 32) + 4294967295) & 4294967295, 0)
             from account where id in (select value from json_each(?1))",
        )
        .bind(unknown)
        .fetch_all(connection)
        .await?;
        let mut known = self.lock();
        for (id, number, newest) in rows {
            let id = Uuid::parse_str(&id).map_err(|e| sqlx::Error::Decode(e.into()))?;
            known.insert(AccountId(id), Place { number, newest });
        }
        Ok(())
    }

    /// The next key of an account that is known; none where it has had its last.
    pub(super) fn next(&self, account: AccountId) -> Option<i64> {
        let mut known = self.lock();
        let place = known.get_mut(&account)?;
        place.newest = place.newest.checked_add(1)?;
        Some((place.number << 32) + i64::from(place.newest))
    }

    /// What is known of an account may be wrong from now on.
    pub(crate) fn forget(&self, account: AccountId) {
        self.lock().remove(&account);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<AccountId, Place>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
