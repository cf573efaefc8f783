//! The attempts themselves. Each sends a real request, and tells the shop of it, as a player does.

use expressplay::{
    ClearKeyRequest, DeviceId, RefusalBody, Token, TokenUrl,
    challenge::{PLAIN_TYPE, PlainChallenge, SIGNED_TYPE, SessionType, TokenHash},
    token::TOKEN_PARAMETER,
    trace_context::{SpanId, TRACEPARENT, TraceId, TraceParent},
};
use uuid::Uuid;

use super::{
    Attempt, Prepared,
    outcome::{Answer, Outcome, Says, Sent, kids},
    token::with_a_changed_byte,
};
use crate::{
    cdm::{CdmError, DeviceKey, claims, random},
    fetch::post,
    json::{Json, written},
    player::{PlayError, now},
    problem::Problem,
    shop::{self, PLAYING, Playing, prepare_attempt, report_license},
    workflow::{LicenseReport, Value, report::ChallengeReport},
};

/// Makes an attempt on a purchase.
///
/// # Errors
/// [`PlayError`] where it could not be made: what it comes to is no error.
pub(crate) async fn attempt(attempt: Attempt, order: Uuid) -> Result<Outcome, PlayError> {
    match prepare_attempt(attempt, order).await? {
        Prepared::Order { number, trace } => others_order(attempt, number, trace).await,
        Prepared::Token {
            token_url,
            kids,
            device_id,
            trace,
        } => {
            let handed: TokenUrl =
                token_url
                    .parse()
                    .map_err(|error: expressplay::token::NotATokenUrl| {
                        CdmError::Request(error.to_string())
                    })?;
            let request = ClearKeyRequest {
                kids,
                session: SessionType::Temporary,
            };
            let forged = forge(attempt, handed, request, device_id).await?;
            let first = match attempt {
                Attempt::Replay => Some(forged.send(trace).await?.0),
                _ => None,
            };
            let (answer, millis) = forged.send(trace).await?;
            Ok(Outcome {
                attempt,
                sent: forged.shown(),
                first,
                answer,
                millis,
                trace,
            })
        }
    }
}

/// A licence request, as honest as its attempt.
struct Forged {
    url: TokenUrl,
    body: String,
    content_type: &'static str,
    /// What it says of itself, for the shop.
    challenge: Option<ChallengeReport>,
    plain: Option<PlainChallenge>,
    token: Option<TokenHash>,
}

/// Makes the request of an attempt. All of it is in order but what the attempt is about, so that
/// no other check than the promised one can catch it.
async fn forge(
    attempt: Attempt,
    handed: TokenUrl,
    request: ClearKeyRequest,
    bound_to: DeviceId,
) -> Result<Forged, PlayError> {
    if attempt == Attempt::BorrowedId {
        return plain(handed, request, bound_to);
    }
    let own = DeviceKey::load_or_make().await?;
    let (url, token) = match attempt {
        Attempt::ChangedToken => {
            let changed = with_a_changed_byte(handed.token());
            let hash = TokenHash(changed.hash());
            (at(&handed, changed)?, Some(hash))
        }
        _ => (handed, None),
    };
    let claims = claims(request, url.token())?;
    let (shown, signs) = match attempt {
        Attempt::OtherDevice => {
            let other = DeviceKey::throwaway().await?;
            (other.clone(), other)
        }
        Attempt::WrongKey => (own, DeviceKey::throwaway().await?),
        _ => (own.clone(), own),
    };
    Ok(Forged {
        body: signs.sign_as(shown.public(), &claims).await?,
        content_type: SIGNED_TYPE,
        challenge: Some(ChallengeReport {
            device_id: shown.device_id(),
            kids: claims.request.kids,
            iat: claims.iat,
            jti: claims.jti,
        }),
        plain: None,
        token,
        url,
    })
}

/// A request that is not signed, and says whose it is.
fn plain(url: TokenUrl, request: ClearKeyRequest, claimed: DeviceId) -> Result<Forged, PlayError> {
    let plain = PlainChallenge {
        request,
        device_id: Some(claimed),
    };
    Ok(Forged {
        url,
        body: written(&plain).ok_or(Problem::Internal)?,
        content_type: PLAIN_TYPE,
        challenge: None,
        plain: Some(plain),
        token: None,
    })
}

/// Where another token goes than the one that was handed over.
fn at(handed: &TokenUrl, token: Token) -> Result<TokenUrl, CdmError> {
    TokenUrl::new(handed.endpoint(), token).map_err(|error| CdmError::Request(error.to_string()))
}

impl Forged {
    /// Sends it, tells the shop, and gives what came back and how long that took.
    async fn send(&self, trace: TraceId) -> Result<(Answer, u32), PlayError> {
        let span = SpanId::from_random(random()?);
        let parent = TraceParent { trace, span }.to_string();
        let headers = [("Content-Type", self.content_type), (TRACEPARENT, &parent)];
        let asked_at = now();
        let answer = post(&self.url.reveal(), &headers, &self.body).await;
        let millis = (now() - asked_at).max(0.0) as u32;
        let answer = read(answer.ok());
        let report = LicenseReport {
            trace,
            span,
            millis,
            challenge: self.challenge.clone(),
            plain: self.plain.clone(),
            token: self.token,
            senseless: false,
            status: answer.status,
            code: match &answer.says {
                Says::Refused { code, .. } => Some(*code),
                _ => None,
            },
        };
        // The outcome is here, whether or not there is a view of it.
        let _ = report_license(&report).await;
        Ok((answer, millis))
    }

    /// What of it may be shown.
    fn shown(&self) -> Sent {
        let token = Value::token(&self.url.token().hash()).as_text();
        let mut fields: Vec<(_, String)> = vec![];
        fields.extend(token.map(|hash| (TOKEN_PARAMETER, format!("SHA-256 {hash}…"))));
        if let Some(challenge) = &self.challenge {
            fields.push(("jwk (device_id)", challenge.device_id.to_string()));
            fields.push(("kids", kids(&challenge.kids)));
            fields.push(("jti", challenge.jti.clone()));
        }
        if let Some(plain) = &self.plain {
            let claimed = plain.device_id.map(|id| id.to_string());
            fields.extend(claimed.map(|id| ("deviceId", id)));
            fields.push(("kids", kids(&plain.request.kids)));
        }
        Sent {
            url: self.url.endpoint().to_owned(),
            content_type: self.content_type,
            fields,
        }
    }
}

/// Asks the shop for an order by its number, as a player does.
async fn others_order(
    attempt: Attempt,
    number: Uuid,
    trace: TraceId,
) -> Result<Outcome, PlayError> {
    let asked = Playing {
        order: number,
        trace: Some(trace),
    };
    let body = written(&asked).ok_or(Problem::Internal)?;
    let headers = [("Content-Type", PLAIN_TYPE), ("Accept", PLAIN_TYPE)];
    let asked_at = now();
    let answer = post(PLAYING, &headers, &body).await;
    let millis = (now() - asked_at).max(0.0) as u32;
    let answer = match answer {
        Ok((status, text)) => {
            let problem = Json::read(&text).as_ref().and_then(shop::problem);
            let says = problem.filter(|_| status >= 400).map(Says::Declined);
            Answer {
                status: Some(status),
                says: says.unwrap_or(Says::Other),
            }
        }
        Err(_) => return Err(Problem::Unreachable.into()),
    };
    Ok(Outcome {
        attempt,
        sent: Sent {
            url: PLAYING.to_owned(),
            content_type: PLAIN_TYPE,
            fields: vec![("order", number.to_string())],
        },
        first: None,
        answer,
        millis,
        trace,
    })
}

/// What ExpressPlay answered.
fn read(answer: Option<(u16, String)>) -> Answer {
    let Some((status, text)) = answer else {
        return Answer {
            status: None,
            says: Says::Other,
        };
    };
    let answer = Json::read(&text);
    let says = match status {
        200 => answer
            .and_then(|license| license.member("keys")?.items())
            .map(|keys| Says::License(keys.len())),
        _ => answer.and_then(|refusal| refused(&refusal)),
    };
    Answer {
        status: Some(status),
        says: says.unwrap_or(Says::Other),
    }
}

fn refused(refusal: &Json) -> Option<Says> {
    let RefusalBody {
        error_code: code,
        error_message: words,
        ..
    } = crate::player::refusal(refusal)?;
    Some(Says::Refused { code, words })
}
