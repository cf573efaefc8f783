//! A batch comes to what its drafts would have come to one after the other.

use std::collections::{BTreeMap, HashSet};

use expressplay::record::Status;
use futures_util::future::join_all;
use jiff::SignedDuration;
use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::{
    Entropy, SandboxName, database,
    device::MARK_LIFETIME,
    records::{COLUMNS, read_row},
    sandbox::Sandboxes,
    upgrade,
};

const NOW: Timestamp = Timestamp::constant(1_700_000_000, 0);
/// Of the account that has any.
const CREDITS: i64 = 3;

/// One that pays for nothing, one with a few credits, one whose credits were taken away again.
const ACCOUNTS: [AccountId; 3] = [
    AccountId(Uuid::from_u128(1)),
    AccountId(Uuid::from_u128(2)),
    AccountId(Uuid::from_u128(3)),
];

async fn database() -> SqlitePool {
    let url = database::IN_MEMORY;
    let options = database::options(url).unwrap();
    let pool = database::pool(url, 1).connect_with(options).await.unwrap();
    sqlx::migrate!().run(&pool).await.unwrap();
    sqlx::query("insert into credit values (?, ?)")
        .bind(ACCOUNTS[1].to_string())
        .bind(CREDITS)
        .execute(&pool)
        .await
        .unwrap();
    pool
}

fn mark(jti: &str) -> Mark {
    Mark::of(&[7; 32], jti)
}

fn sandbox() -> Sandbox {
    let (name, entropy) = (SandboxName::of_default(), Entropy::seeded(1));
    Sandbox::new(name, None, Clock::default(), entropy)
}

fn draft(account: usize) -> Draft {
    Draft {
        account: ACCOUNTS[account],
        sandbox: Arc::new(sandbox()),
        uses_credit: account > 0,
        event_time: NOW,
        action: crate::seal::Action::License,
        drm: Drm::Widevine,
        cookie: None,
        device_id: None,
        content_id: None,
        kids: vec![],
        refused: None,
        from: "127.0.0.1:1".parse().unwrap(),
    }
}

/// What a draft and its mark look like to the writer.
fn entry((draft, mark): (Draft, Option<Mark>)) -> Entry {
    let (reply, _) = oneshot::channel();
    Entry { draft, mark, reply }
}

fn any_draft() -> impl Strategy<Value = (Draft, Option<Mark>)> {
    (
        0..ACCOUNTS.len(),
        proptest::option::of((0..2u8, "[ab]")),
        proptest::option::of(1..4u8),
        proptest::option::weighted(0.3, Just(ErrorCode::KidInvalid)),
        proptest::option::of(".{1,8}"),
        proptest::option::of(any::<String>()),
        proptest::collection::vec(any::<[u8; 16]>(), 0..3),
    )
        .prop_map(
            |(account, mark, device, refused, cookie, content_id, kids)| {
                let mark = mark.map(|(key, jti)| Mark::of(&[key; 32], &jti));
                let draft = Draft {
                    cookie: cookie.and_then(|text| text.parse().ok()),
                    device_id: device.map(|byte| DeviceId::from_bytes([byte; 16]).unwrap()),
                    content_id,
                    kids: kids.into_iter().map(KeyId::Bytes).collect(),
                    refused,
                    ..draft(account)
                };
                (draft, mark)
            },
        )
}

/// The log as plainly as it can be said: one at a time, in memory.
#[derive(Default)]
struct Model {
    marks: HashSet<Mark>,
    credits_used: i64,
    records: BTreeMap<(String, i64), (Draft, Option<ErrorCode>)>,
}

impl Model {
    fn append(&mut self, draft: &Draft, mark: Option<&Mark>) -> Outcome {
        let replayed = mark.is_some_and(|mark| !self.marks.insert(*mark));
        let outcome = if replayed {
            Outcome::Replayed
        } else if draft.refused.is_some() || draft.account != ACCOUNTS[1] {
            Outcome::AsDrafted
        } else if self.credits_used < CREDITS {
            self.credits_used += 1;
            Outcome::AsDrafted
        } else {
            Outcome::NoCredits
        };
        let account = draft.account.to_string();
        let of_account = self.records.keys().filter(|(it, _)| *it == account);
        let event_id = i64::try_from(of_account.count()).unwrap() + 1;
        let refused = outcome.refusal().or(draft.refused);
        let record = (draft.clone(), refused);
        self.records.insert((account, event_id), record);
        outcome
    }

    async fn check(&self, database: &SqlitePool) {
        let sql = format!(
            "select account.id as account, {COLUMNS} from record
             join account on account.number = record.key >> 32 order by account.id, event_id"
        );
        let rows = sqlx::query(&sql).fetch_all(database).await.unwrap();
        assert_eq!(rows.len(), self.records.len());
        for (row, ((account, event_id), (draft, refused))) in rows.iter().zip(&self.records) {
            let kept = read_row(row).unwrap();
            assert_eq!(sqlx::Row::get::<String, _>(row, "account"), *account);
            assert_eq!(kept.event_id.0, event_id.to_string());
            assert_eq!(kept.event_time, Some(NOW));
            assert_eq!(kept.error_code, refused.map(ErrorCode::number));
            let (granted_to, refused_to) = match refused {
                None => (draft.device_id, None),
                Some(_) => (None, draft.device_id),
            };
            assert_eq!(kept.device_id, granted_to);
            assert_eq!(kept.refused_device_id, refused_to);
            let status = kept.status.unwrap();
            assert_eq!(status == Status::Refused, refused.is_some());
            assert_eq!(kept.cookie, draft.cookie);
            assert_eq!(kept.content_id, draft.content_id);
            assert_eq!(kept.kids, draft.kids);
        }
        let (left,): (i64,) = sqlx::query_as("select remaining from credit")
            .fetch_one(database)
            .await
            .unwrap();
        assert_eq!(left, CREDITS - self.credits_used);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn batches_come_to_what_one_at_a_time_comes_to(
        batches in proptest::collection::vec(proptest::collection::vec(any_draft(), 1..12), 1..5),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let database = database().await;
            let (mut model, mut marks) = (Model::default(), Marks::default());
            let places = Places::default();
            for batch in batches {
                let expected: Vec<_> = batch
                    .iter()
                    .map(|(draft, mark)| Ok(model.append(draft, mark.as_ref())))
                    .collect();
                let batch: Vec<_> = batch.into_iter().map(entry).collect();
                let come = commit(&database, &places, &mut marks, NOW, &batch).await;
                assert_eq!(come.unwrap(), expected);
            }
            model.check(&database).await;
        });
    }
}

#[tokio::test]
async fn a_crowd_is_written_without_a_gap() {
    let database = database().await;
    let (log, _) = log(&database).await;
    let crowd = (0..2 * BATCH + 1).map(|_| log.append(draft(0), None));
    let outcomes = join_all(crowd).await;
    assert!(
        outcomes
            .iter()
            .all(|it| matches!(it, Ok(Outcome::AsDrafted)))
    );
    let (count, newest): (i64, i64) = sqlx::query_as("select count(*), max(event_id) from record")
        .fetch_one(&database)
        .await
        .unwrap();
    let all = i64::try_from(outcomes.len()).unwrap();
    assert_eq!((count, newest), (all, all));
}

#[tokio::test]
async fn a_commit_that_fails_is_told_to_all_and_uses_nothing_up() {
    let database = database().await;
    let (log, _) = log(&database).await;
    let first = log.append(draft(1), Some(mark("first"))).await;
    assert!(matches!(first, Ok(Outcome::AsDrafted)));
    let both = || join_all(["a", "b"].map(|jti| log.append(draft(1), Some(mark(jti)))));
    // Once the records are in.
    run(
        &database,
        "create trigger breaks before insert on used_challenge
         begin select raise(abort, 'broken'); end",
    )
    .await;
    let failed = both().await;
    let are_told = |it: &Result<_, _>| matches!(it, Err(LogError::Commit(_)));
    assert!(failed.iter().all(are_told), "{failed:?}");
    assert_eq!(number(&database, "select count(*) from record").await, 1);
    run(&database, "drop trigger breaks").await;
    let written = both().await;
    let are_written = |it: &Result<_, _>| matches!(it, Ok(Outcome::AsDrafted));
    assert!(written.iter().all(are_written), "{written:?}");
    let newest = number(&database, "select max(event_id) from record").await;
    assert_eq!(newest, 3, "without a gap");
    assert_eq!(number(&database, "select remaining from credit").await, 0);
}

#[tokio::test]
async fn a_mark_is_kept_for_its_lifetime_and_a_minute_more_at_most() {
    // In memory as long as on disk.
    for restarts in [false, true] {
        let database = database().await;
        let (places, mut marks) = (Places::default(), Marks::default());
        let mut at = async |time: Timestamp, jti: &str| {
            let batch = [entry((draft(0), Some(mark(jti))))];
            let outcomes = commit(&database, &places, &mut marks, time, &batch).await;
            marks.forget_old(&database, time).await.unwrap();
            if restarts {
                marks = Marks::load(&database, time).await.unwrap();
            }
            outcomes.unwrap().remove(0).unwrap()
        };
        assert_eq!(at(NOW, "a").await, Outcome::AsDrafted);
        let last = NOW + MARK_LIFETIME;
        assert_eq!(at(last, "a").await, Outcome::Replayed);
        let gone = last + SignedDuration::from_mins(1) + SignedDuration::from_millis(1);
        assert_eq!(at(gone, "b").await, Outcome::AsDrafted);
        assert_eq!(at(gone, "b").await, Outcome::Replayed);
        let kept = number(&database, "select count(*) from used_challenge").await;
        assert_eq!(kept, 1);
        assert_eq!(at(gone, "a").await, Outcome::AsDrafted);
    }
}

async fn number(database: &SqlitePool, sql: &str) -> i64 {
    let (number,) = sqlx::query_as(sql).fetch_one(database).await.unwrap();
    number
}

async fn log(database: &SqlitePool) -> (Log, Ending) {
    let (ending, metrics) = (Ending::default(), Arc::new(Metrics::new()));
    let log = Log::start(database.clone(), Clock::default(), metrics, ending.clone());
    (log.await.unwrap(), ending)
}

#[tokio::test]
async fn a_full_disk_is_told_to_all_who_wait_and_ends_the_simulator() {
    let database = database().await;
    // What SQLite says when its disk is full, it says at this limit too.
    let limit = 8 + number(&database, "pragma page_count").await;
    let limit = format!("pragma max_page_count = {limit}");
    sqlx::query(&limit).execute(&database).await.unwrap();
    let (log, ending) = log(&database).await;
    let long = Draft {
        content_id: Some("a film".repeat(100)),
        ..draft(0)
    };
    let mut written = 0;
    let fault = loop {
        match log.append(long.clone(), None).await {
            Ok(_) => written += 1,
            Err(fault) => break fault,
        }
        assert!(written < 1000, "the disk is never full");
    };
    assert!(matches!(fault, LogError::Broken(Trouble::Full)), "{fault}");
    let full = Reason::Broken("the disk is full".to_owned());
    assert_eq!(ending.begun().await, full);
    let after = log.append(long, None).await;
    assert!(matches!(after, Err(LogError::Stopping)));
    let kept = number(&database, "select count(*) from record").await;
    assert_eq!(kept, written);
    assert!(written > 1);
}

#[tokio::test]
async fn nothing_is_written_for_a_sandbox_that_was_dropped_meanwhile() {
    let database = database().await;
    let (log, _) = log(&database).await;
    let sandboxes = Sandboxes::default();
    let dropped = sandboxes.add(sandbox(), vec![]).unwrap();
    sandboxes.remove(&dropped.name).unwrap();
    let late = Draft {
        sandbox: dropped,
        ..draft(0)
    };
    let outcome = log.append(late, None).await.unwrap();
    assert_eq!(outcome, Outcome::Dropped);
    let kept = number(&database, "select count(*) from record").await;
    assert_eq!(kept, 0);
}

#[tokio::test]
async fn a_licence_is_found_by_its_cookie_before_and_after_the_index_takes_it_in() {
    let database = database().await;
    let (log, _) = log(&database).await;
    let rare: Cookie = "rare".parse().unwrap();
    let common: Cookie = "common".parse().unwrap();
    let found = async |cookie: &Cookie| {
        let sql = crate::cookie_index::select();
        let rows = sqlx::query(&sql)
            .bind(ACCOUNTS[0].to_string())
            .bind(NOW.as_millisecond())
            .bind(cookie.as_str())
            .bind(32);
        let rows = rows.fetch_all(&database).await.unwrap();
        let ids = rows.iter().map(|row| read_row(row).unwrap().event_id.0);
        ids.map(|id| id.parse::<usize>().unwrap())
            .collect::<Vec<_>>()
    };
    let mut with_rare: Vec<usize> = vec![];
    let mut was_indexed = false;
    for event in 1..=1100 {
        let is_rare = event % 100 == 1;
        let drafted = Draft {
            cookie: Some(if is_rare {
                rare.clone()
            } else {
                common.clone()
            }),
            ..draft(0)
        };
        log.append(drafted, None).await.unwrap();
        if is_rare {
            with_rare.insert(0, event);
            assert_eq!(found(&rare).await, with_rare);
            let newest: Vec<_> = (1..event)
                .rev()
                .filter(|it| it % 100 != 1)
                .take(32)
                .collect();
            assert_eq!(found(&common).await, newest);
        }
        let indexed = "select count(*) from issued_by_cookie";
        was_indexed = was_indexed || number(&database, indexed).await > 0;
    }
    assert!(was_indexed, "the index has taken in what came first");
}

/// A database as the version before short keys left it, with records of accounts.
async fn older_database(records: &[(AccountId, i64, &str)]) -> SqlitePool {
    let url = database::IN_MEMORY;
    let options = database::options(url).unwrap();
    let database = database::pool(url, 1).connect_with(options).await.unwrap();
    let mut older = sqlx::migrate!();
    older.migrations.to_mut().retain(|it| it.version <= 5);
    older.run(&database).await.unwrap();
    for (account, event_id, cookie) in records {
        sqlx::query(
            "insert into record values (?, ?, 7, 'wv', ?, x'01010101010101010101010101010101', null,
             'a film', '[]', 'issued', null, '127.0.0.1', 'license')",
        )
        .bind(account.to_string())
        .bind(event_id)
        .bind(cookie)
        .execute(&database)
        .await
        .unwrap();
    }
    database
}

#[tokio::test]
async fn a_log_of_an_older_version_is_carried_over() {
    // In both orders, so that neither number nor key can be right by chance.
    let database = older_database(&[
        (ACCOUNTS[1], 1, "mine"),
        (ACCOUNTS[0], 2, "mine"),
        (ACCOUNTS[0], 1, "other"),
        (ACCOUNTS[1], 2, "mine"),
    ])
    .await;
    upgrade::run(&database).await.unwrap();
    crate::cookie_index::catch_up(&database).await.unwrap();
    let found = async |account: AccountId| {
        let sql = crate::cookie_index::select();
        let rows = sqlx::query(&sql)
            .bind(account.to_string())
            .bind(NOW.as_millisecond())
            .bind("mine")
            .bind(32);
        let rows = rows.fetch_all(&database).await.unwrap();
        let records = rows.iter().map(|row| read_row(row).unwrap());
        let shown = records.map(|it| (it.event_id.0, it.content_id.unwrap(), it.drm.unwrap()));
        shown.collect::<Vec<_>>()
    };
    let film = |id: &str| (id.to_owned(), "a film".to_owned(), "wv".to_owned());
    assert_eq!(found(ACCOUNTS[0]).await, [film("2")]);
    assert_eq!(found(ACCOUNTS[1]).await, [film("2"), film("1")]);
    // And the log goes on where it was.
    let (log, _) = log(&database).await;
    log.append(draft(0), None).await.unwrap();
    let newest = number(&database, "select max(event_id) from record").await;
    assert_eq!(newest, 3);
}

#[tokio::test]
async fn an_older_accounts_ids_that_are_too_large_are_numbered_anew() {
    let database = older_database(&[
        (ACCOUNTS[0], 1, "first"),
        (ACCOUNTS[0], 2, "second"),
        (ACCOUNTS[0], (1 << 32) + 1, "third"),
        (ACCOUNTS[0], 1 << 53, "fourth"),
        (ACCOUNTS[1], 1, "other first"),
        (ACCOUNTS[1], 1 << 31, "other last"),
    ])
    .await;
    upgrade::run(&database).await.unwrap();
    let rows: Vec<(String, i64, String)> = sqlx::query_as(
        "select account.id, event_id, cookie from record
         join account on account.number = key >> 32 order by 1, 2",
    )
    .fetch_all(&database)
    .await
    .unwrap();
    let of = |account: usize, id: i64, cookie: &str| {
        (ACCOUNTS[account].to_string(), id, cookie.to_owned())
    };
    let expected = [
        of(0, 1, "first"),
        of(0, 2, "second"),
        of(0, 3, "third"),
        of(0, 4, "fourth"),
        of(1, 1, "other first"),
        of(1, 1 << 31, "other last"),
    ];
    assert_eq!(rows, expected);
}

#[tokio::test]
async fn a_challenge_that_an_older_version_took_is_used() {
    let database = older_database(&[]).await;
    sqlx::query("insert into used_challenge values (?, 'a', ?)")
        .bind(&[7; 32][..])
        .bind(NOW.as_millisecond())
        .execute(&database)
        .await
        .unwrap();
    upgrade::run(&database).await.unwrap();
    let places = Places::default();
    let mut marks = Marks::load(&database, NOW).await.unwrap();
    let batch = ["a", "b"].map(|jti| entry((draft(0), Some(mark(jti)))));
    let outcomes = commit(&database, &places, &mut marks, NOW, &batch).await;
    let expected = [Outcome::Replayed, Outcome::AsDrafted].map(Ok);
    assert_eq!(outcomes.unwrap(), expected);
    // There is nothing to carry over a second time.
    upgrade::run(&database).await.unwrap();
    let kept = number(&database, "select count(*) from used_challenge").await;
    assert_eq!(kept, 2);
}

#[tokio::test]
async fn a_full_account_is_refused_by_itself() {
    let database = database().await;
    let (before, _) = log(&database).await;
    for account in [0, 2] {
        before.append(draft(account), None).await.unwrap();
    }
    run(
        &database,
        "update record set key = (1 << 32) + 4294967294 where key >> 32 = 1",
    )
    .await;
    let (log, _) = log(&database).await;
    // Many at once, so that they are in one commit.
    let batch = [0, 2, 0, 2].map(|account| log.append(draft(account), None));
    let outcomes = join_all(batch).await;
    let written = Ok(Outcome::AsDrafted);
    let full = Err(LogError::Full);
    assert_eq!(outcomes, [written.clone(), written.clone(), full, written]);
    let of = async |number_of_it: i64| {
        let sql = format!("select max(event_id) from record where key >> 32 = {number_of_it}");
        number(&database, &sql).await
    };
    assert_eq!((of(1).await, of(2).await), (i64::from(u32::MAX), 3));
    let kept = number(&database, "select count(*) from record").await;
    assert_eq!(kept, 5);
}

#[tokio::test]
async fn marks_of_a_run_that_ended_before_they_were_old_are_forgotten_at_the_next_start() {
    let database = database().await;
    let (places, mut marks) = (Places::default(), Marks::default());
    for (time, jti) in [(NOW, "a"), (NOW + MARK_LIFETIME, "b")] {
        let batch = [entry((draft(0), Some(mark(jti))))];
        let outcomes = commit(&database, &places, &mut marks, time, &batch).await;
        outcomes.unwrap();
    }
    let later = NOW + MARK_LIFETIME + SignedDuration::from_millis(1);
    Marks::load(&database, later).await.unwrap();
    let kept = number(&database, "select count(*) from used_challenge").await;
    assert_eq!(kept, 1);
    Marks::load(&database, later + MARK_LIFETIME).await.unwrap();
    let kept = number(&database, "select count(*) from used_challenge").await;
    assert_eq!(kept, 0);
}

#[tokio::test]
async fn marks_leave_the_disk_a_few_thousand_at_a_time() {
    let database = database().await;
    sqlx::query(
        "with recursive mark (n) as (select 1 union all select n + 1 from mark limit 10000)
         insert into used_challenge (mark, used_at_ms) select n, ? from mark",
    )
    .bind(NOW.as_millisecond())
    .execute(&database)
    .await
    .unwrap();
    let mut marks = Marks::load(&database, NOW).await.unwrap();
    let later = NOW + MARK_LIFETIME + SignedDuration::from_mins(1);
    let mut left = vec![];
    for _ in 0..4 {
        marks.forget_old(&database, later).await.unwrap();
        left.push(number(&database, "select count(*) from used_challenge").await);
    }
    assert_eq!(left, [10_000 - 4096, 10_000 - 2 * 4096, 0, 0]);

    // Until more are forgotten in memory, a commit leaves them alone.
    sqlx::query("insert into used_challenge (mark, used_at_ms) values (1, ?)")
        .bind(NOW.as_millisecond())
        .execute(&database)
        .await
        .unwrap();
    marks.forget_old(&database, later).await.unwrap();
    let kept = number(&database, "select count(*) from used_challenge").await;
    assert_eq!(kept, 1);
}

#[tokio::test]
async fn a_record_its_mark_and_its_credit_are_written_together_or_not_at_all() {
    for (refuses, of) in [
        (
            "create trigger refuses before insert on used_challenge
             begin select raise(abort, 'no'); end",
            (draft(0), Some(mark("a"))),
        ),
        (
            "create trigger refuses before update on credit
             begin select raise(abort, 'no'); end",
            (draft(1), None),
        ),
    ] {
        let database = database().await;
        let (places, mut marks) = (Places::default(), Marks::default());
        let batch = [entry(of)];
        run(&database, refuses).await;
        let refused = commit(&database, &places, &mut marks, NOW, &batch).await;
        assert!(refused.is_err());
        let count = "select count(*) from record";
        assert_eq!(number(&database, count).await, 0, "{refuses}");
        run(&database, "drop trigger refuses").await;
        let written = commit(&database, &places, &mut marks, NOW, &batch).await;
        assert_eq!(written.unwrap().remove(0).unwrap(), Outcome::AsDrafted);
        assert_eq!(number(&database, count).await, 1);
    }
}

async fn run(database: &SqlitePool, sql: &'static str) {
    sqlx::query(sql).execute(database).await.unwrap();
}
