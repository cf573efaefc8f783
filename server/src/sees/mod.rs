//! The sample entitlement server (API section 6): `POST /entitlement`, for shops other than this one.
//!
//! | requestType | here | what the token is for |
//! |---|---|---|
//! | 1, time-based | [`Entitlement::time_based_token`] | the content, for any device, for a time |
//! | 2, device registration | steps 2 and 3 | the dummy clip, for whichever device redeems it first |
//! | 3, device-bound | steps 4 and 5 | the content, for that device alone |
//!
//! Who asks answers for its customers: here nobody signs in and nothing is sold. So it is served on
//! a listener of its own, to those alone whose certificate a known authority signed (see
//! [`crate::mutual_tls`]). What the public documents leave open is decided in `docs/fidelity.md`.
//!
//! [`Entitlement::time_based_token`]: crate::entitlement::Entitlement::time_based_token

mod customer;
mod denial;
mod message;

use std::sync::Arc;

use app::problem::Problem;
use axum::{
    Json, Router,
    body::{Body, Bytes, HttpBody, to_bytes},
    extract::{ConnectInfo, Request as HttpRequest, State},
    response::{IntoResponse, Response},
    routing::post,
};
use expressplay::{Cookie, DeviceId, TokenUrl, client::CookieCarrier};
use http::{HeaderValue, StatusCode, header};
use serde::Serialize;
use tower_http::trace::TraceLayer;
use tracing::{Instrument, field::display, info, info_span};

use self::{
    customer::Customer,
    denial::Denial,
    message::{Envelope, Kind, MessageId, Request},
};
use crate::{entitlement::Binding, error::Error, mutual_tls::Client, shop::Shop};

/// The number of an answer with a token.
const ALLOWED: i32 = 0;
/// No message is longer.
const LONGEST_MESSAGE: usize = 16 * 1024;
/// What is longer is read all the same, up to here: who is cut off while sending may miss the answer.
const LONGEST_BODY: usize = 1024 * 1024;

/// Everything that the entitlement server answers.
pub(crate) fn router(shop: Arc<Shop>) -> Router {
    Router::new()
        .route("/entitlement", post(entitlement).fallback(wrong_method))
        .fallback(no_such_path)
        .with_state(shop)
        .layer(
            TraceLayer::new_for_http().make_span_with(|request: &HttpRequest| {
                // The path alone: a query may hold what no log may.
                let (method, path) = (request.method(), request.uri().path());
                info_span!("entitlement", %method, path)
            }),
        )
}

async fn entitlement(
    State(shop): State<Arc<Shop>>,
    ConnectInfo(client): ConnectInfo<Client>,
    body: Body,
) -> Response {
    let Some(body) = read(body).await else {
        let longest = LONGEST_MESSAGE;
        return blank(Denial::TooLong { longest });
    };
    let (envelope, request) = message::read(&body);
    let outcome = match request {
        Ok(request) => {
            let (id, kind) = (envelope.id.as_ref().map(display), request.kind.name());
            let content_id = request.content_id;
            let span = info_span!("message", id, kind, %content_id, %client);
            decide(&shop, &request).instrument(span).await
        }
        Err(denial) => Err(denial),
    };
    answer(envelope, outcome)
}

/// The body, if it is no longer than a message.
async fn read(body: Body) -> Option<Bytes> {
    // Who waits to be told to go on (100 Continue) is told not to.
    if body.size_hint().lower() > LONGEST_BODY as u64 {
        return None;
    }
    let body = to_bytes(body, LONGEST_BODY).await.ok()?;
    (body.len() <= LONGEST_MESSAGE).then_some(body)
}

async fn wrong_method() -> Response {
    blank(Denial::WrongMethod)
}

async fn no_such_path() -> Response {
    blank(Denial::NoSuchPath)
}

async fn decide(shop: &Shop, request: &Request) -> Result<TokenUrl, Denial> {
    let Shop {
        catalogue,
        entitlement,
        ..
    } = shop;
    let clip = catalogue
        .clip(request.content_id)
        .ok_or(Denial::UnknownContent)?;
    let token = match &request.kind {
        Kind::TimeBased => entitlement.time_based_token(clip).await?,
        Kind::Registration(cookie) => {
            entitlement
                .dummy_token(cookie, CookieCarrier::Parameter, &catalogue.dummy)
                .await?
        }
        Kind::DeviceBound(cookie) => {
            let binding = Binding {
                order: None,
                cookie: cookie.clone(),
                device_id: device_of(shop, cookie).await?,
                left: None,
            };
            entitlement.bound_token(&binding, clip).await?
        }
    };
    Ok(token)
}

/// The device that a cookie's records name, and always have named.
async fn device_of(shop: &Shop, cookie: &Cookie) -> Result<DeviceId, Error> {
    let Shop {
        db,
        clock,
        entitlement,
        ..
    } = shop;
    let customer = Customer::of(db, cookie).await?;
    if customer.two_devices {
        return Err(Problem::TwoDevices.into());
    }
    let read = async {
        let (device_id, reading) = entitlement.device_of(cookie).await?;
        customer.agrees_with(device_id, &reading)?;
        customer::note(db, device_id, &reading).await?;
        Ok::<_, Error>(device_id)
    };
    let read = read.await;
    if matches!(read, Err(Error::Viewer(Problem::TwoDevices))) {
        customer::note_two_devices(db, cookie, clock.now()).await?;
    }
    read
}

/// What goes back, whatever came: the six members of the document.
#[derive(Serialize)]
struct Answer {
    #[serde(rename = "messageID")]
    message_id: Option<MessageId>,
    version: i64,
    #[serde(rename = "isAllowed")]
    is_allowed: bool,
    #[serde(rename = "epTokenURL")]
    token_url: Option<String>,
    error: i32,
    #[serde(rename = "errorText")]
    error_text: Option<String>,
}

fn answer(envelope: Envelope, outcome: Result<TokenUrl, Denial>) -> Response {
    let (status, error, token_url, error_text) = match outcome {
        Ok(token) => (StatusCode::OK, ALLOWED, Some(token.reveal()), None),
        Err(denial) => {
            let text = denial.to_string();
            (denial.status(), denial.number(), None, Some(text))
        }
    };
    info!(id = envelope.id.as_ref().map(display), error, "answered");
    let answer = Answer {
        message_id: envelope.id,
        version: envelope.version,
        is_allowed: token_url.is_some(),
        token_url,
        error,
        error_text,
    };
    // A token is for whoever asked, and for no cache between.
    let no_store = [(header::CACHE_CONTROL, HeaderValue::from_static("no-store"))];
    (status, no_store, Json(answer)).into_response()
}

fn blank(denial: Denial) -> Response {
    answer(Envelope::blank(), Err(denial))
}
