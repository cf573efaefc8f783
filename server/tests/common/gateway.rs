//! A gateway to ExpressPlay that notes what passes, and has moods.

use std::sync::{Arc, Mutex};

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::{Request, State},
    response::{IntoResponse, Response},
};
use reqwest::StatusCode;
use tokio::{net::TcpListener, sync::Notify, task::JoinHandle};

/// How the gateway treats calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mood {
    /// It passes them on.
    Forward,
    /// It takes them and never answers.
    Silent,
    /// It answers -2018 itself.
    Refusing,
    /// It keeps one call, whose path has this in it, waiting until it is released, and passes the
    /// others on.
    Holding(&'static str),
    /// It answers 503 once, then passes calls on.
    Stumbling,
    /// It answers 200 with this.
    Babbling(&'static str),
    /// It refuses, and its words repeat all that it was sent.
    Echoing,
}

/// A call that passed.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    pub(crate) path: String,
    pub(crate) cookie_header: Option<String>,
    pub(crate) form: String,
}

#[derive(Clone)]
struct Shared {
    target: String,
    http: reqwest::Client,
    mood: Arc<Mutex<Mood>>,
    calls: Arc<Mutex<Vec<Call>>>,
    held: Arc<Notify>,
    released: Arc<Notify>,
}

pub(crate) struct Gateway {
    pub(crate) url: String,
    shared: Shared,
    serving: JoinHandle<()>,
}

impl Gateway {
    pub(crate) async fn to(target: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let shared = Shared {
            target: target.to_owned(),
            http: super::http().build().unwrap(),
            mood: Arc::new(Mutex::new(Mood::Forward)),
            calls: Arc::default(),
            held: Arc::default(),
            released: Arc::default(),
        };
        let router = Router::new().fallback(pass).with_state(shared.clone());
        let serving = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self {
            url,
            shared,
            serving,
        }
    }

    pub(crate) fn set_mood(&self, mood: Mood) {
        *self.shared.mood.lock().unwrap() = mood;
    }

    /// Waits until a call is being held.
    pub(crate) async fn holds(&self) {
        self.shared.held.notified().await;
    }

    pub(crate) fn release(&self) {
        self.shared.released.notify_one();
    }

    pub(crate) fn calls(&self) -> Vec<Call> {
        self.shared.calls.lock().unwrap().clone()
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn pass(State(shared): State<Shared>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, 1 << 20).await.unwrap();
    let header = |name| {
        let value = parts.headers.get(name)?;
        Some(value.to_str().unwrap().to_owned())
    };
    shared.calls.lock().unwrap().push(Call {
        path: parts.uri.path().to_owned(),
        cookie_header: header("cookie"),
        form: String::from_utf8_lossy(&body).into_owned(),
    });
    let sent = format!("{} {}", parts.uri, String::from_utf8_lossy(&body));
    let mood = {
        let mut mood = shared.mood.lock().unwrap();
        let now = *mood;
        let path = parts.uri.path();
        let now = match now {
            Mood::Holding(part) if !path.contains(part) => Mood::Forward,
            now => now,
        };
        if matches!(now, Mood::Stumbling | Mood::Holding(_)) {
            *mood = Mood::Forward;
        }
        now
    };
    if matches!(mood, Mood::Holding(_)) {
        shared.held.notify_one();
        shared.released.notified().await;
    }
    match mood {
        Mood::Stumbling => StatusCode::SERVICE_UNAVAILABLE.into_response(),
        Mood::Babbling(words) => words.into_response(),
        Mood::Silent => std::future::pending().await,
        Mood::Refusing => (
            StatusCode::UNAUTHORIZED,
            r#"{"errorCode":-2018,"errorMessage":"no"}"#,
        )
            .into_response(),
        Mood::Echoing => {
            let refusal = serde_json::json!({ "errorCode": -2018, "errorMessage": sent });
            (StatusCode::UNAUTHORIZED, refusal.to_string()).into_response()
        }
        Mood::Forward | Mood::Holding(_) => {
            let path = parts.uri.path_and_query().unwrap();
            let mut call = shared
                .http
                .request(parts.method.clone(), format!("{}{path}", shared.target))
                .body(body);
            for name in ["cookie", "content-type"] {
                if let Some(value) = header(name) {
                    call = call.header(name, value);
                }
            }
            let answer = call.send().await.unwrap();
            let status = answer.status();
            let kind = answer.headers().get("content-type").cloned();
            let mut response = Response::new(Body::from(answer.bytes().await.unwrap()));
            *response.status_mut() = status;
            if let Some(kind) = kind {
                response.headers_mut().insert("content-type", kind);
            }
            response
        }
    }
}
