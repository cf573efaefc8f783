//! `/__sim/sandboxes/{sandbox}/journal`: its calls, asked for, waited for, or as they come.

use std::{convert::Infallible, sync::Arc};

use axum::{
    Json,
    extract::RawQuery,
    response::sse::{Event, KeepAlive, Sse},
};
use futures_util::{Stream, StreamExt, stream};
use http::{HeaderMap, StatusCode};
use serde::Serialize;

use super::{Problem, sandboxes::Chosen};
use crate::journal::{Entry, JournalQuery};

/// The longest wait, in milliseconds.
const LONGEST_WAIT: u64 = 10 * 60 * 1000;

/// What a journal was found to hold.
#[derive(Debug, Serialize)]
pub(crate) struct Found {
    /// How many calls match.
    count: usize,
    /// The calls, oldest first.
    entries: Vec<Arc<Entry>>,
}

pub(crate) async fn find(
    Chosen(sandbox): Chosen,
    RawQuery(query): RawQuery,
) -> Result<Json<Found>, Problem> {
    let query = read(query.as_deref().unwrap_or_default())?;
    let entries = sandbox.journal.wait_for(&query).await;
    Ok(Json(Found {
        count: entries.len(),
        entries,
    }))
}

pub(crate) async fn clear(Chosen(sandbox): Chosen) -> StatusCode {
    sandbox.journal.clear();
    StatusCode::NO_CONTENT
}

/// Server-sent events, from now on or from after `Last-Event-ID`.
pub(crate) async fn events(
    Chosen(sandbox): Chosen,
    headers: HeaderMap,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let last = headers
        .get("last-event-id")
        .and_then(|id| id.to_str().ok()?.parse().ok());
    let start = last.unwrap_or_else(|| sandbox.journal.newest());
    let entries = stream::unfold((sandbox, start), |(sandbox, after)| async move {
        let (next, after) = sandbox.journal.next_after(after).await;
        Some((stream::iter(next), (sandbox, after)))
    });
    let events = entries.flatten().map(|entry| {
        let event = Event::default().id(entry.seq.to_string());
        // An entry is plain data, which always has a JSON form.
        Ok(event.json_data(&*entry).unwrap_or_default())
    });
    Sse::new(events).keep_alive(KeepAlive::default())
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
        .map_err(|error| {
            let why = format!("{}: {}", error.path(), error.inner());
            Problem::new(StatusCode::BAD_REQUEST, why)
        })?;
    if query.wait > LONGEST_WAIT {
        let why = format!("wait: {LONGEST_WAIT} milliseconds at most");
        return Err(Problem::new(StatusCode::BAD_REQUEST, why));
    }
    Ok(query)
}
