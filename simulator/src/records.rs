//! Record retrieval: `GET /cmiapi/getrecord/`, and by time and of the archive (API section 4; seed
//! step 4).

use axum::{
    Json,
    response::{IntoResponse, Response},
};
use expressplay::{
    Cookie, DeviceId, ErrorCode, EventId, Record, RecordQuery, Refusal,
    record::{MAX_RECORDS, Records, Status, TimeSpan},
    token_request::{Form, Moment},
};
use jiff::{SignedDuration, Timestamp};
use sqlx::{Row, sqlite::SqliteRow};

use crate::{
    call::{Call, refuse},
    cookie_index,
    error::{ErrorFormat, Failure},
    sandbox::Customer,
    service::Service,
};

/// The most records of one window, and of one span of time.
const MAX_WINDOW: u64 = 1000;
/// How old a record is that the archive has. It does not leave the log.
const ARCHIVED_AFTER: SignedDuration = SignedDuration::from_hours(90 * 24);

pub(crate) const COLUMNS: &str = "record.event_id, record.event_time_ms, record.drm, record.cookie, \
     record.device_id, record.refused_device_id, record.content_id, record.kids, record.status, \
     record.error_code, record.ip_address, record.event_type";

/// The records of an account (?1), side by side under its number.
pub(crate) const OF_ACCOUNT: &str = "from account \
     cross join record on record.key between account.number << 32 \
       and (account.number << 32) + 4294967295 \
     where account.id = ?1";

/// `/cmiapi/getrecord/`. What happened within the sandbox's lag, or a longer one, is not seen.
pub(crate) async fn retrieve(
    service: &Service,
    call: &Call,
    lag: SignedDuration,
) -> Result<Response, Failure> {
    let (customer, format) = call.enter(service, ErrorFormat::Json)?;
    let query = read_query(&call.parameters).map_err(refuse(format))?;
    answer(service, &customer, &query, lag, format).await
}

/// `/cmiapi/getrecordbytime/`, and `/cmiapi/getarchivedrecord/` for what is old.
pub(crate) async fn retrieve_by_time(
    service: &Service,
    call: &Call,
    lag: SignedDuration,
    archived: bool,
) -> Result<Response, Failure> {
    let (customer, format) = call.enter(service, ErrorFormat::Json)?;
    let span = read_span(&call.parameters).map_err(refuse(format))?;
    let query = match archived {
        false => RecordQuery::Time(span),
        true => RecordQuery::Archived(span),
    };
    answer(service, &customer, &query, lag, format).await
}

async fn answer(
    service: &Service,
    customer: &Customer,
    query: &RecordQuery,
    lag: SignedDuration,
    format: ErrorFormat,
) -> Result<Response, Failure> {
    let records = find(service, customer, query, lag)
        .await
        .map_err(|error| Failure::internal(&error, format))?;
    Ok(Json(Records { records }).into_response())
}

/// Which of the four methods is meant.
///
/// # Errors
/// -2035 for more than one, or half of one; -2033 for a cookie that can be none.
fn read_query(form: &Form) -> Result<RecordQuery, Refusal> {
    const CODE: ErrorCode = ErrorCode::NoCorrespondingValue;
    let number = |name: &'static str, text: &str| {
        let digits = text.bytes().all(|b| b.is_ascii_digit());
        let number = text.parse().ok().filter(|_: &u64| digits);
        number.ok_or_else(|| Refusal::wrong(CODE, name, text))
    };
    match ["cookie", "id", "start", "length"].map(|name| form.get(name)) {
        [None, None, None, None] => Ok(RecordQuery::Latest),
        [Some(cookie), None, None, None] => Ok(RecordQuery::Cookie(cookie.parse()?)),
        [None, Some(id), None, None] => Ok(RecordQuery::Event(EventId(id.to_owned()))),
        [None, None, Some(start), Some(length)] => Ok(RecordQuery::Window {
            start: number("start", start)?,
            length: number("length", length)?,
        }),
        [None, None, Some(_), None] => Err(Refusal::missing(CODE, "length")),
        [None, None, None, Some(_)] => Err(Refusal::missing(CODE, "start")),
        [Some(_), ..] => Err(one_method("cookie")),
        [None, Some(_), ..] => Err(one_method("id")),
    }
}

fn one_method(parameter: &'static str) -> Refusal {
    Refusal::from(ErrorCode::NoCorrespondingValue)
        .at(parameter)
        .because("one method at a time: cookie, id, or start with length")
}

/// # Errors
/// -2035 where one of the two is missing or no time, or they are the wrong way round.
fn read_span(form: &Form) -> Result<TimeSpan, Refusal> {
    const CODE: ErrorCode = ErrorCode::NoCorrespondingValue;
    let time = |name: &'static str| {
        let text = form.get(name).ok_or_else(|| Refusal::missing(CODE, name))?;
        match Moment::read(text, name, CODE)? {
            Moment::At(time) => Ok((time, text)),
            Moment::In(_) => Err(Refusal::wrong(CODE, name, text)),
        }
    };
    let ((start, _), (end, text)) = (time("startTime")?, time("endTime")?);
    match start <= end {
        true => Ok(TimeSpan { start, end }),
        false => {
            let refusal = Refusal::wrong(CODE, "endTime", text);
            Err(refusal.because("that is before startTime"))
        }
    }
}

async fn find(
    service: &Service,
    customer: &Customer,
    query: &RecordQuery,
    lag: SignedDuration,
) -> Result<Vec<Record>, sqlx::Error> {
    // What happened within the lag is not in the log yet, for whoever asks.
    let sandbox = &customer.sandbox;
    let now = sandbox.clock.now();
    let mut until = now
        .saturating_sub(sandbox.record_lag().max(lag))
        .unwrap_or(Timestamp::MIN);
    if let RecordQuery::Archived(_) = query {
        until = until.min(now.saturating_sub(ARCHIVED_AFTER).unwrap_or(Timestamp::MIN));
    }
    let select =
        |rest: &str| format!("select {COLUMNS} {OF_ACCOUNT} and record.event_time_ms <= ?2 {rest}");
    let sql = match query {
        RecordQuery::Latest => select("order by record.key desc limit ?3"),
        RecordQuery::Cookie(_) => cookie_index::select(),
        RecordQuery::Event(_) => select("and record.key = (account.number << 32) + ?3"),
        RecordQuery::Window { .. } => format!(
            "select * from ({}) order by event_id desc",
            select("order by record.key limit ?3 offset ?4")
        ),
        RecordQuery::Time(_) | RecordQuery::Archived(_) => {
            select("and record.event_time_ms between ?3 and ?4 order by record.key desc limit ?5")
        }
    };
    let limit = i64::try_from(MAX_RECORDS).unwrap_or(i64::MAX);
    let rows = sqlx::query(&sql)
        .bind(customer.id.to_string())
        .bind(until.as_millisecond());
    let rows = match query {
        RecordQuery::Latest => rows.bind(limit),
        RecordQuery::Cookie(cookie) => rows.bind(cookie.as_str()).bind(limit),
        // An id that is no number of ours is no event of ours.
        RecordQuery::Event(id) => rows.bind(id.0.parse::<i64>().unwrap_or(-1)),
        RecordQuery::Window { start, length } => rows
            .bind(i64::try_from(*length.min(&MAX_WINDOW)).unwrap_or(i64::MAX))
            .bind(i64::try_from(*start).unwrap_or(i64::MAX)),
        RecordQuery::Time(TimeSpan { start, end })
        | RecordQuery::Archived(TimeSpan { start, end }) => rows
            .bind(start.as_millisecond())
            .bind(end.as_millisecond())
            .bind(i64::try_from(MAX_WINDOW).unwrap_or(i64::MAX)),
    };
    rows.fetch_all(&service.readers)
        .await?
        .iter()
        .map(read_row)
        .collect()
}

pub(crate) fn read_row(row: &SqliteRow) -> Result<Record, sqlx::Error> {
    let device = |column: &str| -> Result<Option<DeviceId>, sqlx::Error> {
        let bytes: Option<Vec<u8>> = row.try_get(column)?;
        let id = bytes.and_then(|bytes| <[u8; 16]>::try_from(bytes).ok());
        Ok(id.and_then(|bytes| DeviceId::from_bytes(bytes).ok()))
    };
    let decode = |error: Box<dyn std::error::Error + Send + Sync>| sqlx::Error::Decode(error);
    let cookie: Option<String> = row.try_get("cookie")?;
    let kids: String = row.try_get("kids")?;
    let status: String = row.try_get("status")?;
    let event_time = SignedDuration::from_millis(row.try_get("event_time_ms")?);
    Ok(Record {
        event_id: EventId(row.try_get::<i64, _>("event_id")?.to_string()),
        event_time: Timestamp::from_duration(event_time).ok(),
        event_type: row.try_get("event_type")?,
        drm: row.try_get("drm")?,
        cookie: cookie
            .map(|text| text.parse::<Cookie>())
            .transpose()
            .map_err(|e| decode(e.into()))?,
        device_id: device("device_id")?,
        refused_device_id: device("refused_device_id")?,
        content_id: row.try_get("content_id")?,
        kids: serde_json::from_str(&kids).map_err(|e| decode(e.into()))?,
        status: Some(if status == "issued" {
            Status::Issued
        } else {
            Status::Refused
        }),
        error_code: row.try_get("error_code")?,
        ip_address: row.try_get("ip_address")?,
    })
}
