//! An HTTP client of ExpressPlay, or of anything that speaks as it does.
//!
//! Calls have a time limit. Those that are safe to repeat (making a token, which costs nothing
//! until it is redeemed; retrieving records; reading and deleting keys) are repeated with back-off
//! and jitter where the fault may pass. Errors carry ExpressPlay's code and never a URL, since the
//! URL of some calls holds the customer authenticator.

use std::{fmt, net::SocketAddr, str::FromStr, sync::Arc, time::Duration};

use reqwest::{Response, StatusCode, header};
use reqwest_middleware::{ClientWithMiddleware, RequestBuilder};
use reqwest_retry::{Jitter, RetryTransientMiddleware, policies::ExponentialBackoff};

mod witness;

pub use self::witness::{Answer, Question, Witness};
use self::witness::{Call, Telling, watched};
use crate::{
    ActionToken, CompoundUrl, Cookie, CustomerAuthenticator, Drm, ErrorCode, KeyEncryptionKey,
    KeyId, Record, RecordQuery, RefusalBody, TokenRequest, TokenUrl,
    compound_url::percent_encoded,
    key_storage::{KEYS_PATH, KeyToStore, StoredKey},
    record::Records,
    token::PlayReadyToken,
    token_request::{Broadband, Common, Rights},
};

/// Where ExpressPlay is: a template with `{host}` in it, such as
/// `https://{host}.test.expressplay.com`, or one base URL for every call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BaseUrl(String);

impl BaseUrl {
    /// Whether each function has a host of its own, as in the real service.
    #[must_use]
    pub fn is_template(&self) -> bool {
        self.0.contains("{host}")
    }

    /// The base URL of a host label, such as `wv-gen` or `api`.
    #[must_use]
    pub fn of(&self, host: &str) -> String {
        self.0.replace("{host}", host)
    }
}

impl FromStr for BaseUrl {
    type Err = NotABaseUrl;

    fn from_str(text: &str) -> Result<Self, NotABaseUrl> {
        let url = reqwest::Url::parse(&text.replace("{host}", "api")).map_err(|_| NotABaseUrl)?;
        let bare = url.query().is_none() && url.fragment().is_none() && url.username().is_empty();
        let web = matches!(url.scheme(), "http" | "https");
        if !(bare && web && url.has_host()) {
            return Err(NotABaseUrl);
        }
        Ok(Self(text.trim_end_matches('/').to_owned()))
    }
}

impl fmt::Display for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The text is not a base URL.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a base URL is http or https without query, such as https://{{host}}.test.expressplay.com")]
pub struct NotABaseUrl;

/// How patient a client is.
#[derive(Debug, Clone)]
pub struct Options {
    /// How long a call may take.
    pub timeout: Duration,
    /// How often a call that is safe to repeat is repeated.
    pub retries: u32,
    /// The shortest wait before a repetition; each next one is up to twice as long.
    pub min_wait: Duration,
    /// Addresses for host names that DNS need not know, for a simulator that plays the real ones.
    pub resolve: Vec<(String, SocketAddr)>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            timeout: Duration::from_secs(4),
            retries: 2,
            min_wait: Duration::from_millis(100),
            resolve: vec![],
        }
    }
}

/// How a token request carries its cookie (seed step 2: as a query string or as a header).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CookieCarrier {
    /// As the parameter `cookie`.
    Parameter,
    /// As the header `Cookie: cookie=…`.
    Header,
}

/// Why a call came to nothing.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// ExpressPlay said no.
    #[error("ExpressPlay refused with {code}: {message}")]
    Refused {
        /// Its code, such as -2018.
        code: i32,
        /// Its words.
        message: String,
    },
    /// No answer, or none in time, or 50x however often one asked.
    #[error("ExpressPlay cannot be reached: {0}")]
    Unreachable(String),
    /// An answer that makes no sense.
    #[error("ExpressPlay answered what is not in its API: {0}")]
    Unexpected(String),
}

/// A client of ExpressPlay. Clones share its connections.
#[derive(Debug, Clone)]
pub struct Client {
    base: BaseUrl,
    authenticator: CustomerAuthenticator,
    once: ClientWithMiddleware,
    repeating: ClientWithMiddleware,
    witness: Option<Arc<dyn Witness>>,
}

impl Client {
    /// A client with the usual patience.
    ///
    /// # Errors
    /// [`ClientError::Unexpected`] where TLS cannot be set up.
    pub fn new(base: BaseUrl, authenticator: CustomerAuthenticator) -> Result<Self, ClientError> {
        Self::with_options(base, authenticator, &Options::default())
    }

    /// A client as patient as you say.
    ///
    /// # Errors
    /// [`ClientError::Unexpected`] where TLS cannot be set up.
    pub fn with_options(
        base: BaseUrl,
        authenticator: CustomerAuthenticator,
        options: &Options,
    ) -> Result<Self, ClientError> {
        // An error means that a provider is installed already, which serves as well.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut builder = reqwest::Client::builder()
            .timeout(options.timeout)
            .connect_timeout(options.timeout)
            .redirect(reqwest::redirect::Policy::none());
        for (host, address) in &options.resolve {
            builder = builder.resolve(host, *address);
        }
        let http = builder
            .build()
            .map_err(|error| ClientError::Unexpected(error.to_string()))?;
        let policy = ExponentialBackoff::builder()
            .retry_bounds(options.min_wait, options.min_wait * 20)
            .jitter(Jitter::Bounded)
            .build_with_max_retries(options.retries);
        let retry = RetryTransientMiddleware::new_with_policy(policy);
        Ok(Self {
            base,
            authenticator,
            once: ClientWithMiddleware::from(http.clone()),
            repeating: reqwest_middleware::ClientBuilder::new(http)
                .with(retry)
                .with(Telling)
                .build(),
            witness: None,
        })
    }

    /// The same client, whose requests for tokens and records somebody is told of.
    #[must_use]
    pub fn witnessed_by(&self, witness: Arc<dyn Witness>) -> Self {
        Self {
            witness: Some(witness),
            ..self.clone()
        }
    }

    /// Where this client calls.
    #[must_use]
    pub const fn base(&self) -> &BaseUrl {
        &self.base
    }

    /// Asks for a token. Costs nothing until the token is redeemed (API section 2). Of MS3's
    /// compound URL this is the part that redeems; a Broadband token is no URL, and
    /// [`Client::generate_action_token`] asks for one.
    ///
    /// # Errors
    /// Any [`ClientError`].
    pub async fn generate_token(
        &self,
        request: &TokenRequest,
        carrier: CookieCarrier,
    ) -> Result<TokenUrl, ClientError> {
        let body = self.ask_for_token(request, carrier).await?;
        read_token(request.drm(), &body)
            .ok_or_else(|| ClientError::Unexpected("the answer holds no token URL".to_owned()))
    }

    /// Asks for a token of Marlin Broadband's.
    ///
    /// # Errors
    /// Any [`ClientError`].
    pub async fn generate_action_token(
        &self,
        common: Common,
        broadband: Broadband,
        carrier: CookieCarrier,
    ) -> Result<ActionToken, ClientError> {
        let rights = Rights::Broadband(broadband);
        let request = TokenRequest { common, rights };
        let body = self.ask_for_token(&request, carrier).await?;
        body.parse()
            .map_err(|error| ClientError::Unexpected(format!("{error}")))
    }

    async fn ask_for_token(
        &self,
        request: &TokenRequest,
        carrier: CookieCarrier,
    ) -> Result<String, ClientError> {
        let drm = request.drm();
        let mut form = request.to_form();
        form.push("customerAuthenticator", self.authenticator.reveal());
        form.push("errorFormat", "json");
        let url = format!("{}{}", self.base.of(drm.token_host()), drm.token_path());
        let mut call = self.repeating.post(url);
        if let (CookieCarrier::Header, Some(cookie)) = (carrier, &request.common.cookie) {
            form.remove("cookie");
            call = call.header(header::COOKIE, cookie_header(cookie)?);
        }
        let call = call
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(form.encode());
        let call = watched(call, self.witness.as_ref(), Call::Token(drm));
        text(send(call).await?).await
    }

    /// Retrieves records (seed step 4). The log may lag: an empty answer can fill up later.
    ///
    /// # Errors
    /// Any [`ClientError`].
    pub async fn records(&self, query: &RecordQuery) -> Result<Vec<Record>, ClientError> {
        let url = format!("{}{}", self.base.of("api"), query.path());
        let call = self
            .authenticated(self.repeating.get(url))
            .query(&query.to_pairs());
        let call = watched(call, self.witness.as_ref(), Call::Records);
        let answer: Records = json(send(call).await?).await?;
        Ok(answer.records)
    }

    /// Has ExpressPlay make a key and keep it, wrapped under `kek`. Not repeated by itself.
    ///
    /// # Errors
    /// Any [`ClientError`].
    pub async fn make_key(&self, kek: &KeyEncryptionKey) -> Result<StoredKey, ClientError> {
        let call = self.keys_call(self.once.post(self.keys_url(None)), Some(kek));
        json(send(call).await?).await
    }

    /// Has ExpressPlay keep a key. Not repeated by itself.
    ///
    /// # Errors
    /// Any [`ClientError`].
    pub async fn store_key(
        &self,
        key: &KeyToStore,
        kek: Option<&KeyEncryptionKey>,
    ) -> Result<StoredKey, ClientError> {
        let call = self
            .keys_call(self.once.post(self.keys_url(None)), kek)
            .json(key);
        json(send(call).await?).await
    }

    /// A kept key; with `kek`, in clear too.
    ///
    /// # Errors
    /// Any [`ClientError`]; -4019 where there is none.
    pub async fn key(
        &self,
        kid: &KeyId,
        kek: Option<&KeyEncryptionKey>,
    ) -> Result<StoredKey, ClientError> {
        let call = self.keys_call(self.repeating.get(self.keys_url(Some(kid))), kek);
        json(send(call).await?).await
    }

    /// Every kept key; with `kek`, in clear too.
    ///
    /// # Errors
    /// Any [`ClientError`].
    pub async fn keys(
        &self,
        kek: Option<&KeyEncryptionKey>,
    ) -> Result<Vec<StoredKey>, ClientError> {
        let call = self.keys_call(self.repeating.get(self.keys_url(None)), kek);
        json(send(call).await?).await
    }

    /// Has ExpressPlay forget a key.
    ///
    /// # Errors
    /// Any [`ClientError`]; -4019 where there is none.
    pub async fn delete_key(&self, kid: &KeyId) -> Result<(), ClientError> {
        let call = self.keys_call(self.repeating.delete(self.keys_url(Some(kid))), None);
        send(call).await.map(|_| ())
    }

    fn keys_url(&self, kid: Option<&KeyId>) -> String {
        let all = format!("{}{KEYS_PATH}", self.base.of("api"));
        match kid {
            None => all,
            // A named kid may hold anything.
            Some(kid) => format!("{all}/{}", percent_encoded(&kid.to_string())),
        }
    }

    fn keys_call(&self, call: RequestBuilder, kek: Option<&KeyEncryptionKey>) -> RequestBuilder {
        let call = self.authenticated(call);
        match kek {
            Some(kek) => call.query(&[("kek", kek.reveal_hex())]),
            None => call,
        }
    }

    fn authenticated(&self, call: RequestBuilder) -> RequestBuilder {
        call.query(&[("customerAuthenticator", self.authenticator.reveal())])
    }
}

fn cookie_header(cookie: &Cookie) -> Result<String, ClientError> {
    let text = cookie.as_str();
    // RFC 6265, 4.1.1: what may stand in a cookie's value.
    let fits = text
        .bytes()
        .all(|b| b.is_ascii_graphic() && !matches!(b, b'"' | b',' | b';' | b'\\'));
    if fits {
        Ok(format!("cookie={text}"))
    } else {
        Err(ClientError::Unexpected(
            "this cookie cannot travel as a header".to_owned(),
        ))
    }
}

async fn send(call: RequestBuilder) -> Result<Response, ClientError> {
    let response = call.send().await.map_err(unreachable)?;
    let status = response.status();
    if status.is_success() {
        return Ok(response);
    }
    if status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS {
        return Err(ClientError::Unreachable(format!("it answered {status}")));
    }
    let body = text(response).await?;
    Err(match read_refusal(&body) {
        Some(RefusalBody {
            error_code: code,
            error_message: message,
            ..
        }) => ClientError::Refused { code, message },
        None => ClientError::Unexpected(format!("status {status} without an error code")),
    })
}

fn unreachable(error: reqwest_middleware::Error) -> ClientError {
    match error {
        reqwest_middleware::Error::Reqwest(error) => {
            let kind = if error.is_timeout() {
                "it did not answer in time"
            } else {
                "no connection"
            };
            ClientError::Unreachable(format!("{kind} ({})", innermost(&error.without_url())))
        }
        // What a middleware says may quote the URL.
        reqwest_middleware::Error::Middleware(_) => {
            ClientError::Unreachable("no answer, however often asked".to_owned())
        }
    }
}

fn innermost(error: &dyn std::error::Error) -> String {
    let mut error = error;
    while let Some(source) = error.source() {
        error = source;
    }
    error.to_string()
}

async fn text(response: Response) -> Result<String, ClientError> {
    response
        .text()
        .await
        .map_err(|error| unreachable(error.into()))
}

async fn json<T: serde::de::DeserializeOwned>(response: Response) -> Result<T, ClientError> {
    // serde_json's message may quote the answer, which may hold a key: only the place is kept.
    serde_json::from_str(&text(response).await?).map_err(|error| {
        ClientError::Unexpected(format!(
            "JSON of another shape (line {}, column {})",
            error.line(),
            error.column()
        ))
    })
}

/// The refusal in an error's body. The real service's JSON has member names that are not public,
/// so a known code that stands by itself in the text will do: `-2018`, but not `2009-2018`.
fn read_refusal(body: &str) -> Option<RefusalBody> {
    if let Ok(refusal) = serde_json::from_str(body) {
        return Some(refusal);
    }
    body.match_indices('-').find_map(|(at, _)| {
        let alone_before = !body[..at].ends_with(|c: char| c.is_alphanumeric());
        let alone_after = !body
            .get(at + 5..)?
            .starts_with(|c: char| c.is_alphanumeric());
        let number = body.get(at..at + 5)?.parse().ok()?;
        let code = ErrorCode::from_number(number).filter(|_| alone_before && alone_after)?;
        Some(RefusalBody {
            error_code: number,
            error_message: code.text().to_owned(),
            ..RefusalBody::default()
        })
    })
}

fn read_token(drm: Drm, body: &str) -> Option<TokenUrl> {
    match drm {
        Drm::PlayReady => {
            let answer: PlayReadyToken = serde_json::from_str(body).ok()?;
            TokenUrl::new(&answer.license_acquisition_url, answer.token).ok()
        }
        Drm::Widevine | Drm::FairPlay => first_uri(body)?.parse().ok(),
        Drm::Ms3 => {
            let compound: CompoundUrl = first_uri(body)?.parse().ok()?;
            Some(compound.license().clone())
        }
        Drm::Broadband => None,
    }
}

/// The first of a `text/uri-list` (RFC 2483, section 5): lines that start with # are comments.
fn first_uri(list: &str) -> Option<&str> {
    let mut lines = list.lines().map(str::trim);
    lines.find(|line| !line.is_empty() && !line.starts_with('#'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_base_url_is_a_template_or_one_place_for_all() {
        let real: BaseUrl = "https://{host}.test.expressplay.com".parse().unwrap();
        assert!(real.is_template());
        assert_eq!(real.of("wv-gen"), "https://wv-gen.test.expressplay.com");
        let local: BaseUrl = "http://127.0.0.1:4000/".parse().unwrap();
        assert_eq!(local.of("api"), "http://127.0.0.1:4000");
        for wrong in [
            "",
            "127.0.0.1:4000",
            "ftp://x",
            "http://x/?a=b",
            "http://u@x",
            "{host}",
        ] {
            assert!(wrong.parse::<BaseUrl>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_refusal_is_found_in_json_of_ours_of_others_and_in_html() {
        let code = |body| read_refusal(body).map(|refusal| refusal.error_code);
        assert_eq!(
            code(r#"{"errorCode":-2018,"errorMessage":"x"}"#),
            Some(-2018)
        );
        assert_eq!(code(r#"{"error":{"code":"-2018"}}"#), Some(-2018));
        assert_eq!(
            code("<html><body>Error -4010: token</body></html>"),
            Some(-4010)
        );
        for none in [
            "<html>nothing-here</html>",
            "© 2009-2018 Example",
            "-40101",
            "-4001a",
            "-400",
        ] {
            assert_eq!(code(none), None, "{none}");
        }
    }

    #[test]
    fn only_a_cookie_that_fits_a_header_travels_as_one() {
        assert_eq!(
            cookie_header(&"abc".parse().unwrap()).unwrap(),
            "cookie=abc"
        );
        assert!(cookie_header(&"a;b".parse().unwrap()).is_err());
    }
}
