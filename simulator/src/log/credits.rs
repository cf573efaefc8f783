//! How many licences accounts have left, while a batch is worked out.

use std::collections::{HashMap, HashSet};

use sqlx::{QueryBuilder, Sqlite, SqliteConnection};
use uuid::Uuid;

use super::Entry;
use crate::account::AccountId;

/// How many licences accounts have left. One that is not there has any number: its credits were
/// taken away after the draft was made.
#[derive(Debug, Default)]
pub(super) struct Credits {
    left: HashMap<AccountId, i64>,
    used: HashSet<AccountId>,
}

impl Credits {
    /// What is left to the accounts of a batch that pay for licences.
    pub(super) async fn read(
        connection: &mut SqliteConnection,
        batch: &[Entry],
    ) -> Result<Self, sqlx::Error> {
        let paying = batch.iter().filter(|it| it.draft.uses_credit);
        let accounts: HashSet<Uuid> = paying.map(|it| it.draft.account.0).collect();
        if accounts.is_empty() {
            return Ok(Self::default());
        }
        let accounts =
            serde_json::to_string(&accounts).map_err(|e| sqlx::Error::Encode(e.into()))?;
        let rows: Vec<(String, i64)> = sqlx::query_as(
            "select account, remaining from credit
             where account in (select value from json_each(?))",
        )
        .bind(accounts)
        .fetch_all(connection)
        .await?;
        let read = |(account, left): (String, i64)| {
            let account = Uuid::parse_str(&account).map_err(|e| sqlx::Error::Decode(e.into()))?;
            Ok((AccountId(account), left))
        };
        let left: Result<_, sqlx::Error> = rows.into_iter().map(read).collect();
        Ok(Self {
            left: left?,
            used: HashSet::new(),
        })
    }

    /// Uses up a credit, if there is one left.
    pub(super) fn use_one(&mut self, account: AccountId) -> bool {
        match self.left.get_mut(&account) {
            None => true,
            Some(0) => false,
            Some(left) => {
                *left -= 1;
                self.used.insert(account);
                true
            }
        }
    }

    /// Whether there is anything to write.
    pub(super) fn were_used(&self) -> bool {
        !self.used.is_empty()
    }

    /// The statement that writes what is left of those that were used, if any were.
    pub(super) fn push(&self, sql: &mut QueryBuilder<'_, Sqlite>) -> Result<(), sqlx::Error> {
        if !self.were_used() {
            return Ok(());
        }
        let used = self.used.iter();
        let left: HashMap<Uuid, Option<&i64>> = used
            .map(|account| (account.0, self.left.get(account)))
            .collect();
        let left = serde_json::to_string(&left).map_err(|e| sqlx::Error::Encode(e.into()))?;
        sql.push("update credit set remaining = now.value from json_each(")
            .push_bind(left)
            .push(") as now where credit.account = now.key;");
        Ok(())
    }
}
