//! Record retrieval by cookie, in a small log and in a large one.

use std::fs::File;

use sqlx::{Connection as _, SqliteConnection};

use crate::{
    Bench, Result,
    machine::Machine,
    ours,
    report::{Row, Shape},
    say,
};

/// What ten million records take on disk while they are put in order, in kilobytes.
const ROOM_KB: u64 = 7 * 1024 * 1024;
/// How many cookies are asked for.
const ASKED: u64 = 100_000;
/// Scatters neighbours (Knuth, The Art of Computer Programming 3, 6.4).
const SCATTER: u64 = 2_654_435_761;

/// Fills a log with so many records, each with a cookie of its own, and asks for them.
pub(crate) async fn measure(
    bench: &Bench,
    shape: Shape,
    machine: &mut Machine,
) -> Result<Option<Row>> {
    let (count, name) = match shape {
        Shape::TenMillion => (10_000_000, "simulator, record by cookie among 10,000,000"),
        _ => (10_000, "simulator, record by cookie among 10,000"),
    };
    if !bench.wants(name) {
        return Ok(None);
    }
    let room = Machine::free_kb(bench.folder.path());
    if count > 1_000_000 && room.is_some_and(|room| room < ROOM_KB) {
        return Err("ten million records need 7 GB of disk, and there is less".into());
    }
    let database = format!("records-{count}");
    let subject = ours::start(bench, &database).await?;
    ours::redeem_once(subject.address).await?;
    drop(subject);
    say(&format!("filling a log with {count} records …"));
    let took = machine.timed(fill(bench, &database, count)).await?;
    machine.note(format!(
        "The log of {count} records was filled by SQL in {:.1} s; its file has {} MB.",
        took.as_secs_f64(),
        ours::file(bench, &database).metadata()?.len() / 1_000_000
    ));
    let launch = |_| ours::launch(bench, &database);
    let requests = |address| {
        let scattered = (0..ASKED.min(count)).map(|number| 1 + number * SCATTER % count);
        let of_one = |event| ours::record_request(address, &cookie(event));
        Ok(scattered.map(of_one).collect())
    };
    bench.measure_same(shape, name, launch, requests).await
}

/// Repeats the log's one record, with other ids and cookies, and fills the index by cookie at the end.
async fn fill(bench: &Bench, database: &str, count: u64) -> Result<()> {
    let url = format!("sqlite://{}", ours::file(bench, database).display());
    let options = simulator::database::options(&url)?;
    let mut log = SqliteConnection::connect_with(&options).await?;
    // A log that is lost half made is made again.
    for pragma in [
        "journal_mode = off",
        "synchronous = off",
        "cache_size = -262144",
    ] {
        sqlx::query(&format!("pragma {pragma}"))
            .fetch_all(&mut log)
            .await?;
    }
    sqlx::query("update record set cookie = ?")
        .bind(cookie(1))
        .execute(&mut log)
        .await?;
    // The same text as `cookie` makes.
    sqlx::query(
        "with recursive event(id) as (values (2) union all select id + 1 from event where id < ?1)
         insert into record
         select (key & ~4294967295) + id, event_time_ms, drm,
                printf('%08x%024x', (id * ?2) & 4294967295, id),
                device_id, null, content_id, kids, 'issued', null, ip_address, 'license'
         from (select * from record limit 1) cross join event",
    )
    .bind(i64::try_from(count)?)
    .bind(i64::try_from(SCATTER)?)
    .execute(&mut log)
    .await?;
    // As the simulator does it for a thousand at a time.
    sqlx::query(
        "insert or ignore into issued_by_cookie
         select key >> 32, cookie, event_id from record order by 1, 2, 3;
         update account set indexed_to = ?1 where number = (select key >> 32 from record limit 1)",
    )
    .bind(i64::try_from(count)?)
    .execute(&mut log)
    .await?;
    log.close().await?;
    // Else the first load would wait for what the system still has to write.
    File::open(ours::file(bench, database))?.sync_all()?;
    Ok(())
}

/// The cookie of a record: scattered, as random ones are, and never twice the same.
fn cookie(event: u64) -> String {
    format!("{:08x}{event:024x}", (event * SCATTER) & 0xffff_ffff)
}
