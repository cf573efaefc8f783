//! One commit for many records: what comes of each, and the statements that keep it.

use expressplay::{Cookie, ErrorCode, record::Status};
use jiff::Timestamp;
use sqlx::{QueryBuilder, Sqlite, SqliteConnection, SqlitePool, query_builder::Separated};

use super::{Draft, Entry, LogError, Outcome, credits::Credits, marks::Marks, places::Places};
use crate::device::Mark;

/// What a batch comes to.
#[derive(Default)]
struct Decided<'b> {
    outcomes: Vec<Result<Outcome, LogError>>,
    records: Vec<Record<'b>>,
    /// What was used up for the first time.
    marks: Vec<Mark>,
}

/// A record as it is to be kept.
struct Record<'b> {
    draft: &'b Draft,
    key: i64,
    refused: Option<ErrorCode>,
}

/// Writes a batch, all of it or nothing, and says what came of each.
pub(super) async fn commit(
    database: &SqlitePool,
    places: &Places,
    marks: &mut Marks,
    real_now: Timestamp,
    batch: &[Entry],
) -> Result<Vec<Result<Outcome, LogError>>, sqlx::Error> {
    let mut connection = database.acquire().await?;
    // Nobody else has a connection that writes: what is read here holds until it is written.
    let there = batch.iter().filter(|it| !it.draft.sandbox.is_dropped());
    let accounts = there.map(|entry| entry.draft.account);
    places.learn(&mut connection, accounts).await?;
    let mut credits = Credits::read(&mut connection, batch).await?;
    let decided = decide(batch, places, marks, &mut credits, real_now);
    match write(&mut connection, &decided, &credits, real_now).await {
        Ok(()) => Ok(decided.outcomes),
        Err(error) => {
            for mark in decided.marks {
                marks.give_back(mark);
            }
            for record in decided.records {
                places.forget(record.draft.account);
            }
            // There is nothing to go back from where the transaction has ended by itself.
            let _ = sqlx::query("rollback").execute(&mut *connection).await;
            Err(error)
        }
    }
}

/// Works out what comes of each, one after the other. To be called while the writing connection is
/// held: nobody drops a sandbox meanwhile.
fn decide<'b>(
    batch: &'b [Entry],
    places: &Places,
    marks: &mut Marks,
    credits: &mut Credits,
    real_now: Timestamp,
) -> Decided<'b> {
    let mut decided = Decided {
        outcomes: Vec::with_capacity(batch.len()),
        records: Vec::with_capacity(batch.len()),
        marks: vec![],
    };
    for Entry { draft, mark, .. } in batch {
        if draft.sandbox.is_dropped() {
            decided.outcomes.push(Ok(Outcome::Dropped));
            continue;
        }
        let Some(key) = places.next(draft.account) else {
            decided.outcomes.push(Err(LogError::Full));
            continue;
        };
        let outcome = match mark {
            Some(mark) if !marks.use_up(*mark, real_now) => Outcome::Replayed,
            _ if draft.refused.is_none()
                && draft.uses_credit
                && !credits.use_one(draft.account) =>
            {
                Outcome::NoCredits
            }
            _ => Outcome::AsDrafted,
        };
        if outcome != Outcome::Replayed {
            decided.marks.extend(mark);
        }
        decided.records.push(Record {
            draft,
            key,
            refused: outcome.refusal().or(draft.refused),
        });
        decided.outcomes.push(Ok(outcome));
    }
    decided
}

/// Each statement that is sent by itself is a way to SQLite's thread and back, for which all wait:
/// so they go together. One alone is a transaction of its own.
async fn write(
    connection: &mut SqliteConnection,
    decided: &Decided<'_>,
    credits: &Credits,
    real_now: Timestamp,
) -> Result<(), sqlx::Error> {
    if decided.records.is_empty() {
        return Ok(());
    }
    let mut kids = Vec::with_capacity(decided.records.len());
    for record in &decided.records {
        let json = serde_json::to_string(&record.draft.kids);
        kids.push(json.map_err(|e| sqlx::Error::Encode(e.into()))?);
    }
    let rows: Vec<(&Record<'_>, String)> = decided.records.iter().zip(kids).collect();
    let alone = decided.marks.is_empty() && !credits.were_used();
    let mut sql = QueryBuilder::new(if alone { "" } else { "begin immediate;" });
    push_records(&mut sql, &rows);
    push_marks(&mut sql, &decided.marks, real_now);
    credits.push(&mut sql)?;
    sql.push(if alone { "" } else { "commit" });
    sql.build().execute(connection).await?;
    Ok(())
}

fn push_records<'b>(sql: &mut QueryBuilder<'b, Sqlite>, rows: &'b [(&'b Record<'b>, String)]) {
    sql.push(
        "insert into record (key, event_time_ms, drm, cookie, device_id, refused_device_id,
                             content_id, kids, status, error_code, ip_address, event_type)
         select * from (",
    );
    push_values(sql, rows, |mut row, record| {
        let draft = record.map(|(record, _)| record.draft);
        let refused = record.and_then(|(record, _)| record.refused);
        let device = draft.and_then(|draft| draft.device_id);
        let device = device.map(|id| id.as_bytes().to_vec());
        let (status, device_id, refused_device_id) = match refused {
            None => (Status::Issued, device, None),
            Some(_) => (Status::Refused, None, device),
        };
        row.push_bind(record.map(|(record, _)| record.key))
            .push_bind(draft.map(|draft| draft.event_time.as_millisecond()))
            .push_bind(draft.map(|draft| draft.drm.code()))
            .push_bind(draft.and_then(|draft| draft.cookie.as_ref().map(Cookie::as_str)))
            .push_bind(device_id)
            .push_bind(refused_device_id)
            .push_bind(draft.and_then(|draft| draft.content_id.as_deref()))
            .push_bind(record.map(|(_, kids)| kids.as_str()))
            .push_bind(match status {
                Status::Issued => "issued",
                Status::Refused => "refused",
            })
            .push_bind(refused.map(ErrorCode::number))
            .push_bind(draft.map(|draft| draft.from.ip().to_string()))
            .push_bind(draft.map(|draft| draft.action.event_type()));
    });
    sql.push(") where column1 is not null;");
}

fn push_marks(sql: &mut QueryBuilder<'_, Sqlite>, marks: &[Mark], real_now: Timestamp) {
    if marks.is_empty() {
        return;
    }
    sql.push("insert into used_challenge (mark, used_at_ms) select * from (");
    push_values(sql, marks, |mut row, mark| {
        row.push_bind(mark.map(|mark| i64::from(*mark)))
            .push_bind(real_now.as_millisecond());
    });
    sql.push(") where column1 is not null;");
}

/// Rows as `values (…), (…)`, filled up with rows of none to a power of two, so that SQLite meets
/// the same few statements again and again, and has them prepared.
fn push_values<'b, 'r, T>(
    query: &mut QueryBuilder<'b, Sqlite>,
    rows: &'r [T],
    mut push: impl FnMut(Separated<'_, 'b, Sqlite, &'static str>, Option<&'r T>),
) {
    let filled = rows.len().next_power_of_two();
    let none = std::iter::repeat_n(None, filled - rows.len());
    query.push_values(rows.iter().map(Some).chain(none), |row, item| {
        push(row, item);
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_filled_up_to_a_power_of_two() {
        for (rows, filled) in [(1, 1), (2, 2), (3, 4), (5, 8), (8, 8)] {
            let mut sql = QueryBuilder::new("");
            let marks = vec![Mark::from(1); rows];
            push_marks(&mut sql, &marks, Timestamp::UNIX_EPOCH);
            assert_eq!(sql.sql().matches("(?, ?)").count(), filled, "{rows}");
        }
    }
}
