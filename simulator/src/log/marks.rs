//! Which challenges were used up: each is good once.
//!
//! They are on disk in the order in which they came, with the records that they go with, and looked
//! up in memory: a table to look them up in would have another page to write for each.

use std::collections::{HashSet, VecDeque};

use jiff::Timestamp;
use sqlx::SqlitePool;

use crate::device::{MARK_LIFETIME, Mark};

/// Marks that came within so long of each other are forgotten together.
const TOGETHER_MS: i64 = 60_000;

/// The marks of challenges that could still be sent again.
#[derive(Debug, Default)]
pub(super) struct Marks {
    /// By when they were used, the oldest first.
    spans: VecDeque<Span>,
}

#[derive(Debug)]
struct Span {
    number: i64,
    marks: HashSet<Mark>,
}

impl Marks {
    /// Those that a database has kept.
    pub(super) async fn load(database: &SqlitePool, now: Timestamp) -> Result<Self, sqlx::Error> {
        let rows: Vec<(i64, i64)> = sqlx::query_as(
            "select mark, used_at_ms from used_challenge where used_at_ms >= ? order by number",
        )
        .bind(oldest(now))
        .fetch_all(database)
        .await?;
        let mut marks = Self::default();
        for (mark, used_at_ms) in rows {
            marks.span_of(used_at_ms).insert(Mark::from(mark));
        }
        Ok(marks)
    }

    /// Uses a mark up; whether it was not used before.
    pub(super) fn use_up(&mut self, mark: Mark, now: Timestamp) -> bool {
        let used = self.spans.iter().any(|span| span.marks.contains(&mark));
        if !used {
            self.span_of(now.as_millisecond()).insert(mark);
        }
        !used
    }

    /// It was not used after all.
    pub(super) fn give_back(&mut self, mark: Mark) {
        for span in &mut self.spans {
            span.marks.remove(&mark);
        }
    }

    /// Forgets those whose challenges are too old to be taken anyway; whether there were any.
    pub(super) fn forget_old(&mut self, now: Timestamp) -> bool {
        let oldest = oldest(now).div_euclid(TOGETHER_MS);
        let before = self.spans.len();
        self.spans.retain(|span| span.number >= oldest);
        self.spans.len() < before
    }

    /// Forgets the same on disk, where they are the first.
    pub(super) async fn prune(database: &SqlitePool, now: Timestamp) -> Result<(), sqlx::Error> {
        sqlx::query(
            "delete from used_challenge where number <
               (select min(number) from used_challenge where used_at_ms >= ?)",
        )
        .bind(oldest(now))
        .execute(database)
        .await?;
        Ok(())
    }

    fn span_of(&mut self, used_at_ms: i64) -> &mut HashSet<Mark> {
        let number = used_at_ms.div_euclid(TOGETHER_MS);
        let place = match self.spans.iter().rposition(|span| span.number == number) {
            Some(place) => place,
            None => {
                let marks = HashSet::new();
                self.spans.push_back(Span { number, marks });
                self.spans.len() - 1
            }
        };
        &mut self.spans[place].marks
    }
}

fn oldest(now: Timestamp) -> i64 {
    let oldest = now.saturating_sub(MARK_LIFETIME);
    oldest.unwrap_or(Timestamp::MIN).as_millisecond()
}
