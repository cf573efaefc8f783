//! Refuses what another site makes a viewer's browser send.
//!
//! `Sec-Fetch-Site` says where a request comes from (W3C Fetch Metadata); where a browser is too
//! old for it, `Origin` (RFC 6454) must name the host that was asked. A request with neither is
//! not a browser's, and carries no viewer's cookies that it was not given.

use app::{locale::asked_for, refusal};
use axum::{
    extract::Request,
    middleware::Next,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, StatusCode, Uri, header};

/// Middleware that answers 403 to an unsafe method from another site.
pub async fn same_site_only(request: Request, next: Next) -> Response {
    if request.method().is_safe() || is_ours(request.headers(), request.uri()) {
        return next.run(request).await;
    }
    tracing::warn!(method = %request.method(), path = request.uri().path(), "cross-site request refused");
    let locale = asked_for(request.headers());
    (StatusCode::FORBIDDEN, refusal::other_site(locale)).into_response()
}

fn is_ours(headers: &HeaderMap, uri: &Uri) -> bool {
    if let Some(site) = headers.get("sec-fetch-site") {
        return site == "same-origin" || site == "none";
    }
    let Some(origin) = headers.get(header::ORIGIN) else {
        return true;
    };
    let host = headers
        .get(header::HOST)
        .and_then(|host| host.to_str().ok())
        .or_else(|| uri.authority().map(http::uri::Authority::as_str));
    let origin = origin
        .to_str()
        .ok()
        .and_then(|origin| origin.split_once("://"));
    matches!((origin, host), (Some((_, from)), Some(to)) if from.eq_ignore_ascii_case(to))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ours(headers: &[(&'static str, &'static str)]) -> bool {
        let headers = headers
            .iter()
            .map(|(name, value)| {
                (
                    http::HeaderName::from_static(name),
                    http::HeaderValue::from_static(value),
                )
            })
            .collect();
        is_ours(&headers, &Uri::from_static("/api/place_order"))
    }

    #[test]
    fn a_browser_that_says_where_it_comes_from_is_believed() {
        assert!(ours(&[
            ("sec-fetch-site", "same-origin"),
            ("origin", "http://else")
        ]));
        assert!(ours(&[("sec-fetch-site", "none")]));
        assert!(!ours(&[("sec-fetch-site", "cross-site")]));
        assert!(
            !ours(&[("sec-fetch-site", "same-site")]),
            "another port is another site here"
        );
    }

    #[test]
    fn an_older_browser_is_known_by_its_origin() {
        assert!(ours(&[
            ("origin", "http://127.0.0.1:3000"),
            ("host", "127.0.0.1:3000")
        ]));
        assert!(!ours(&[
            ("origin", "http://127.0.0.1:4000"),
            ("host", "127.0.0.1:3000")
        ]));
        assert!(!ours(&[("origin", "null"), ("host", "127.0.0.1:3000")]));
        assert!(
            !ours(&[("origin", "http://127.0.0.1:3000")]),
            "no host to compare with"
        );
    }

    #[test]
    fn what_is_no_browser_is_let_through() {
        assert!(ours(&[("host", "127.0.0.1:3000")]));
    }
}
