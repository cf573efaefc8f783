//! `/__sim/sandboxes/{sandbox}/journal`: its calls, asked for, waited for, or as they come.

use std::{convert::Infallible, sync::Arc};

use axum::{
    Json,
    extract::{RawQuery, State},
    response::sse::{Event, KeepAlive, Sse},
};
use futures_util::{Stream, StreamExt, stream};
use http::{HeaderMap, StatusCode};
use serde::Serialize;
use tokio::sync::OwnedSemaphorePermit;

use super::{Problem, body::explained, sandboxes::Chosen};
use crate::{
    journal::{Entry, JournalQuery},
    service::Service,
};

/// The longest wait, in milliseconds.
const LONGEST_WAIT: u64 = 10 * 60 * 1000;

/// How many calls may wait, or be told of calls as they come, at once.
pub(crate) const MOST_WAITERS: usize = 10_000;

/// What a journal was found to hold.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct Found {
    /// How many calls match.
    count: usize,
    /// The calls, oldest first.
    #[schema(value_type = Vec<Entry>)]
    entries: Vec<Arc<Entry>>,
}

#[utoipa::path(
    get,
    path = "/__sim/sandboxes/{sandbox}/journal",
    operation_id = "askTheJournalOrWaitInIt",
    tag = "Journal",
    summary = "Ask the journal, or wait in it",
    params(("sandbox" = String, Path, description = "The sandbox's name"), JournalQuery),
    responses((status = 200, description = "The calls that match, oldest first", body = Found), Problem),
)]
pub(crate) async fn find(
    State(service): State<Service>,
    Chosen(sandbox): Chosen,
    RawQuery(query): RawQuery,
) -> Result<Json<Found>, Problem> {
    let query = read(query.as_deref().unwrap_or_default())?;
    let entries = if query.wait == 0 {
        sandbox.journal.find(&query)
    } else {
        let _place = place_to_wait(&service)?;
        sandbox.wait_for(&query).await
    };
    Ok(Json(Found {
        count: entries.len(),
        entries,
    }))
}

#[utoipa::path(
    delete,
    path = "/__sim/sandboxes/{sandbox}/journal",
    operation_id = "forgetAllCalls",
    tag = "Journal",
    summary = "Forget all calls",
    params(("sandbox" = String, Path, description = "The sandbox's name")),
    responses((status = 204, description = "They are forgotten"), Problem),
)]
pub(crate) async fn clear(Chosen(sandbox): Chosen) -> StatusCode {
    sandbox.journal.clear();
    StatusCode::NO_CONTENT
}

/// Server-sent events, from now on or from after `Last-Event-ID`, until the sandbox is dropped.
#[utoipa::path(
    get,
    path = "/__sim/sandboxes/{sandbox}/journal/events",
    operation_id = "watchCallsAsTheyCome",
    tag = "Journal",
    summary = "Watch calls as they come",
    params(("sandbox" = String, Path, description = "The sandbox's name"), ("last-event-id" = Option<u64>, Header, description = "Go on after this call")),
    responses((status = 200, description = "Calls as they come, as server-sent events", body = String, content_type = "text/event-stream"), Problem),
)]
pub(crate) async fn events(
    State(service): State<Service>,
    Chosen(sandbox): Chosen,
    headers: HeaderMap,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, Problem> {
    let place = place_to_wait(&service)?;
    let last = headers
        .get("last-event-id")
        .and_then(|id| id.to_str().ok()?.parse().ok());
    let start = last.unwrap_or_else(|| sandbox.journal.newest());
    let entries = stream::unfold(
        (sandbox, start, place),
        |(sandbox, after, place)| async move {
            let (next, after) = tokio::select! {
                next = sandbox.journal.next_after(after) => next,
                () = sandbox.closed() => return None,
            };
            Some((stream::iter(next), (sandbox, after, place)))
        },
    );
    let events = entries.flatten().map(|entry| {
        let event = Event::default().id(entry.seq.to_string());
        // An entry is plain data, which always has a JSON form.
        Ok(event.json_data(&*entry).unwrap_or_default())
    });
    Ok(Sse::new(events).keep_alive(KeepAlive::default()))
}

fn place_to_wait(service: &Service) -> Result<OwnedSemaphorePermit, Problem> {
    let place = Arc::clone(&service.waiters).try_acquire_owned();
    place.map_err(|_| {
        let why = format!("{MOST_WAITERS} calls wait already: let some of them end");
        Problem::new(StatusCode::TOO_MANY_REQUESTS, why)
    })
}

fn read(query: &str) -> Result<JournalQuery, Problem> {
    let pairs = form_urlencoded::parse(query.as_bytes());
    let mut members = serde_json::Map::new();
    for (name, value) in pairs {
        let number = ["after", "count", "wait"].contains(&name.as_ref());
        let value = match value.parse::<u64>() {
            Ok(value) if number => value.into(),
            _ => value.into_owned().into(),
        };
        members.insert(name.into_owned(), value);
    }
    let query: JournalQuery = serde_path_to_error::deserialize(serde_json::Value::Object(members))
        .map_err(|error| Problem::new(StatusCode::BAD_REQUEST, explained(&error)))?;
    if query.wait > LONGEST_WAIT {
        let why = format!("wait: {LONGEST_WAIT} milliseconds at most");
        return Err(Problem::new(StatusCode::BAD_REQUEST, why));
    }
    Ok(query)
}
