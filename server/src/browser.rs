//! The browser behind one request: its session, its cookies, and the cookies it is given.

use std::collections::HashMap;

use app::{
    i18n::Locale,
    locale::{self, asked_for},
    model::Failure,
    slot::{self, Slot},
};
use http::{HeaderMap, HeaderValue, header, request::Parts};
use leptos_axum::ResponseOptions;
use tower_sessions::{
    Expiry, Session,
    cookie::{Cookie, CookieBuilder, SameSite, time::Duration},
};
use uuid::Uuid;

use crate::{devices::Handle, error::Error};

const VIEWER: &str = "viewer";
const FAILURE: &str = "failure";
/// The longest that browsers keep a cookie (RFC 6265bis, section 5.5).
const HANDLE_DAYS: i64 = 400;
/// How long a browser keeps the choice of a language.
const LOCALE_DAYS: i64 = 365;
/// A viewer's session ends when it was not used to change anything for so long …
const VIEWER_STAYS: Duration = Duration::days(14);
/// … and nobody's, which only carries a failure to the next page, after so long.
pub(crate) const NOBODY_STAYS: Duration = Duration::minutes(10);
/// No email is longer (RFC 5321, section 4.5.3.1.3).
const LONGEST_EMAIL: usize = 254;

/// The browser behind one request.
#[derive(Debug)]
pub struct Browser {
    session: Session,
    cookies: HashMap<String, String>,
    locale: Locale,
    response: ResponseOptions,
    https: bool,
}

impl Browser {
    /// The browser that sent a request; none where no session was set up for it.
    #[must_use]
    pub fn of(parts: &Parts, response: ResponseOptions, https: bool) -> Option<Self> {
        let session = parts.extensions.get::<Session>()?.clone();
        Some(Self {
            session,
            cookies: read_cookies(&parts.headers),
            locale: asked_for(&parts.headers),
            response,
            https,
        })
    }

    /// The number of the viewer who signed in here.
    pub(crate) async fn viewer(&self) -> Result<Option<Uuid>, Error> {
        Ok(self.session.get(VIEWER).await?)
    }

    /// Starts a viewer's session, under a new id: one that somebody planted is worth nothing.
    pub(crate) async fn sign_in(&self, viewer: Uuid) -> Result<(), Error> {
        self.session.cycle_id().await?;
        self.session.insert(VIEWER, viewer).await?;
        self.set_expiry().await
    }

    /// Ends the session.
    pub(crate) async fn sign_out(&self) -> Result<(), Error> {
        Ok(self.session.flush().await?)
    }

    pub(crate) async fn leave_failure(&self, failure: Failure) -> Result<(), Error> {
        let typed = failure.typed.filter(|typed| typed.len() <= LONGEST_EMAIL);
        let failure = Failure { typed, ..failure };
        self.session.insert(FAILURE, failure).await?;
        self.set_expiry().await
    }

    /// Whatever changes a session says how long it is kept from now on.
    async fn set_expiry(&self) -> Result<(), Error> {
        let stays = match self.viewer().await? {
            Some(_) => VIEWER_STAYS,
            None => NOBODY_STAYS,
        };
        self.session.set_expiry(Some(Expiry::OnInactivity(stays)));
        Ok(())
    }

    pub(crate) async fn take_failure(&self) -> Result<Option<Failure>, Error> {
        let failure = self.session.remove(FAILURE).await?;
        if failure.is_some() {
            self.set_expiry().await?;
            // A page may still be streaming when the middleware saves, so save here.
            self.session.save().await?;
        }
        Ok(failure)
    }

    /// The handle that the browser holds for a viewer.
    pub(crate) fn handle(&self, viewer: Uuid) -> Option<Handle> {
        self.cookies
            .get(&Handle::cookie_name(
                viewer,
                self.slot().unwrap_or_default(),
            ))
            .cloned()
            .map(Handle::sent)
    }

    /// Gives the browser a handle.
    pub(crate) fn give_handle(&self, viewer: Uuid, handle: &Handle) {
        let slot = self.slot().unwrap_or_default();
        let name = Handle::cookie_name(viewer, slot);
        self.set_cookie(&name, handle.reveal(), HANDLE_DAYS);
    }

    /// Which of its devices it is, if it ever had more than one.
    pub(crate) fn slot(&self) -> Option<Slot> {
        self.cookies.get(slot::COOKIE)?.parse().ok()
    }

    /// Keeps which of its devices it is from now on. The page's own script reads it, to use that
    /// device's key.
    pub(crate) fn keep_slot(&self, slot: Slot) {
        self.append_cookie(
            self.cookie(slot::COOKIE, slot.as_str(), HANDLE_DAYS)
                .http_only(false),
        );
    }

    /// The language that it is answered in.
    pub(crate) const fn locale(&self) -> Locale {
        self.locale
    }

    /// Keeps the viewer's choice of a language.
    pub(crate) fn keep_locale(&self, locale: Locale) {
        self.set_cookie(locale::COOKIE, locale.as_ref(), LOCALE_DAYS);
    }

    fn set_cookie(&self, name: &str, value: &str, days: i64) {
        self.append_cookie(self.cookie(name, value, days));
    }

    fn cookie<'a>(&self, name: &'a str, value: &'a str, days: i64) -> CookieBuilder<'a> {
        Cookie::build((name, value))
            .path("/")
            .http_only(true)
            .same_site(SameSite::Lax)
            .secure(self.https)
            .max_age(Duration::days(days))
    }

    fn append_cookie(&self, cookie: CookieBuilder<'_>) {
        let cookie = cookie.build();
        // Made of hex digits and our own words, it is a header value.
        if let Ok(value) = HeaderValue::from_str(&cookie.to_string()) {
            self.response.append_header(header::SET_COOKIE, value);
        }
    }
}

fn read_cookies(headers: &HeaderMap) -> HashMap<String, String> {
    headers
        .get_all(header::COOKIE)
        .into_iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(Cookie::split_parse)
        .filter_map(Result::ok)
        .map(|cookie| (cookie.name().to_owned(), cookie.value().to_owned()))
        .collect()
}
