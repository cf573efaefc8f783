//! Who is told of every request that a client sends, and of what came back: each by itself, those
//! that are repeated too.
//!
//! Nothing that a witness is told is a secret: what must not be repeated is left out here.

use std::{fmt, sync::Arc};

use async_trait::async_trait;
use http::Extensions;
use reqwest::{
    Request, Response,
    header::{COOKIE, HeaderName, HeaderValue},
};
use reqwest_middleware::{Middleware, Next, RequestBuilder};

use super::{innermost, read_refusal, read_token};
use crate::{
    Cookie, Drm, Record, parameter,
    record::Records,
    token_request::Form,
    trace_context::{TRACEPARENT, TraceParent},
};

/// Somebody who is told.
#[async_trait]
pub trait Witness: fmt::Debug + Send + Sync + 'static {
    /// A request is about to go out. It goes with this `traceparent`.
    async fn asked(&self, question: Question) -> TraceParent;

    /// What became of it.
    async fn answered(&self, to: TraceParent, answer: Answer);
}

/// A request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// `GET`, `POST`.
    pub method: String,
    /// Where it goes, without a query.
    pub url: String,
    /// The cookie, where it goes as a header.
    pub cookie: Option<Cookie>,
    /// Its parameters in order, query first; of a secret one the name alone.
    pub parameters: Vec<(String, Option<String>)>,
}

/// What came back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// A token: where it is redeemed, and its text's SHA-256.
    Token {
        /// The licence URL, without the token.
        endpoint: String,
        /// What tells it from other tokens ([`crate::Token::hash`]).
        hash: [u8; 32],
    },
    /// Records, newest first.
    Records(Vec<Record>),
    /// A refusal.
    Refused {
        /// The HTTP status.
        status: u16,
        /// ExpressPlay's code.
        code: i32,
    },
    /// Nothing that is in ExpressPlay's API.
    Senseless {
        /// The HTTP status.
        status: u16,
    },
    /// No answer, and why.
    Nothing(String),
}

/// A call whose witness wants to know.
#[derive(Debug, Clone)]
pub(super) struct Watched {
    pub(super) witness: Arc<dyn Witness>,
    pub(super) call: Call,
}

/// What an answer is read as.
#[derive(Debug, Clone, Copy)]
pub(super) enum Call {
    Token(Drm),
    Records,
}

/// Has a call's witness told, if it has one.
pub(super) fn watched(
    call: RequestBuilder,
    witness: Option<&Arc<dyn Witness>>,
    kind: Call,
) -> RequestBuilder {
    match witness {
        Some(witness) => call.with_extension(Watched {
            witness: Arc::clone(witness),
            call: kind,
        }),
        None => call,
    }
}

/// Tells. It stands next to the wire, so that it sees each attempt.
pub(super) struct Telling;

#[async_trait]
impl Middleware for Telling {
    async fn handle(
        &self,
        mut request: Request,
        extensions: &mut Extensions,
        next: Next<'_>,
    ) -> reqwest_middleware::Result<Response> {
        let Some(Watched { witness, call }) = extensions.get::<Watched>().cloned() else {
            return next.run(request, extensions).await;
        };
        let parent = witness.asked(question(&request)).await;
        if let Ok(value) = HeaderValue::from_str(&parent.to_string()) {
            let name = HeaderName::from_static(TRACEPARENT);
            request.headers_mut().insert(name, value);
        }
        let outcome = match next.run(request, extensions).await {
            Ok(response) => whole(response).await,
            Err(error) => Err(error),
        };
        match outcome {
            Ok((head, body)) => {
                let answer = read(call, head.status.as_u16(), &body);
                witness.answered(parent, answer).await;
                Ok(http::Response::from_parts(head, body).into())
            }
            Err(error) => {
                witness.answered(parent, Answer::Nothing(why(&error))).await;
                Err(error)
            }
        }
    }
}

fn question(request: &Request) -> Question {
    let url = request.url();
    let mut form = Form::parse(url.query().unwrap_or_default().as_bytes());
    if let Some(body) = request.body().and_then(reqwest::Body::as_bytes) {
        form.extend(Form::parse(body));
    }
    let cookie = request.headers().get(COOKIE).and_then(|value| {
        let pair = value.to_str().ok()?;
        pair.strip_prefix("cookie=")?.parse().ok()
    });
    let mut bare = url.clone();
    bare.set_query(None);
    Question {
        method: request.method().to_string(),
        url: bare.to_string(),
        cookie,
        parameters: form
            .into_iter()
            .map(|(name, value)| {
                let shown = !parameter::is_secret(&name);
                (name, shown.then_some(value))
            })
            .collect(),
    }
}

/// An answer with all of its body.
async fn whole(response: Response) -> reqwest_middleware::Result<(http::response::Parts, String)> {
    let mut head = http::Response::new(());
    *head.status_mut() = response.status();
    *head.version_mut() = response.version();
    *head.headers_mut() = response.headers().clone();
    let body = response.text().await?;
    Ok((head.into_parts().0, body))
}

fn read(call: Call, status: u16, body: &str) -> Answer {
    let granted = (200..300).contains(&status);
    let read = match call {
        _ if !granted => read_refusal(body).map(|refusal| Answer::Refused {
            status,
            code: refusal.error_code,
        }),
        Call::Token(drm) => read_token(drm, body).map(|url| Answer::Token {
            endpoint: url.endpoint().to_owned(),
            hash: url.token().hash(),
        }),
        Call::Records => serde_json::from_str::<Records>(body)
            .ok()
            .map(|answer| Answer::Records(answer.records)),
    };
    read.unwrap_or(Answer::Senseless { status })
}

fn why(error: &reqwest_middleware::Error) -> String {
    match error {
        reqwest_middleware::Error::Reqwest(error) if error.is_timeout() => {
            "no answer in time".to_owned()
        }
        // Its own text has the URL in it.
        reqwest_middleware::Error::Reqwest(error) => innermost(error),
        reqwest_middleware::Error::Middleware(_) => "not sent".to_owned(),
    }
}
