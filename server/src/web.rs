//! The web host: pages and server functions, static files, and what every answer carries.

use std::{
    path::Path,
    sync::{Arc, OnceLock},
};

use app::{
    App, LicenceOrigins, PublicUrl, backend::Backend, local_path::LocalPath, locale::asked_for,
    pages::refused::Refused, refusal, shell,
};
use axum::{
    Router,
    body::{Body, to_bytes},
    extract::Request,
    middleware::{self, Next},
    response::{IntoResponse, Redirect, Response},
};
use http::{HeaderName, HeaderValue, Method, StatusCode, Uri, header, request::Parts};
use leptos::{config::LeptosOptions, prelude::*};
use leptos_axum::{
    AxumRouteListing, LeptosRoutes, ResponseOptions, generate_route_list,
    render_app_async_with_context,
};
use tower::ServiceExt;
use tower_http::{services::ServeDir, trace::TraceLayer};
use tower_sessions::{Expiry, SessionManagerLayer, cookie::SameSite};
use tower_sessions_sqlx_store::SqliteStore;

use crate::{
    backend,
    browser::{Browser, NOBODY_STAYS},
    csrf, dress, health,
    shop::Shop,
    workflow,
};

/// No form is longer.
const LONGEST_BODY: usize = 64 * 1024;
/// The folder of the site that has wasm, script and styles.
const PKG: &str = "pkg";
/// Written by the build beside the program: which hash each file's name carries.
const HASH_FILE: &str = "hash.txt";

/// Where things are, for the pages to say.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    /// Where licence requests go.
    pub(crate) licences: LicenceOrigins,
    /// Where browsers find the storefront.
    pub(crate) public: Option<PublicUrl>,
}

/// Everything that the storefront answers.
pub(crate) fn router(shop: Arc<Shop>, sessions: SqliteStore, place: Place, site: &Path) -> Router {
    let options = leptos_options(site);
    let hashed = options.hash_files;
    let https = shop.https;
    let context = {
        let shop = Arc::clone(&shop);
        move || {
            provide_context(place.licences.clone());
            if let Some(url) = place.public.clone() {
                provide_context(url);
            }
            if let Some(backend) = backend_here(&shop) {
                provide_context(backend);
            }
        }
    };
    let page = {
        let options = options.clone();
        move || shell(options.clone())
    };
    let not_found = render_app_async_with_context(context.clone(), page.clone());
    let in_words = {
        let (context, page) = (context.clone(), page.clone());
        move |refused: Refused, request: Request| {
            let context = context.clone();
            let context = move || {
                context();
                provide_context(refused);
            };
            render_app_async_with_context(context, page.clone())(request)
        }
    };
    let files = ServeDir::new(site)
        .precompressed_br()
        .append_index_html_on_directories(false);
    let static_or_not_found = move |request: Request| {
        let (files, not_found) = (files.clone(), not_found.clone());
        async move {
            let Some(ask) = without_body(&request) else {
                return StatusCode::METHOD_NOT_ALLOWED.into_response();
            };
            if let Some(file) = static_file(files, ask, hashed).await {
                return file;
            }
            if let Some(place) = without_slashes(request.uri()) {
                return Redirect::permanent(place.as_str()).into_response();
            }
            let mut page = not_found(request).await;
            if page.status() == StatusCode::OK {
                *page.status_mut() = StatusCode::NOT_FOUND;
            }
            page
        }
    };
    let pages = Router::new()
        .leptos_routes_with_context(&options, routes(), context, page)
        .fallback(static_or_not_found)
        .with_state(options)
        .merge(workflow::host::routes(Arc::clone(&shop)))
        .merge(backend::watching::routes(Arc::clone(&shop)))
        .merge(backend::presenting::routes(Arc::clone(&shop)))
        .layer(session_layer(sessions, https))
        .layer(middleware::map_request(without_referer))
        .layer(middleware::from_fn(short_bodies))
        .layer(middleware::from_fn(csrf::same_site_only));
    health::routes(shop)
        .merge(dress::never_bare(pages, in_words))
        .layer(middleware::map_response(careful_headers))
        .layer(TraceLayer::new_for_http().make_span_with(|request: &Request| {
            // The path alone: a query may hold what no log may.
            tracing::info_span!("request", method = %request.method(), path = request.uri().path())
        }))
}

/// A part of a page by itself, in the language of whoever asks.
pub(crate) fn rendered(parts: Parts, view: impl FnOnce() -> String) -> String {
    Owner::new().with(|| {
        provide_context(parts);
        view()
    })
}

/// The pages' routes, found once: while leptos looks for them, no page of this process loads.
fn routes() -> Vec<AxumRouteListing> {
    static ROUTES: OnceLock<Vec<AxumRouteListing>> = OnceLock::new();
    ROUTES.get_or_init(|| generate_route_list(App)).clone()
}

/// Whether the build has written beside the program which hash each file's name carries.
fn has_hashes() -> bool {
    let program = std::env::current_exe().ok();
    let hashes = program.and_then(|program| Some(program.parent()?.join(HASH_FILE)));
    hashes.is_some_and(|hashes| hashes.exists())
}

/// Whether the files that pages link to are in a site.
pub(crate) fn is_built(site: &Path) -> bool {
    let pkg = site.join(PKG);
    match has_hashes() {
        true => pkg.is_dir(),
        false => pkg.join("bindery.css").is_file(),
    }
}

fn leptos_options(site: &Path) -> LeptosOptions {
    LeptosOptions::builder()
        .output_name("bindery")
        .site_root(site.to_string_lossy())
        .site_pkg_dir(PKG)
        // A build without a site, as in tests, has no such file, and names without hashes.
        .hash_files(has_hashes())
        .build()
}

/// The backend of the request that leptos is answering.
fn backend_here(shop: &Arc<Shop>) -> Option<Arc<dyn Backend>> {
    let parts = use_context::<Parts>()?;
    let browser = Browser::of(&parts, use_context::<ResponseOptions>()?, shop.https)?;
    Some(Arc::new(backend::Request::new(Arc::clone(shop), browser)))
}

fn session_layer(sessions: SqliteStore, https: bool) -> SessionManagerLayer<SqliteStore> {
    SessionManagerLayer::new(sessions)
        .with_name("bindery_session")
        .with_http_only(true)
        .with_same_site(SameSite::Lax)
        .with_secure(https)
        // Whatever changes a session sets its own: see Browser.
        .with_expiry(Expiry::OnInactivity(NOBODY_STAYS))
}

/// A request for a file: method, path and headers; none where it can be no such thing.
fn without_body(request: &Request) -> Option<Request> {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return None;
    }
    let mut ask = Request::new(Body::empty());
    *ask.method_mut() = request.method().clone();
    *ask.uri_mut() = request.uri().clone();
    *ask.headers_mut() = request.headers().clone();
    Some(ask)
}

/// The same place without the slashes at its end: no page has one, and what is no page is told
/// there. None where that would be no place of this site.
fn without_slashes(uri: &Uri) -> Option<LocalPath> {
    let path = uri.path().trim_end_matches('/');
    if path == uri.path() {
        return None;
    }
    let query = uri.query().map(|query| format!("?{query}"));
    format!("{path}{}", query.unwrap_or_default()).parse().ok()
}

/// A file of the built site, with ranges and stored compression; none where there is no such file.
async fn static_file(files: ServeDir, ask: Request, hashed: bool) -> Option<Response> {
    let keep = HeaderValue::from_static(kept_for(ask.uri().path(), hashed));
    let answer = files.oneshot(ask).await.ok()?;
    if !is_a_file(answer.status()) {
        return None;
    }
    let mut answer = answer.map(Body::new);
    answer.headers_mut().insert(header::CACHE_CONTROL, keep);
    Some(answer)
}

fn is_a_file(status: StatusCode) -> bool {
    status.is_success()
        || matches!(
            status,
            StatusCode::NOT_MODIFIED
                | StatusCode::RANGE_NOT_SATISFIABLE
                | StatusCode::PRECONDITION_FAILED
        )
}

/// How long caches may keep a file: for ever where its name changes with it.
fn kept_for(path: &str, hashed: bool) -> &'static str {
    if path.starts_with("/pkg/") {
        if hashed {
            "public, max-age=31536000, immutable"
        } else {
            "no-cache"
        }
    } else if path.starts_with("/titles/") || path.starts_with("/posters/") {
        "public, max-age=86400"
    } else {
        "public, max-age=3600"
    }
}

/// Forgets which page a request came from: leptos would send a form that it cannot read back there,
/// with its error in the URL. Without, it goes to the catalogue.
async fn without_referer(mut request: Request) -> Request {
    request.headers_mut().remove(header::REFERER);
    request
}

/// Refuses a body that no form of ours would have.
async fn short_bodies(request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    match to_bytes(body, LONGEST_BODY).await {
        Ok(bytes) => {
            next.run(Request::from_parts(parts, Body::from(bytes)))
                .await
        }
        Err(_) => {
            let told = refusal::too_long(asked_for(&parts.headers));
            (StatusCode::PAYLOAD_TOO_LARGE, told).into_response()
        }
    }
}

/// What every answer carries; the pages' own Content-Security-Policy comes from the pages.
async fn careful_headers(mut response: Response) -> Response {
    let headers = response.headers_mut();
    let always: [(HeaderName, &str); 5] = [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "same-origin"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (
            HeaderName::from_static("cross-origin-opener-policy"),
            "same-origin",
        ),
        (
            HeaderName::from_static("cross-origin-resource-policy"),
            "same-origin",
        ),
    ];
    for (name, value) in always {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers
        .entry(header::CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_files_whose_names_change_are_kept_for_ever() {
        assert!(kept_for("/pkg/bindery.abc.wasm", true).contains("immutable"));
        assert_eq!(kept_for("/pkg/bindery.wasm", false), "no-cache");
        assert!(!kept_for("/titles/tidewater/manifest.mpd", true).contains("immutable"));
    }
}
