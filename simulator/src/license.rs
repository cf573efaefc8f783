//! Licence redemption: `POST` of a licence request to a token URL (API section 3; seed steps 3
//! and 7).

use std::{borrow::Cow, net::SocketAddr, sync::Arc};

use axum::{
    Json,
    response::{IntoResponse, Response},
};
use expressplay::{
    Cookie, DeviceId, Drm, ErrorCode, KeyId, License, Refusal, Token,
    challenge::{ClearKeyRequest, KidBytes, LicenseChallenge, TokenHash},
    license::LicenseKey,
    token::{MS3_PARAMETER, TOKEN_PARAMETER},
};
use http::{HeaderMap, header};

use crate::{
    account::{Environment, Settings, disabled},
    call::Call,
    device::{self, Asker, Mark},
    error::{ErrorFormat, Failure},
    journal::Challenge,
    log::{Draft, Outcome},
    sandbox::Customer,
    seal::{Action, TokenContents, TokenKey},
    service::Service,
};

/// A licence request, read once. What cannot be read is a refusal in its turn.
pub(crate) struct Request {
    /// What the token came in.
    carrier: &'static str,
    token: Result<(Token, TokenContents), Refusal>,
    challenge: Result<LicenseChallenge, Refusal>,
}

impl Request {
    /// Reads the token and the challenge of a call.
    pub(crate) fn read(service: &Service, drm: Drm, call: &Call) -> Self {
        let (carrier, text) = token_of(drm, call);
        let token = text.parse().and_then(|token: Token| {
            let contents = service.sealer.open(&token)?;
            Ok((token, contents))
        });
        Self {
            carrier,
            token,
            challenge: challenge_of(call),
        }
    }

    /// What the token says.
    pub(crate) fn contents(&self) -> Option<&TokenContents> {
        self.token.as_ref().ok().map(|(_, contents)| contents)
    }

    /// The token's cookie.
    pub(crate) fn cookie(&self) -> Option<Cookie> {
        self.contents()?.cookie.clone()
    }

    /// The token's name, where it opens.
    pub(crate) fn token(&self) -> Option<TokenHash> {
        let (token, _) = self.token.as_ref().ok()?;
        Some(TokenHash(token.hash()))
    }

    /// What the challenge asks for, where it can be read.
    pub(crate) fn challenge(&self) -> Option<Challenge> {
        self.challenge.as_ref().ok().map(Challenge::from)
    }

    /// Who asks, by the challenge's own word.
    pub(crate) fn device(&self) -> Option<DeviceId> {
        match self.challenge.as_ref().ok()? {
            LicenseChallenge::Signed(signed) => signed.jwk.device_id().ok(),
            LicenseChallenge::Plain(plain) => plain.device_id,
        }
    }
}

/// Redeems a token. The customer is the token's, where there is one.
pub(crate) async fn redeem(
    service: &Service,
    drm: Drm,
    from: SocketAddr,
    call: &Call,
    customer: Option<&Customer>,
    Request {
        carrier,
        token,
        challenge,
    }: &Request,
) -> Result<Response, Failure> {
    let format = ErrorFormat::read(call.parameters.get("errorFormat"), ErrorFormat::Json)
        .map_err(|refusal| Failure::of_license(refusal, ErrorFormat::Html))?;
    let refuse = |refusal: Refusal| {
        let refusal = match refusal.parameter.as_deref() {
            Some(TOKEN_PARAMETER) => refusal.at(*carrier),
            _ => refusal,
        };
        Failure::of_license(refusal, format)
    };

    // A token that does not open has no account, so its refusal leaves no record; nor does one of
    // an account that is no longer here.
    let (token, contents) = token.as_ref().map_err(|refusal| refuse(refusal.clone()))?;
    let nobodys = || refuse(invalid("the token's account is not served here"));
    let customer = customer.ok_or_else(nobodys)?;

    let Judgement {
        asker,
        mark,
        verdict,
    } = judge(customer, drm, call, token, contents, challenge.as_ref());
    let asked = challenge
        .as_ref()
        .map_or(&[][..], |challenge| &challenge.request().kids);
    let draft = Draft {
        account: contents.account,
        sandbox: Arc::clone(&customer.sandbox),
        uses_credit: contents.action == Action::License && customer.settings().credits.is_some(),
        action: contents.action,
        event_time: customer.sandbox.clock.now(),
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
    let outcome = service
        .log
        .append(draft, mark)
        .await
        .map_err(|error| Failure::internal(&error, format))?;
    let license = match outcome {
        Outcome::AsDrafted => verdict.map_err(refuse)?,
        Outcome::Replayed => return Err(refuse(device::replayed())),
        Outcome::NoCredits => {
            let why = "every licence that the account had is used up";
            let refusal = Refusal::new(ErrorCode::InsufficientTokens, why).at(TOKEN_PARAMETER);
            return Err(refuse(refusal.of_well_formed()));
        }
        Outcome::Dropped => return Err(nobodys()),
    };
    tracing::debug!(
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

/// The checks, in their order: token, account, challenge, kids, device restriction. Credits come
/// last, in the record's own commit.
fn judge(
    customer: &Customer,
    drm: Drm,
    call: &Call,
    token: &Token,
    contents: &TokenContents,
    challenge: Result<&LicenseChallenge, &Refusal>,
) -> Judgement {
    // Looked at whatever the token is worth, since the record names who asked.
    let proof = challenge
        .map_err(Clone::clone)
        .and_then(|challenge| Asker::of(challenge, token, customer.sandbox.clock.real()));
    let asker = proof.as_ref().ok().and_then(Asker::device_id);

    let admitted = check_token(customer, drm, call, contents)
        .and_then(|()| check_account(&customer.settings(), drm));
    let mark = match (&admitted, &proof) {
        (Ok(()), Ok(Asker::Proved { mark, .. })) => Some(*mark),
        _ => None,
    };
    let verdict = admitted.and_then(|()| {
        let asker = proof?;
        asker.check_allowed(&customer.settings())?;
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

/// -4010 for a token that has expired, or is of another DRM or environment.
fn check_token(
    customer: &Customer,
    drm: Drm,
    call: &Call,
    contents: &TokenContents,
) -> Result<(), Refusal> {
    if contents.has_expired(customer.sandbox.clock.now()) {
        return Err(invalid(format!(
            "the token expired at {}",
            contents.expires_at
        )));
    }
    if contents.drm != drm {
        let why = format!("the token is for {}, and this is {drm}", contents.drm);
        return Err(invalid(why));
    }
    match Environment::of_host(call.host.host()) {
        Some(host) if host != customer.environment => Err(invalid(format!(
            "the token belongs to {}, and the host to {host}",
            customer.environment
        ))),
        _ => Ok(()),
    }
}

/// -2031 for an account that is disabled; -7011, -5002 or -6009 for one without the DRM.
fn check_account(settings: &Settings, drm: Drm) -> Result<(), Refusal> {
    if settings.disabled {
        return Err(disabled().at(TOKEN_PARAMETER));
    }
    let refused = settings.check_drm(drm);
    refused.map_err(|refusal| refusal.at(TOKEN_PARAMETER))
}

/// A licence for the kids that are asked for and that the token has. A token that registers a
/// device has none, and its licence is empty.
///
/// # Errors
/// -4022 where it has none of them.
fn grant(contents: &TokenContents, request: &ClearKeyRequest) -> Result<License, Refusal> {
    let mut keys: Vec<LicenseKey> = Vec::new();
    if contents.action != Action::License {
        return Ok(License {
            keys,
            session: request.session,
        });
    }
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
        let why = match request.kids.len() {
            0 => "the challenge asks for no kid".to_owned(),
            1 => "the token has not the kid that the challenge asks for".to_owned(),
            asked => format!("the token has none of the {asked} kids that the challenge asks for"),
        };
        return Err(Refusal::new(ErrorCode::KidInvalid, why).at("kids"));
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

/// The token from the URL, where MS3 has a name of its own for it, or else from the header; and what
/// it came in.
fn token_of(drm: Drm, call: &Call) -> (&'static str, &str) {
    let in_url = |name| Some((name, call.parameters.get(name)?));
    in_url(TOKEN_PARAMETER)
        .or_else(|| in_url(MS3_PARAMETER).filter(|_| drm == Drm::Ms3))
        .unwrap_or_else(|| {
            let header = text_header(&call.headers, TOKEN_PARAMETER);
            (TOKEN_PARAMETER, header.unwrap_or_default())
        })
}

/// -4010 of a token that is one.
fn invalid(why: impl Into<Cow<'static, str>>) -> Refusal {
    Refusal::new(ErrorCode::InvalidToken, why).at(TOKEN_PARAMETER)
}

fn challenge_of(call: &Call) -> Result<LicenseChallenge, Refusal> {
    let content_type = text_header(&call.headers, header::CONTENT_TYPE.as_str());
    LicenseChallenge::parse(content_type.unwrap_or_default(), &call.body)
}

fn text_header<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

#[cfg(test)]
mod tests {
    use expressplay::ContentKey;

    use super::*;

    #[test]
    fn a_kid_is_on_record_as_the_token_names_it() {
        let kids = [KeyId::Bytes([1; 16]), KeyId::Name("reel".to_owned())];
        let keys = kids.clone().map(|kid| TokenKey {
            kid: Some(kid),
            key: ContentKey::from_bytes([2; 16]),
        });
        for kid in kids {
            assert_eq!(named(&keys, KidBytes(kid.clear_key_bytes())), kid);
        }
        assert_eq!(named(&keys, KidBytes([9; 16])), KeyId::Bytes([9; 16]));
    }
}
