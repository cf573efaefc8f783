//! The workflow view by itself, for whoever shows it, and the news that there is more of it.
//!
//! | path | what |
//! |---|---|
//! | `/workflow/view` | the view as html, without a page around it |
//! | `/workflow/messages` | the same as JSON |
//! | `/workflow/at/{trace}` | leads to the newest message of a trace, on the page |
//! | `/workflow/news` | server-sent events, one whenever the viewer's workflow has changed |
//!
//! News carry nothing but that: what there is, one asks for with one's session.

use std::{collections::HashMap, convert::Infallible, sync::Arc, time::Duration};

use app::{
    problem::Problem,
    respond::status_of,
    workflow::{
        Workflow as View, WorkflowQuery,
        view::{PAGE, to_html},
    },
};
use axum::{
    Json, Router,
    extract::{Path, Query, State},
    response::{
        Html, IntoResponse, Redirect, Response,
        sse::{Event, KeepAlive, Sse},
    },
    routing::get,
};
use futures_util::{StreamExt, stream};
use http::{StatusCode, request::Parts};
use leptos_axum::ResponseOptions;
use tokio::sync::{broadcast, watch};
use uuid::Uuid;

use crate::{backend::Request, browser::Browser, error::Error, shop::Shop, web::rendered};

/// So soon a browser whose connection has ended asks again.
const AGAIN: Duration = Duration::from_millis(500);

/// The four paths.
pub(crate) fn routes(shop: Arc<Shop>) -> Router {
    Router::new()
        .route("/workflow/view", get(view))
        .route("/workflow/messages", get(messages))
        .route("/workflow/at/{trace}", get(at))
        .route("/workflow/news", get(news))
        .with_state(shop)
}

async fn view(
    State(shop): State<Arc<Shop>>,
    Query(query): Query<HashMap<String, String>>,
    parts: Parts,
) -> Response {
    let query = WorkflowQuery::read(|name| query.get(name).cloned());
    match look(shop, &parts, &query).await {
        Ok(workflow) => Html(rendered(parts, || to_html(workflow, query))).into_response(),
        Err(problem) => status_of(&problem).into_response(),
    }
}

async fn messages(
    State(shop): State<Arc<Shop>>,
    Query(query): Query<HashMap<String, String>>,
    parts: Parts,
) -> Response {
    let query = WorkflowQuery::read(|name| query.get(name).cloned());
    match look(shop, &parts, &query).await {
        Ok(workflow) => Json(workflow).into_response(),
        Err(problem) => (status_of(&problem), Json(problem)).into_response(),
    }
}

/// Leads to what is the viewer's own; a trace that is not leads to the page, which says what there is.
async fn at(
    State(shop): State<Arc<Shop>>,
    Path(trace): Path<String>,
    parts: Parts,
) -> Result<Redirect, StatusCode> {
    let trace = trace.parse().map_err(|_| StatusCode::NOT_FOUND)?;
    let Some(request) = request(Arc::clone(&shop), &parts) else {
        return Err(status_of(&Problem::Internal));
    };
    let found = match request.signed_in().await {
        Ok(viewer) => shop.workflow.newest_in(viewer, trace).await,
        Err(error) => Err(error),
    };
    match found.map_err(Error::into_problem) {
        Ok(query) => Ok(Redirect::to(&query.unwrap_or_default().href())),
        Err(Problem::SignedOut) => Ok(Redirect::to(PAGE)),
        Err(problem) => Err(status_of(&problem)),
    }
}

async fn look(shop: Arc<Shop>, parts: &Parts, query: &WorkflowQuery) -> Result<View, Problem> {
    let request = request(shop, parts).ok_or(Problem::Internal)?;
    request.look(query).await.map_err(Error::into_problem)
}

fn request(shop: Arc<Shop>, parts: &Parts) -> Option<Request> {
    let browser = Browser::of(parts, ResponseOptions::default(), shop.https)?;
    Some(Request::new(shop, browser))
}

async fn news(State(shop): State<Arc<Shop>>, parts: Parts) -> Response {
    let Some(request) = request(Arc::clone(&shop), &parts) else {
        return status_of(&Problem::Internal).into_response();
    };
    let viewer = match request.signed_in().await {
        Ok(viewer) => viewer,
        Err(error) => return status_of(&error.into_problem()).into_response(),
    };
    let heard = Heard {
        viewer,
        news: shop.workflow.news.subscribe(),
        stopped: shop.workflow.stopped.clone(),
        request,
    };
    let events = stream::unfold(heard, |mut heard| async {
        heard.next().await?;
        // A browser takes an event without data for none (HTML, section 9.2.6).
        let event = Event::default().event("more").data("more");
        Some((Ok::<_, Infallible>(event), heard))
    });
    // Said before there is any news, for a connection that ends before.
    let again = stream::once(async { Ok(Event::default().retry(AGAIN)) });
    Sse::new(again.chain(events))
        .keep_alive(KeepAlive::default())
        .into_response()
}

/// A browser that listens.
struct Heard {
    viewer: Uuid,
    news: broadcast::Receiver<Option<Uuid>>,
    stopped: watch::Receiver<bool>,
    request: Request,
}

impl Heard {
    /// Waits for news of this viewer's; none where the shop stops, or the viewer is signed out: then
    /// the browser asks again, as whoever it is by then.
    async fn next(&mut self) -> Option<()> {
        loop {
            let heard = tokio::select! {
                heard = self.news.recv() => heard,
                _ = self.stopped.wait_for(|stopped| *stopped) => return None,
            };
            match heard {
                Ok(Some(viewer)) if viewer != self.viewer => continue,
                // Whose the missed ones were nobody knows: maybe ours.
                Ok(_) | Err(broadcast::error::RecvError::Lagged(_)) => {}
                Err(broadcast::error::RecvError::Closed) => return None,
            }
            let viewer = self.request.signed_in().await.ok()?;
            return (viewer == self.viewer).then_some(());
        }
    }
}
