//! What every call is made of: its parameters, its host, its cookie header.

use std::{
    borrow::Cow,
    mem,
    sync::{Arc, OnceLock},
};

use axum::{
    body::Bytes,
    extract::{FromRequest, FromRequestParts, Path, Request},
    response::{IntoResponse, Response},
};
use expressplay::{ErrorCode, Refusal, key_storage::KEYS_PATH, token_request::Form};
use http::{HeaderMap, Method, StatusCode, header, uri::Authority};

use crate::{
    account::{AUTHENTICATOR, disabled},
    error::{ErrorFormat, Failure},
    sandbox::Customer,
    service::{MAX_BODY, Service},
};

/// A back-end call: query and form body as one list of parameters, the query's first.
pub(crate) struct Call {
    pub(crate) method: Method,
    pub(crate) path: String,
    /// The kid in the path, where the call has one.
    pub(crate) kid: Option<String>,
    pub(crate) parameters: Form,
    /// How many of them stand in the query.
    in_query: usize,
    pub(crate) host: Authority,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    /// Whose it is, once somebody has asked.
    customer: OnceLock<Result<Arc<Customer>, Refusal>>,
}

impl FromRequest<Service> for Call {
    type Rejection = Response;

    async fn from_request(request: Request, service: &Service) -> Result<Self, Response> {
        let (mut parts, body) = request.into_parts();
        let kid = match parts.uri.path().strip_prefix(KEYS_PATH) {
            Some(rest) if !rest.is_empty() => {
                Path::<String>::from_request_parts(&mut parts, service)
                    .await
                    .ok()
            }
            _ => None,
        };
        let (method, uri) = (parts.method.clone(), parts.uri.clone());
        let headers = mem::take(&mut parts.headers);
        let body = Bytes::from_request(Request::from_parts(parts, body), service)
            .await
            .map_err(|rejection| body_refusal(rejection.status()))?;
        let mut parameters = Form::parse(uri.query().unwrap_or_default().as_bytes());
        let in_query = parameters.pairs().len();
        let is_form = headers
            .get(header::CONTENT_TYPE)
            .and_then(|value| value.to_str().ok())
            .is_some_and(is_form_type);
        if is_form {
            parameters.extend(Form::parse(&body));
        }
        let host = host(&headers)
            .or_else(|| uri.authority().cloned())
            .ok_or_else(|| (StatusCode::BAD_REQUEST, "a request needs a Host").into_response())?;
        Ok(Self {
            method,
            path: uri.path().to_owned(),
            kid: kid.map(|Path(kid)| kid),
            parameters,
            in_query,
            host,
            headers,
            body,
            customer: OnceLock::new(),
        })
    }
}

/// A form's media type, in any case (RFC 9110, 8.3.1), with parameters or without.
fn is_form_type(value: &str) -> bool {
    let media_type = value.split(';').next().unwrap_or_default().trim();
    media_type.eq_ignore_ascii_case("application/x-www-form-urlencoded")
}

/// Why a body was not read.
fn body_refusal(status: StatusCode) -> Response {
    let why = if status == StatusCode::PAYLOAD_TOO_LARGE {
        format!("a request has {MAX_BODY} bytes at most\n")
    } else {
        "the request's body did not arrive\n".to_owned()
    };
    (status, why).into_response()
}

impl Call {
    /// Checks the authenticator, then the error format, then whether the account is disabled:
    /// the first things that can be wrong. Gives the account and the format for everything that
    /// can be wrong after them.
    pub(crate) fn enter(
        &self,
        service: &Service,
        default: ErrorFormat,
    ) -> Result<(Arc<Customer>, ErrorFormat), Failure> {
        let format = ErrorFormat::read(self.parameters.get("errorFormat"), default);
        // An unknown format is reported in html, which is what one gets without asking.
        let usable = format.as_ref().copied().unwrap_or(ErrorFormat::Html);
        let customer = self
            .customer(service)
            .map_err(|refusal| Failure::of_call(refusal, usable))?;
        let format = format.map_err(|refusal| Failure::of_call(refusal, usable))?;
        if customer.sandbox.is_dropped() {
            // A fault made the call wait for longer than its account was there.
            return Err(Failure::of_call(dropped(), format));
        }
        if customer.settings().disabled {
            return Err(Failure::of_call(disabled().at(AUTHENTICATOR), format));
        }
        Ok((customer, format))
    }

    /// The account whose authenticator it carries; looked up once.
    ///
    /// # Errors
    /// See [`crate::sandbox::Sandboxes::authenticate`].
    pub(crate) fn customer(&self, service: &Service) -> Result<Arc<Customer>, Refusal> {
        let authenticate = || {
            let authenticator = self.parameters.get("customerAuthenticator");
            service.sandboxes.authenticate(authenticator, &self.host)
        };
        self.customer.get_or_init(authenticate).clone()
    }

    /// The names of the parameters in the query.
    pub(crate) fn names_in_query(&self) -> impl Iterator<Item = &str> {
        self.parameters.names().take(self.in_query)
    }

    /// The parameters, with the cookie from the `Cookie` header where no parameter gives it.
    pub(crate) fn with_cookie_header(&self) -> Cow<'_, Form> {
        if self.parameters.get("cookie").is_none()
            && let Some(cookie) = cookie_header(&self.headers)
        {
            let mut form = self.parameters.clone();
            form.push("cookie", cookie);
            return Cow::Owned(form);
        }
        Cow::Borrowed(&self.parameters)
    }
}

/// The request's `Host`, if it is one.
pub(crate) fn host(headers: &HeaderMap) -> Option<Authority> {
    headers.get(header::HOST)?.to_str().ok()?.parse().ok()
}

/// `Cookie: cookie=<v>`, among others or alone, or a bare value.
fn cookie_header(headers: &HeaderMap) -> Option<String> {
    let values: Vec<&str> = headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .collect();
    let pairs = || {
        values
            .iter()
            .flat_map(|value| value.split(';'))
            .map(str::trim)
    };
    pairs()
        .find_map(|pair| pair.strip_prefix("cookie="))
        .or_else(|| pairs().find(|pair| !pair.is_empty() && !pair.contains('=')))
        .map(str::to_owned)
}

/// Why a call comes to nothing whose account went while it was under way.
pub(crate) fn dropped() -> Refusal {
    let why = "the account's sandbox was dropped meanwhile";
    Refusal::new(ErrorCode::AuthenticatorInvalid, why)
        .at(AUTHENTICATOR)
        .of_well_formed()
}

/// Makes a refusal of this call answerable.
pub(crate) fn refuse(format: ErrorFormat) -> impl Fn(Refusal) -> Failure {
    move |refusal| Failure::of_call(refusal, format)
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn a_form_is_one_in_any_case() {
        assert!(is_form_type(
            "Application/X-WWW-Form-URLEncoded; charset=utf-8"
        ));
        assert!(!is_form_type("application/json"));
    }

    #[test]
    fn the_cookie_is_found_by_its_name_or_bare() {
        let found = |value: &'static str| {
            let headers = HeaderMap::from_iter([(header::COOKIE, HeaderValue::from_static(value))]);
            cookie_header(&headers)
        };
        assert_eq!(found("cookie=abc").as_deref(), Some("abc"));
        assert_eq!(
            found("session=1; cookie=abc; theme=dark").as_deref(),
            Some("abc")
        );
        assert_eq!(found("abc").as_deref(), Some("abc"));
        assert_eq!(found("session=1"), None);
        assert_eq!(cookie_header(&HeaderMap::new()), None);
    }
}
