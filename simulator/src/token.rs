//! Token generation: `GET` or `POST /hms/{wv|pr|fp|ms3|bb}/token` (API section 2; seed steps 2 and
//! 5).

use axum::{
    Json,
    response::{IntoResponse, Response},
};
use expressplay::{
    CompoundUrl, ContentKey, Drm, ErrorCode, KeyId, Refusal, Token, TokenRequest, TokenUrl,
    token::{NotATokenUrl, PlayReadyToken},
    token_request::{Action as BroadbandAction, KeySource, Moment, Rights, RightsType},
};
use http::{header, uri::Authority};
use jiff::Timestamp;

use crate::{
    account::{AccountId, Settings},
    broadband,
    call::{Call, refuse},
    error::{ErrorFormat, Failure},
    key_wrap,
    seal::{Action, TokenContents, TokenKey},
    service::Service,
};

/// Where the real service redeems MS3's tokens.
const MS3_PORT: u16 = 8443;

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
        action: action_of(&request),
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
    let base = base_url(service, &call.host, drm, request.common.use_https);
    let answer =
        answer(&request, &base, token).map_err(|error| Failure::internal(&error, format))?;
    tracing::debug!(
        account = customer.authenticator.number(),
        %drm,
        cookie = contents.cookie.as_ref().map(tracing::field::display),
        device_id = contents.device_id.as_ref().map(tracing::field::display),
        "made a token"
    );
    Ok(answer)
}

/// What redeeming the token will do.
const fn action_of(request: &TokenRequest) -> Action {
    match &request.rights {
        Rights::Broadband(broadband) => match broadband.action {
            BroadbandAction::License(_) => Action::License,
            BroadbandAction::Registration => Action::Registration,
            BroadbandAction::Deregistration => Action::Deregistration,
        },
        _ => Action::License,
    }
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
    let Some(RightsType::Rental { period_end, .. }) = request.rights_type() else {
        return Ok(expires_at);
    };
    let ends = period_end.resolve(now);
    if ends < now {
        let (code, got) = (ErrorCode::RentalEndMissing, period_end.to_string());
        let refusal = Refusal::wrong(code, "rental.periodEndTime", &got);
        return Err(refusal.because("that time has passed"));
    }
    Ok(expires_at.min(ends))
}

/// -7002 and -6008: not every service has device binding. PlayReady's and Marlin's always do.
fn check_device_binding(settings: &Settings, request: &TokenRequest) -> Result<(), Refusal> {
    let drm = request.drm();
    let device_id = match request.common.device_id {
        Some(device_id) if settings.unbound_drms.contains(drm) => device_id.to_string(),
        _ => return Ok(()),
    };
    let code = match drm {
        Drm::Widevine => ErrorCode::WidevineDeviceBinding,
        Drm::FairPlay => ErrorCode::FairPlayDeviceBinding,
        Drm::PlayReady | Drm::Ms3 | Drm::Broadband => return Ok(()),
    };
    let refusal = Refusal::wrong(code, "deviceId", &device_id).because("leave deviceId out");
    Err(refusal.of_well_formed())
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
                    let why = format!("key storage has no key {kid}: give ek, or store it first");
                    refuse(Refusal::new(ErrorCode::KeyStorage, why).at("kek"))
                })?;
            key_wrap::unwrap_stored(kek, &ek).map_err(refuse)
        }
    }
}

/// Where the token is redeemed, without a path. A real host makes tokens at `wv-gen.` and redeems
/// them at `wv.`, and MS3's at port 8443.
pub(crate) fn base_url(service: &Service, host: &Authority, drm: Drm, use_https: bool) -> String {
    let base = match &service.public_url {
        Some(url) => url.trim_end_matches('/').to_owned(),
        None => format!("http://{}", redeeming_host(host, drm)),
    };
    match base.strip_prefix("http://") {
        Some(rest) if use_https => format!("https://{rest}"),
        _ => base,
    }
}

fn redeeming_host(host: &Authority, drm: Drm) -> String {
    let authority = host.as_str();
    let Some((label, rest)) = authority.split_once('.') else {
        return authority.to_owned();
    };
    // Some customers have a second service, `ms3-gen-2.`
    let token_host = drm.token_host();
    let is_one = label == token_host
        || label
            .strip_prefix(token_host)
            .and_then(|more| more.strip_prefix('-'))
            .is_some_and(|number| number.bytes().all(|b| b.is_ascii_digit()));
    if !is_one {
        return authority.to_owned();
    }
    match (drm, host.port()) {
        (Drm::Ms3, None) => format!("{drm}.{rest}:{MS3_PORT}"),
        _ => format!("{drm}.{rest}"),
    }
}

/// The token, as each DRM's clients expect it.
fn answer(request: &TokenRequest, base: &str, token: Token) -> Result<Response, NotATokenUrl> {
    let endpoint = format!("{base}{}", request.drm().license_path());
    let uri_list = |url: String| ([(header::CONTENT_TYPE, "text/uri-list")], url).into_response();
    Ok(match &request.rights {
        Rights::Widevine(_) | Rights::FairPlay(_) => {
            uri_list(TokenUrl::new(&endpoint, token)?.reveal())
        }
        Rights::PlayReady(_) => Json(PlayReadyToken {
            license_acquisition_url: endpoint,
            token,
        })
        .into_response(),
        Rights::Ms3(ms3) => {
            let license = TokenUrl::of_ms3(&endpoint, token)?;
            uri_list(CompoundUrl::new(license, ms3.scheme, ms3.content_url.clone()).reveal())
        }
        Rights::Broadband(_) => {
            let use_https = request.common.use_https;
            let action_token = broadband::action_token(base, use_https, action_of(request), token);
            (
                [(header::CONTENT_TYPE, broadband::ACTION_TOKEN_TYPE)],
                action_token.reveal(),
            )
                .into_response()
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_redeemed_at_the_hosts_own_counterpart() {
        let redeeming =
            |host: &'static str, drm| redeeming_host(&Authority::from_static(host), drm);
        for (host, drm, expected) in [
            (
                "wv-gen.test.expressplay.com",
                Drm::Widevine,
                "wv.test.expressplay.com",
            ),
            (
                "ms3-gen.test.expressplay.com",
                Drm::Ms3,
                "ms3.test.expressplay.com:8443",
            ),
            (
                "ms3-gen-2.test.expressplay.com",
                Drm::Ms3,
                "ms3.test.expressplay.com:8443",
            ),
            (
                "ms3-gen.test.expressplay.com:4000",
                Drm::Ms3,
                "ms3.test.expressplay.com:4000",
            ),
            (
                "bb-gen.service.expressplay.cn",
                Drm::Broadband,
                "bb.service.expressplay.cn",
            ),
            (
                "wv-gen.test.expressplay.com",
                Drm::Ms3,
                "wv-gen.test.expressplay.com",
            ),
            ("127.0.0.1:4000", Drm::Widevine, "127.0.0.1:4000"),
            ("localhost", Drm::Ms3, "localhost"),
        ] {
            assert_eq!(redeeming(host, drm), expected, "{host}");
        }
    }
}
