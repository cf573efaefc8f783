//! One call and its answer: whose it is, what faults do to it, and what the journal keeps of it.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use axum::{
    body::{Body, Bytes},
    extract::{ConnectInfo, State},
    response::{IntoResponse, Response},
};
use expressplay::{
    Cookie, DeviceId, Drm, Refusal,
    parameter::{self, Parameter},
};
use futures_util::stream;
use http::{HeaderName, StatusCode, header, uri::Authority};

use crate::{
    Environment,
    account::AUTHENTICATOR,
    call::Call,
    connection::Peer,
    ending::Reason,
    error::{ErrorFormat, Failure},
    fault::{CallKind, End, Plan, Target},
    hints,
    journal::{self, Entry, Outcome},
    keys, license, records,
    sandbox::{Customer, Sandbox, SandboxName},
    service::Service,
    token,
};

const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
/// The longest `traceparent` is kept as it is (W3C Trace Context, section 3.2).
const LONGEST_TRACEPARENT: usize = 55;
/// The status of a call whose client went away, as nginx writes it.
const CLIENT_LEFT: u16 = 499;

/// A call of ExpressPlay's API.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operation {
    /// Token generation.
    Token(Drm),
    /// Licence redemption.
    License(Drm),
    /// Record retrieval.
    Records,
    /// Record retrieval by time.
    RecordsByTime,
    /// The same of the archive.
    ArchivedRecords,
    /// `/keystore/keys`.
    Keys,
    /// `/keystore/keys/{kid}`.
    Key,
}

impl Operation {
    const fn kind(self) -> CallKind {
        match self {
            Self::Token(_) => CallKind::Token,
            Self::License(_) => CallKind::License,
            Self::Records | Self::RecordsByTime | Self::ArchivedRecords => CallKind::Records,
            Self::Keys | Self::Key => CallKind::Keys,
        }
    }

    const fn drm(self) -> Option<Drm> {
        match self {
            Self::Token(drm) | Self::License(drm) => Some(drm),
            _ => None,
        }
    }

    /// The format of errors that nobody chose.
    const fn default_format(self) -> ErrorFormat {
        match self {
            Self::Token(_) => ErrorFormat::Html,
            _ => ErrorFormat::Json,
        }
    }
}

/// What is known of a call before it is answered.
struct Known {
    /// Whose it is.
    customer: Option<Arc<Customer>>,
    /// Whose authenticator it carries, where it is the customer's of the other environment.
    stray: Option<Arc<Customer>>,
    sandbox: Arc<Sandbox>,
    cookie: Option<Cookie>,
    device: Option<DeviceId>,
    hints: Vec<String>,
    /// Of a redemption.
    license: Option<license::Request>,
}

impl Known {
    fn of(service: &Service, operation: Operation, call: &Call) -> Option<Self> {
        let license = match operation {
            Operation::License(drm) => Some(license::Request::read(service, drm, call)),
            _ => None,
        };
        let customer = match &license {
            Some(request) => request
                .contents()
                .and_then(|contents| service.sandboxes.customer(contents.account)),
            None => call.customer(service).ok(),
        };
        let stray = match (&customer, &license) {
            (None, None) => service
                .sandboxes
                .owner_of(call.parameters.get(AUTHENTICATOR)),
            _ => None,
        };
        let sandbox = match customer.as_ref().or(stray.as_ref()) {
            Some(customer) => Arc::clone(&customer.sandbox),
            // A call of nobody's is of interest to whoever runs the simulator.
            None => service.sandboxes.get(&SandboxName::of_default())?,
        };
        let (cookie, device) = match &license {
            Some(request) => (request.cookie(), request.device()),
            None => {
                let parameters = call.with_cookie_header();
                let device = parameters
                    .get("deviceId")
                    .or_else(|| parameters.get("deviceid"));
                (
                    parameters.get("cookie").and_then(|text| text.parse().ok()),
                    device.and_then(|text| text.parse().ok()),
                )
            }
        };
        let of_small_call = |own: &'static [Parameter]| {
            // Not what stands in a body: a stored key may stand there, whatever its content type.
            hints::of_small_call(call.names_in_query(), own.iter())
        };
        let mut hints = match operation {
            Operation::Token(drm) => hints::of_token_request(drm, &call.parameters),
            Operation::License(_) => license
                .as_ref()
                .and_then(license::Request::contents)
                .and_then(|contents| hints::of_redemption(contents.made_at, sandbox.clock.now()))
                .into_iter()
                .collect(),
            Operation::Records => of_small_call(parameter::RECORDS),
            Operation::RecordsByTime | Operation::ArchivedRecords => {
                of_small_call(parameter::RECORDS_BY_TIME)
            }
            Operation::Keys | Operation::Key => of_small_call(parameter::KEY_STORAGE_QUERY),
        };
        hints.extend(stray.as_ref().map(|it| hints::of_a_stray(it.environment)));
        Some(Self {
            customer,
            stray,
            sandbox,
            cookie,
            device,
            hints,
            license,
        })
    }

    /// By whose it is; the host says it of a call that is nobody's.
    fn in_test_environment(&self, host: &Authority) -> bool {
        let owner = self.customer.as_ref().or(self.stray.as_ref());
        let environment = match owner {
            Some(customer) => Some(customer.environment),
            None => Environment::of_host(host.host()),
        };
        environment == Some(Environment::Test)
    }
}

/// Answers a call.
pub(crate) async fn answer(
    State(service): State<Service>,
    ConnectInfo(peer): ConnectInfo<Peer>,
    operation: Operation,
    call: Call,
) -> Response {
    let Some(mut known) = Known::of(&service, operation, &call) else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let sandbox = Arc::clone(&known.sandbox);
    let started = sandbox.clock.monotonic();
    let plan = if sandbox.faults.any() {
        let target = Target {
            call: operation.kind(),
            drm: operation.drm(),
            cookie: known.cookie.as_ref(),
            device: known.device,
        };
        sandbox.faults.strike(&target, sandbox.clock.real())
    } else {
        Plan::default()
    };
    if !plan.wait.is_zero() {
        let left = Left::by(&known, operation, &call, &plan, started);
        sandbox.sleep(plan.wait).await;
        left.answered();
        if sandbox.is_dropped() {
            // And its accounts with it.
            known.customer = None;
        }
    }

    let (at, real_at) = (sandbox.clock.now(), sandbox.clock.real());
    let result = match plan.end {
        Some(End::Status(status)) => Ok(broken(status)),
        Some(End::Error(code)) => {
            let format = call.parameters.get("errorFormat");
            let format = ErrorFormat::read(format, operation.default_format());
            let refusal = Refusal::new(code, "a fault of this sandbox says so");
            let format = format.unwrap_or(ErrorFormat::Html);
            Err(match operation {
                Operation::License(_) => Failure::of_license(refusal, format),
                _ => Failure::of_call(refusal, format),
            })
        }
        _ => act(&service, operation, &call, &known, &peer, &plan).await,
    };
    if let Err(Failure {
        trouble: Some(trouble),
        ..
    }) = &result
    {
        service.ending.begin(Reason::Broken(trouble.to_string()));
    }
    let refusal = result.as_ref().err().map(|failure| failure.refusal.clone());
    let mut response = result.unwrap_or_else(IntoResponse::into_response);
    let status = response.status();
    if known.in_test_environment(&call.host) {
        for value in known
            .hints
            .iter()
            .filter_map(|hint| hints::header_value(hint))
        {
            response.headers_mut().append(hints::HEADER, value);
        }
    }
    let outcome = match (&refusal, plan.end) {
        (_, Some(End::Status(_) | End::Reset | End::Truncate | End::Garbage)) => Outcome::Failed,
        _ if status.is_server_error() => Outcome::Failed,
        (Some(_), _) => Outcome::Refused,
        (None, _) => Outcome::Granted,
    };
    let code = refusal.as_ref().map(|refusal| refusal.code.number());
    let took = started.elapsed();
    let (kind, drm) = (operation.kind(), operation.drm());
    service.metrics.call(kind, drm, outcome, code, took);
    sandbox.journal.add(Entry {
        seq: 0,
        at,
        real_at,
        call: kind,
        drm,
        method: call.method.to_string(),
        traceparent: traceparent(&call),
        path: call.path,
        parameters: journal::masked(call.parameters),
        cookie: known.cookie,
        device: known.device,
        token: known.license.as_ref().and_then(license::Request::token),
        challenge: known.license.as_ref().and_then(license::Request::challenge),
        outcome,
        status: status.as_u16(),
        error_code: code,
        error: refusal.map(|refusal| refusal.to_string()),
        hints: known.hints,
        faults: plan.struck,
        micros: micros(took),
    });
    match plan.end {
        Some(End::Reset) => {
            peer.reset();
            response
        }
        // Of an answer without a body there is no half.
        Some(End::Truncate) if status == StatusCode::NO_CONTENT => {
            peer.reset();
            response
        }
        Some(End::Truncate) => truncated(response).await,
        Some(End::Garbage) => garbage(response),
        _ => response,
    }
}

fn micros(took: Duration) -> u64 {
    u64::try_from(took.as_micros()).unwrap_or(u64::MAX)
}

/// A call that a fault makes wait, as the journal keeps it where its client does not.
struct Left {
    sandbox: Arc<Sandbox>,
    entry: Option<Entry>,
    started: Instant,
}

impl Left {
    fn by(known: &Known, operation: Operation, call: &Call, plan: &Plan, started: Instant) -> Self {
        let entry = Entry {
            seq: 0,
            at: known.sandbox.clock.now(),
            real_at: known.sandbox.clock.real(),
            call: operation.kind(),
            drm: operation.drm(),
            method: call.method.to_string(),
            path: call.path.clone(),
            parameters: journal::masked(call.parameters.clone()),
            cookie: known.cookie.clone(),
            device: known.device,
            token: known.license.as_ref().and_then(license::Request::token),
            challenge: known.license.as_ref().and_then(license::Request::challenge),
            traceparent: traceparent(call),
            outcome: Outcome::Failed,
            status: CLIENT_LEFT,
            error_code: None,
            error: Some("the client went away while a fault made it wait".to_owned()),
            hints: known.hints.clone(),
            faults: plan.struck.clone(),
            micros: 0,
        };
        Self {
            sandbox: Arc::clone(&known.sandbox),
            entry: Some(entry),
            started,
        }
    }

    /// It waited to the end.
    fn answered(mut self) {
        self.entry = None;
    }
}

impl Drop for Left {
    fn drop(&mut self) {
        if let Some(entry) = self.entry.take() {
            self.sandbox.journal.add(Entry {
                micros: micros(self.started.elapsed()),
                ..entry
            });
        }
    }
}

async fn act(
    service: &Service,
    operation: Operation,
    call: &Call,
    known: &Known,
    peer: &Peer,
    plan: &Plan,
) -> Result<Response, Failure> {
    match (operation, &known.license) {
        (Operation::Token(drm), _) => token::generate(service, drm, call).await,
        (Operation::License(drm), Some(request)) => {
            let customer = known.customer.as_deref();
            license::redeem(service, drm, peer.address, call, customer, request).await
        }
        (Operation::License(_), None) => Err(Failure::of_license(
            expressplay::ErrorCode::InvalidToken.into(),
            ErrorFormat::Json,
        )),
        (Operation::Records, _) => records::retrieve(service, call, plan.lag).await,
        (Operation::RecordsByTime, _) => {
            records::retrieve_by_time(service, call, plan.lag, false).await
        }
        (Operation::ArchivedRecords, _) => {
            records::retrieve_by_time(service, call, plan.lag, true).await
        }
        (Operation::Keys, _) => keys::all(service, call).await,
        (Operation::Key, _) => keys::one(service, call).await,
    }
}

/// What a broken gateway says.
fn broken(status: u16) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::SERVICE_UNAVAILABLE);
    (status, "a fault of this sandbox\n").into_response()
}

/// The answer's first half, under the length of the whole.
async fn truncated(response: Response) -> Response {
    let (mut parts, body) = response.into_parts();
    let whole = axum::body::to_bytes(body, usize::MAX)
        .await
        .unwrap_or_default();
    let half = whole.slice(..whole.len() / 2);
    parts
        .headers
        .insert(header::CONTENT_LENGTH, whole.len().into());
    let cut = stream::unfold(Some(half), |half| async {
        match half {
            Some(half) => Some((Ok::<Bytes, std::io::Error>(half), None)),
            None => {
                // So that the first half is on its way before the connection ends.
                tokio::task::yield_now().await;
                Some((Err(std::io::ErrorKind::UnexpectedEof.into()), None))
            }
        }
    });
    Response::from_parts(parts, Body::from_stream(cut))
}

fn garbage(response: Response) -> Response {
    let (mut parts, _) = response.into_parts();
    parts.headers.remove(header::CONTENT_LENGTH);
    if parts.status == StatusCode::NO_CONTENT {
        // Which would keep the garbage from coming.
        parts.status = StatusCode::OK;
    }
    Response::from_parts(
        parts,
        Body::from("\u{fffd}\u{0}{{<garbage of this sandbox>"),
    )
}

fn traceparent(call: &Call) -> Option<String> {
    let value = call.headers.get(TRACEPARENT)?.to_str().ok()?;
    (value.len() <= LONGEST_TRACEPARENT).then(|| value.to_owned())
}
