//! The shop's dress for what would be a bare status: a refusal of the web host, a failure of ours.

use app::pages::refused::Refused;
use axum::{
    Router,
    body::Body,
    extract::Request,
    middleware::{self, Next},
    response::Response,
};
use http::{HeaderMap, header};
use tower_http::catch_panic::CatchPanicLayer;

/// Whatever these routes refuse or fail at, a panic included, is told by that page.
pub(crate) fn never_bare<F, A>(routes: Router, page: F) -> Router
where
    F: Fn(Refused, Request) -> A + Clone + Send + Sync + 'static,
    A: Future<Output = Response> + Send + 'static,
{
    let in_words =
        move |request: Request, next: Next| in_the_shops_words(request, next, page.clone());
    routes
        .layer(CatchPanicLayer::new())
        .layer(middleware::from_fn(in_words))
}

/// A browser that asks for a page gets one where it would get a bare status: a failure of ours, a
/// refusal. Programs, and islands, get what they got.
async fn in_the_shops_words<F, A>(request: Request, next: Next, page: F) -> Response
where
    F: FnOnce(Refused, Request) -> A,
    A: Future<Output = Response>,
{
    let asks = wants_html(request.headers()).then(|| ask_for_a_page(&request));
    let answer = next.run(request).await;
    let status = answer.status();
    let bare = (status.is_client_error() || status.is_server_error()) && !is_html(answer.headers());
    let Some(ask) = asks.filter(|_| bare) else {
        return answer;
    };
    let mut shown = page(Refused(status), ask).await;
    *shown.status_mut() = status;
    if let Some(methods) = answer.headers().get(header::ALLOW) {
        let methods = methods.clone();
        shown.headers_mut().insert(header::ALLOW, methods);
    }
    shown
}

/// The same browser, asking for a page: of a form, whose address is no page, it is the catalogue.
fn ask_for_a_page(request: &Request) -> Request {
    let mut ask = Request::new(Body::empty());
    if request.method().is_safe() {
        *ask.uri_mut() = request.uri().clone();
    }
    *ask.headers_mut() = request.headers().clone();
    ask
}

fn wants_html(headers: &HeaderMap) -> bool {
    let accepted = headers.get_all(header::ACCEPT).into_iter();
    accepted
        .filter_map(|value| value.to_str().ok())
        .any(|value| value.contains("text/html"))
}

fn is_html(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE);
    kind.is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"))
}

#[cfg(test)]
mod tests {
    use axum::{
        body::to_bytes,
        response::{Html, IntoResponse},
        routing::get,
    };
    use http::StatusCode;
    use tower::ServiceExt;

    use super::*;

    #[tokio::test]
    async fn a_panic_is_an_answer_too() {
        let broken = get(|| async {
            if true {
                panic!("on purpose");
            }
        });
        let page = |Refused(status), _| async move { Html(status.to_string()).into_response() };
        let routes = never_bare(Router::new().route("/", broken), page);
        for accepts in ["text/html", "*/*"] {
            let ask = Request::get("/").header(header::ACCEPT, accepts);
            let ask = ask.body(Body::empty()).unwrap();
            let answer = routes.clone().oneshot(ask).await.unwrap();
            assert_eq!(answer.status(), StatusCode::INTERNAL_SERVER_ERROR);
            let body = to_bytes(answer.into_body(), 1000).await.unwrap();
            let body = String::from_utf8_lossy(&body);
            let told = body == "500 Internal Server Error";
            assert_eq!(told, accepts == "text/html", "{body}");
            assert!(!body.contains("on purpose"), "{body}");
        }
    }
}
