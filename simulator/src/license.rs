//! Licence redemption: `POST` of a licence request to a token URL (API section 3; seed steps 3
//! and 7).

use std::net::SocketAddr;

use axum::{
    Json,
    extract::{ConnectInfo, State},
    response::{IntoResponse, Response},
};
use expressplay::{
    DeviceId, Drm, ErrorCode, KeyId, License, Refusal, Token,
    challenge::{ClearKeyRequest, KidBytes, LicenseChallenge},
    license::LicenseKey,
    token::TOKEN_PARAMETER,
};
use http::{HeaderMap, header};

use crate::{
    account::{Account, Environment},
    call::Call,
    device::{self, Asker, Mark},
    error::{ErrorFormat, Failure},
    log::Draft,
    seal::{TokenContents, TokenKey},
    service::Service,
};

/// `/hms/wv/rights/`.
pub(crate) async fn widevine(
    State(it): State<Service>,
    ConnectInfo(from): ConnectInfo<SocketAddr>,
    call: Call,
) -> Result<Response, Failure> {
    redeem(&it, Drm::Widevine, from, &call).await
}

/// `/playready/RightsManager.asmx`.
pub(crate) async fn playready(
    State(it): State<Service>,
    ConnectInfo(from): ConnectInfo<SocketAddr>,
    call: Call,
) -> Result<Response, Failure> {
    redeem(&it, Drm::PlayReady, from, &call).await
}

/// `/hms/fp/rights/`.
pub(crate) async fn fairplay(
    State(it): State<Service>,
    ConnectInfo(from): ConnectInfo<SocketAddr>,
    call: Call,
) -> Result<Response, Failure> {
    redeem(&it, Drm::FairPlay, from, &call).await
}

async fn redeem(
    service: &Service,
    drm: Drm,
    from: SocketAddr,
    call: &Call,
) -> Result<Response, Failure> {
    let format = ErrorFormat::read(call.parameters.get("errorFormat"), ErrorFormat::Json)
        .map_err(|refusal| Failure::of_license(refusal, ErrorFormat::Html))?;
    let refuse = |refusal| Failure::of_license(refusal, format);

    // A token that does not open has no account, so its refusal leaves no record.
    let token = token_of(call).map_err(refuse)?;
    let contents = service.sealer.open(&token).map_err(refuse)?;

    let challenge = challenge_of(call);
    let Judgement {
        asker,
        mark,
        verdict,
    } = judge(service, drm, call, &token, &contents, challenge.as_ref());
    let asked = challenge
        .as_ref()
        .map_or(&[][..], |challenge| &challenge.request().kids);
    let draft = Draft {
        account: contents.account,
        event_time: service.clock.now(),
        drm,
        cookie: contents.cookie.clone(),
        device_id: asker,
        content_id: contents.content_id.clone(),
        kids: match &verdict {
            Ok(license) => license
                .keys
                .iter()
                .map(|key| named(&contents.keys, key.kid))
                .collect(),
            Err(_) => asked
                .iter()
                .map(|kid| named(&contents.keys, *kid))
                .collect(),
        },
        refused: verdict.as_ref().err().map(|refusal| refusal.code),
        from,
    };
    // Durable before it is answered: after this line the record survives a power cut.
    let fresh = service
        .log
        .append(draft, mark)
        .await
        .map_err(|error| Failure::internal(&error, format))?;
    if !fresh {
        return Err(refuse(device::replayed()));
    }
    let license = verdict.map_err(refuse)?;
    tracing::info!(
        %drm,
        cookie = contents.cookie.as_ref().map(tracing::field::display),
        keys = license.keys.len(),
        "issued a licence"
    );
    Ok(([(header::CACHE_CONTROL, "no-store")], Json(license)).into_response())
}

/// What a redemption comes to.
struct Judgement {
    /// Who asked: proved by a signature, or claimed by a plain challenge.
    asker: Option<DeviceId>,
    /// What the challenge uses up, if it came as far as being looked at.
    mark: Option<Mark>,
    verdict: Result<License, Refusal>,
}

/// The checks, in their order: token, account, challenge, kids, device restriction.
fn judge(
    service: &Service,
    drm: Drm,
    call: &Call,
    token: &Token,
    contents: &TokenContents,
    challenge: Result<&LicenseChallenge, &Refusal>,
) -> Judgement {
    let account = check_account(service, call, contents);
    // Looked at whatever the token is worth, since the record names who asked.
    let proof = challenge
        .map_err(Clone::clone)
        .and_then(|challenge| Asker::of(challenge, token, service.clock.real()));
    let asker = proof.as_ref().ok().and_then(Asker::device_id);

    let admitted = check_token(service, drm, contents).and(account);
    let mark = match (&admitted, &proof) {
        (Ok(_), Ok(Asker::Proved { mark, .. })) => Some(mark.clone()),
        _ => None,
    };
    let verdict = admitted.and_then(|account| {
        let asker = proof?;
        asker.check_allowed(&account.settings)?;
        let license = grant(contents, challenge.map_err(Clone::clone)?.request())?;
        device::cross_check(contents.device_id, &asker)?;
        Ok(license)
    });
    Judgement {
        asker,
        mark,
        verdict,
    }
}

fn check_token(service: &Service, drm: Drm, contents: &TokenContents) -> Result<(), Refusal> {
    if service.clock.now() > contents.expires_at {
        return Err(Refusal::new(
            ErrorCode::InvalidToken,
            format!("the token expired at {}", contents.expires_at),
        ));
    }
    if contents.drm != drm {
        return Err(Refusal::new(
            ErrorCode::InvalidToken,
            format!("the token is for {}, and this is {drm}", contents.drm),
        ));
    }
    Ok(())
}

fn check_account<'s>(
    service: &'s Service,
    call: &Call,
    contents: &TokenContents,
) -> Result<&'s Account, Refusal> {
    let account = service.accounts.get(contents.account).ok_or_else(|| {
        Refusal::new(
            ErrorCode::InvalidToken,
            "the token's account is not served here",
        )
    })?;
    match Environment::of_host(call.host.host()) {
        Some(host) if host != account.environment => Err(Refusal::new(
            ErrorCode::InvalidToken,
            format!(
                "the token belongs to {}, and the host to {host}",
                account.environment
            ),
        )),
        _ => Ok(account),
    }
}

/// A licence for the kids that are asked for and that the token has.
///
/// # Errors
/// -4022 where it has none of them.
fn grant(contents: &TokenContents, request: &ClearKeyRequest) -> Result<License, Refusal> {
    let mut keys: Vec<LicenseKey> = Vec::new();
    for asked in &request.kids {
        let found = contents.keys.iter().find(|key| match &key.kid {
            Some(kid) => kid.clear_key_bytes() == asked.0,
            // Any one kid: the first that is asked for.
            None => keys.is_empty(),
        });
        if let Some(TokenKey { key, .. }) = found
            && !keys.iter().any(|known| known.kid == *asked)
        {
            keys.push(LicenseKey {
                kid: *asked,
                key: key.clone(),
            });
        }
    }
    if keys.is_empty() {
        return Err(Refusal::new(
            ErrorCode::KidInvalid,
            format!(
                "the token has none of the {} kids asked for",
                request.kids.len()
            ),
        ));
    }
    Ok(License {
        keys,
        session: request.session,
    })
}

/// The kid as the token names it.
fn named(keys: &[TokenKey], bytes: KidBytes) -> KeyId {
    keys.iter()
        .filter_map(|key| key.kid.as_ref())
        .find(|kid| kid.clear_key_bytes() == bytes.0)
        .cloned()
        .unwrap_or(KeyId::Bytes(bytes.0))
}

/// The token from the URL, or else from the header of the same name.
fn token_of(call: &Call) -> Result<Token, Refusal> {
    let header = || text_header(&call.headers, TOKEN_PARAMETER);
    call.parameters
        .get(TOKEN_PARAMETER)
        .or_else(header)
        .unwrap_or_default()
        .parse()
}

fn challenge_of(call: &Call) -> Result<LicenseChallenge, Refusal> {
    let content_type = text_header(&call.headers, header::CONTENT_TYPE.as_str());
    LicenseChallenge::parse(content_type.unwrap_or_default(), &call.body)
}

fn text_header<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}
