//! Which challenges were used up: each is good once.
//!
//! They are on disk in the order in which they came, with the records that they go with, and looked
//! up in memory: a table to look them up in would have another page to write for each.

use std::collections::{HashSet, VecDeque};

use futures_util::TryStreamExt;
use jiff::Timestamp;
use sqlx::SqlitePool;

use crate::device::{MARK_LIFETIME, Mark};

/// Marks that came within so long of each other are forgotten together.
const TOGETHER_MS: i64 = 60_000;

/// How many leave the disk with one commit: licences wait meanwhile. More than can come with one.
const SLICE: i64 = 4096;

/// The marks of challenges that could still be sent again.
#[derive(Debug, Default)]
pub(super) struct Marks {
    /// By when they were used, the oldest first.
    spans: VecDeque<Span>,
    /// Whether some are on disk that are not in memory any more.
    left_on_disk: bool,
}

#[derive(Debug)]
struct Span {
    number: i64,
    marks: HashSet<Mark>,
}

impl Marks {
    /// Those that a database has kept. It forgets those that have become too old meanwhile.
    pub(super) async fn load(database: &SqlitePool, now: Timestamp) -> Result<Self, sqlx::Error> {
        sqlx::query("delete from used_challenge where used_at_ms < ?")
            .bind(oldest(now))
            .execute(database)
            .await?;
        let mut marks = Self::default();
        // One after the other: there may be millions.
        let mut rows =
            sqlx::query_as("select mark, used_at_ms from used_challenge order by number")
                .fetch(database);
        while let Some((mark, used_at_ms)) = rows.try_next().await? {
            let mark: i64 = mark;
            marks.span_of(used_at_ms).insert(Mark::from(mark));
        }
        drop(rows);
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

    /// Forgets those whose challenges are too old to be taken anyway: at once in memory, and on disk
    /// a slice of them each time.
    pub(super) async fn forget_old(
        &mut self,
        database: &SqlitePool,
        now: Timestamp,
    ) -> Result<(), sqlx::Error> {
        let oldest = oldest(now);
        let before = self.spans.len();
        self.spans
            .retain(|span| span.number >= oldest.div_euclid(TOGETHER_MS));
        self.left_on_disk |= self.spans.len() < before;
        if !self.left_on_disk {
            return Ok(());
        }
        // They are the first, unless the machine's clock was set back.
        let deleted = sqlx::query(
            "delete from used_challenge where used_at_ms < ?
             and number < (select min(number) from used_challenge) + ?",
        )
        .bind(oldest)
        .bind(SLICE)
        .execute(database)
        .await?;
        self.left_on_disk = deleted.rows_affected() > 0;
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
