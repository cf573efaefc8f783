//! The browser behind one request: its session, its cookies, and the cookies it is given.

use std::collections::HashMap;

use app::{
    account::Notice,
    i18n::Locale,
    locale::{self, asked_for},
    model::Failure,
    presenter::Said,
    slot::{self, Slot},
};
use http::{HeaderMap, HeaderValue, header, request::Parts};
use leptos_axum::ResponseOptions;
use serde::{Serialize, de::DeserializeOwned};
use tower_sessions::{
    Expiry, Session,
    cookie::{Cookie, CookieBuilder, SameSite, time::Duration},
    session::Id as SessionId,
};
use uuid::Uuid;

use crate::{devices::Handle, error::Error};

const VIEWER: &str = "viewer";
const FAILURE: &str = "failure";
const NOTICE: &str = "notice";
const SAID: &str = "said";
/// The longest that browsers keep a cookie (RFC 6265bis, section 5.5).
const HANDLE_DAYS: i64 = 400;
/// How long a browser keeps the choice of a language.
const LOCALE_DAYS: i64 = 365;
/// A viewer's session ends when it was not used to change anything for so long …
const VIEWER_STAYS: Duration = Duration::days(14);
/// … and nobody's, which only carries a failure to the next page, after so long.
pub(crate) const NOBODY_STAYS: Duration = Duration::minutes(10);
/// Nothing longer is filled in again: no email is (RFC 5321, section 4.5.3.1.3), and no name.
const LONGEST_TYPED: usize = 254;

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

    /// The session of whoever signed in here. Whether it still counts, [`crate::sign_ins`] knows.
    pub(crate) async fn session(&self) -> Result<Option<SessionId>, Error> {
        let viewer: Option<Uuid> = self.session.get(VIEWER).await?;
        Ok(viewer.and_then(|_| self.session.id()))
    }

    /// Starts a viewer's session, under a new id: one that somebody planted is worth nothing.
    pub(crate) async fn sign_in(&self, viewer: Uuid) -> Result<SessionId, Error> {
        self.session.cycle_id().await?;
        self.session.insert(VIEWER, viewer).await?;
        self.set_expiry().await?;
        // Saved at once, because only then it has an id.
        self.session.save().await?;
        self.session.id().ok_or(Error::Row("session"))
    }

    /// Ends the session.
    pub(crate) async fn sign_out(&self) -> Result<(), Error> {
        Ok(self.session.flush().await?)
    }

    /// Ends the session, and leaves a notice in a new one of nobody's.
    pub(crate) async fn sign_out_with(&self, notice: Notice) -> Result<(), Error> {
        self.session.clear().await;
        self.session.cycle_id().await?;
        self.leave_notice(notice).await
    }

    pub(crate) async fn leave_failure(&self, failure: Failure) -> Result<(), Error> {
        let short =
            |text: Option<String>| text.filter(|text| text.chars().count() <= LONGEST_TYPED);
        let failure = Failure {
            problem: failure.problem,
            typed: short(failure.typed),
            name: short(failure.name),
        };
        self.leave(FAILURE, failure).await
    }

    pub(crate) async fn take_failure(&self) -> Result<Option<Failure>, Error> {
        self.take(FAILURE).await
    }

    pub(crate) async fn leave_notice(&self, notice: Notice) -> Result<(), Error> {
        self.leave(NOTICE, notice).await
    }

    pub(crate) async fn take_notice(&self) -> Result<Option<Notice>, Error> {
        self.take(NOTICE).await
    }

    pub(crate) async fn leave_said(&self, said: Option<Said>) -> Result<(), Error> {
        match said {
            Some(said) => self.leave(SAID, said).await,
            None => self.take_said().await.map(drop),
        }
    }

    pub(crate) async fn take_said(&self) -> Result<Option<Said>, Error> {
        self.take(SAID).await
    }

    async fn leave(&self, key: &str, told: impl Serialize) -> Result<(), Error> {
        self.session.insert(key, told).await?;
        self.set_expiry().await
    }

    async fn take<T: DeserializeOwned>(&self, key: &str) -> Result<Option<T>, Error> {
        // Looked at first: what is removed is saved, and nothing is no reason to.
        if self.session.get_value(key).await?.is_none() {
            return Ok(None);
        }
        let told = self.session.remove(key).await?;
        self.set_expiry().await?;
        // A page may still be streaming when the middleware saves, so save here.
        self.session.save().await?;
        Ok(told)
    }

    /// Whatever changes a session says how long it is kept from now on.
    async fn set_expiry(&self) -> Result<(), Error> {
        let stays = match self.session.get_value(VIEWER).await? {
            Some(_) => VIEWER_STAYS,
            None => NOBODY_STAYS,
        };
        self.session.set_expiry(Some(Expiry::OnInactivity(stays)));
        Ok(())
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
