//! Token generation: `GET` or `POST /hms/{wv|pr|fp}/token` (API section 2; seed steps 2 and 5).

use axum::{
    Json,
    response::{IntoResponse, Response},
};
use expressplay::{
    ContentKey, Drm, ErrorCode, KeyId, Refusal, TokenRequest, TokenUrl,
    token::PlayReadyToken,
    token_request::{KeySource, Moment, PlayReady, Rights, RightsType},
};
use http::{header, uri::Authority};
use jiff::Timestamp;

use crate::{
    account::{AccountId, Settings},
    call::{Call, refuse},
    error::{ErrorFormat, Failure},
    key_wrap,
    seal::{TokenContents, TokenKey},
    service::Service,
};

/// Makes a token.
pub(crate) async fn generate(
    service: &Service,
    drm: Drm,
    call: &Call,
) -> Result<Response, Failure> {
    let (customer, format) = call.enter(service, ErrorFormat::Html)?;
    let refuse = refuse(format);
    let settings = customer.settings();
    settings.check_drm(drm).map_err(&refuse)?;
    let form = call.with_cookie_header();
    let request = TokenRequest::from_form(drm, &form, settings.strictness).map_err(&refuse)?;
    let now = customer.sandbox.clock.now();
    let expires_at = Moment::token_end(request.common.expiration, now).map_err(&refuse)?;
    let expires_at = within_rental(&request, expires_at, now).map_err(&refuse)?;
    check_device_binding(&settings, &request).map_err(&refuse)?;

    let mut keys = Vec::new();
    for (kid, source) in request.keys() {
        let key = content_key(service, customer.id, kid, source, format).await?;
        keys.push(TokenKey {
            kid: kid.cloned(),
            key,
        });
    }
    let contents = TokenContents {
        account: customer.id,
        drm,
        made_at: now,
        expires_at,
        cookie: request.common.cookie.clone(),
        device_id: request.common.device_id,
        content_id: request.content_id().map(str::to_owned),
        keys,
    };
    let token = service
        .sealer
        .seal(&contents, &customer.sandbox.entropy)
        .map_err(&refuse)?;
    let endpoint = license_endpoint(service, &call.host, drm, request.common.use_https);
    let url = TokenUrl::new(&endpoint, token).map_err(|error| Failure::internal(&error, format))?;
    tracing::debug!(
        account = customer.authenticator.number(),
        %drm,
        cookie = contents.cookie.as_ref().map(tracing::field::display),
        device_id = contents.device_id.as_ref().map(tracing::field::display),
        "made a token"
    );
    Ok(answer(drm, &url))
}

/// A rental cannot be started after its period, so its token does not outlive the period.
///
/// # Errors
/// -2022 where the period has ended already.
fn within_rental(
    request: &TokenRequest,
    expires_at: Timestamp,
    now: Timestamp,
) -> Result<Timestamp, Refusal> {
    let Rights::PlayReady(PlayReady {
        rights: RightsType::Rental { period_end, .. },
        ..
    }) = &request.rights
    else {
        return Ok(expires_at);
    };
    let period_end = period_end.resolve(now);
    if period_end < now {
        return Err(Refusal::new(
            ErrorCode::RentalEndMissing,
            "rental.periodEndTime is in the past",
        ));
    }
    Ok(expires_at.min(period_end))
}

/// -7002 and -6008: not every service has device binding. PlayReady's always does.
fn check_device_binding(settings: &Settings, request: &TokenRequest) -> Result<(), Refusal> {
    let drm = request.drm();
    if request.common.device_id.is_none() || !settings.unbound_drms.contains(drm) {
        return Ok(());
    }
    match drm {
        Drm::Widevine => Err(ErrorCode::WidevineDeviceBinding.into()),
        Drm::FairPlay => Err(ErrorCode::FairPlayDeviceBinding.into()),
        Drm::PlayReady => Ok(()),
    }
}

async fn content_key(
    service: &Service,
    account: AccountId,
    kid: Option<&KeyId>,
    source: &KeySource,
    format: ErrorFormat,
) -> Result<ContentKey, Failure> {
    let refuse = refuse(format);
    match source {
        KeySource::Clear(key) => Ok(key.clone()),
        KeySource::Wrapped { kek, ek } => key_wrap::unwrap(kek, ek).map_err(refuse),
        KeySource::Stored { kek } => {
            let kid = kid.ok_or_else(|| refuse(ErrorCode::KidMissing.into()))?;
            let ek = service
                .wrapped_key(account, kid)
                .await
                .map_err(|error| Failure::internal(&error, format))?
                .ok_or_else(|| {
                    refuse(Refusal::new(
                        ErrorCode::KeyStorage,
                        format!("key storage has no key {kid}; give ek, or store it first"),
                    ))
                })?;
            key_wrap::unwrap(kek, &ek).map_err(refuse)
        }
    }
}

/// Where the token is redeemed. A real host makes tokens at `wv-gen.` and redeems them at `wv.`.
fn license_endpoint(service: &Service, host: &Authority, drm: Drm, use_https: bool) -> String {
    let own;
    let base = match &service.public_url {
        Some(url) => url.as_str(),
        None => {
            let authority = host.as_str();
            let redeeming = authority
                .strip_prefix(drm.token_host())
                .filter(|rest| rest.starts_with('.'))
                .map(|rest| format!("{drm}{rest}"));
            own = format!("http://{}", redeeming.as_deref().unwrap_or(authority));
            &own
        }
    };
    let base = base.trim_end_matches('/');
    let path = drm.license_path();
    match base.strip_prefix("http://") {
        Some(rest) if use_https => format!("https://{rest}{path}"),
        _ => format!("{base}{path}"),
    }
}

fn answer(drm: Drm, url: &TokenUrl) -> Response {
    match drm {
        Drm::PlayReady => Json(PlayReadyToken {
            license_acquisition_url: url.endpoint().to_owned(),
            token: url.token().clone(),
        })
        .into_response(),
        Drm::Widevine | Drm::FairPlay => {
            ([(header::CONTENT_TYPE, "text/uri-list")], url.reveal()).into_response()
        }
    }
}
