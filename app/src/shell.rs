//! The document around every page.

use http::{HeaderValue, header::CONTENT_SECURITY_POLICY};
use leptos::{nonce::use_nonce, prelude::*};
use leptos_axum::ResponseOptions;
use leptos_meta::{HashedStylesheet, MetaTags};

use crate::{
    api::backend,
    components::workflow_panel::takes_part,
    islands::PLAYER_LIBRARY,
    locale::{locale, tag},
    policy::{LicenceOrigins, policy},
    respond,
    routes::App,
    workflow::view,
};

/// The html document: the policy first, then the head, then the page.
pub fn shell(options: LeptosOptions) -> impl IntoView {
    set_policy();
    respond::keep_nowhere();
    let locale = locale();
    let place = respond::here();
    let (plays, islands) = (
        place.as_str().starts_with("/watch/"),
        has_islands(place.as_str()),
    );
    view! {
        <!DOCTYPE html>
        <html lang=tag(locale)>
            <head>
                <meta charset="utf-8" />
                <meta name="viewport" content="width=device-width, initial-scale=1" />
                <meta name="color-scheme" content="light dark" />
                <meta name="theme-color" media="(prefers-color-scheme: light)" content="#14505a" />
                <meta name="theme-color" media="(prefers-color-scheme: dark)" content="#164f59" />
                <link rel="icon" type="image/svg+xml" href="/favicon.svg" />
                <link rel="apple-touch-icon" href="/icons/180.png" />
                <link rel="manifest" href="/site.webmanifest" />
                <HashedStylesheet options=options.clone() />
                {islands
                    .then(|| {
                        view! {
                            {plays.then(|| view! { <script src=PLAYER_LIBRARY nonce=use_nonce() defer></script> })}
                            <HydrationScripts options islands=true />
                        }
                    })}
                <MetaTags />
            </head>
            <body>
                <App />
            </body>
        </html>
    }
}

/// Whether a page has an island on it, and so needs wasm.
fn has_islands(path: &str) -> bool {
    takes_part(path)
        || path.starts_with(view::PAGE)
        || backend().is_ok_and(|backend| backend.has_presenter())
}

fn set_policy() {
    let (Some(response), Some(nonce)) = (use_context::<ResponseOptions>(), use_nonce()) else {
        return;
    };
    let licences = use_context::<LicenceOrigins>().unwrap_or_default();
    if let Ok(value) = HeaderValue::from_str(&policy(&nonce, &licences)) {
        response.insert_header(CONTENT_SECURITY_POLICY, value);
    }
}
