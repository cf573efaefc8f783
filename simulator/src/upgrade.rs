//! The database of an older version: what its migrations cannot do by themselves.

use sqlx::{SqliteConnection, SqlitePool};

use crate::device::Mark;

/// The largest event_id that is brought in from elsewhere: half of what an account has room for.
const LARGEST_ID: i64 = 1 << 31;

/// Brings a database to this version's shape.
pub(crate) async fn run(database: &SqlitePool) -> Result<(), sqlx::Error> {
    let mut transaction = database.begin_with("begin immediate").await?;
    let (before_short_keys,): (bool,) = sqlx::query_as(
        "select exists (select 1 from pragma_table_info('used_challenge') where name = 'jti')",
    )
    .fetch_one(&mut *transaction)
    .await?;
    if before_short_keys {
        number_anew(&mut transaction).await?;
        keep_marks(&mut transaction).await?;
    }
    transaction.commit().await?;
    sqlx::migrate!().run(database).await?;
    Ok(())
}

/// Numbers the records of an account from 1, in their order, where one has an id that has no room
/// in 32 bits: imports took some up to 2^53.
async fn number_anew(connection: &mut SqliteConnection) -> Result<(), sqlx::Error> {
    // By way of ids that no record has, so that no two have the same meanwhile.
    sqlx::query(
        "update record set event_id = place - (1 << 62)
         from (select account as whose, event_id as id,
                 row_number() over (partition by account order by event_id) as place
               from record
               where account in (select account from record where event_id not between 1 and ?))
         where account = whose and event_id = id;
         update record set event_id = event_id + (1 << 62) where event_id < -(1 << 61)",
    )
    .bind(LARGEST_ID)
    .execute(connection)
    .await?;
    Ok(())
}

/// Puts the marks of used challenges where migration 0007 finds them: who upgrades makes no
/// challenge fresh.
async fn keep_marks(connection: &mut SqliteConnection) -> Result<(), sqlx::Error> {
    let used: Vec<(Vec<u8>, String, i64)> =
        sqlx::query_as("select thumbprint, jti, used_at_ms from used_challenge")
            .fetch_all(&mut *connection)
            .await?;
    let marks: Result<Vec<(i64, i64)>, sqlx::Error> = used
        .into_iter()
        .map(|(thumbprint, jti, used_at_ms)| {
            let thumbprint = <[u8; 32]>::try_from(thumbprint)
                .map_err(|_| sqlx::Error::Decode("a thumbprint has 32 bytes".into()))?;
            Ok((Mark::of(&thumbprint, &jti).into(), used_at_ms))
        })
        .collect();
    let marks = serde_json::to_string(&marks?).map_err(|e| sqlx::Error::Encode(e.into()))?;
    // One is there already where a start was ended before the migrations were through.
    sqlx::query(
        "drop table if exists carried_mark;
         create table carried_mark (mark integer not null, used_at_ms integer not null) strict;
         insert into carried_mark select value ->> 0, value ->> 1 from json_each(?)",
    )
    .bind(marks)
    .execute(connection)
    .await?;
    Ok(())
}
