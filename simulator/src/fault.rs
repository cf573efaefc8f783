//! Faults: what makes a sandbox's calls slow, or fail, on purpose.
//!
//! A fault says which calls it is for, how often it strikes, and what it does. Of the faults that
//! strike a call, waiting adds up; of the rest the first that was made counts.

use std::{
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use expressplay::{Cookie, DeviceId, Drm, ErrorCode};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::Entropy;

/// The most faults of a sandbox.
pub(crate) const MOST_FAULTS: usize = 256;

/// One of ExpressPlay's calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum CallKind {
    /// Token generation.
    Token,
    /// Licence redemption.
    License,
    /// Record retrieval.
    Records,
    /// Key storage.
    Keys,
}

impl CallKind {
    /// As it stands in JSON.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Token => "token",
            Self::License => "license",
            Self::Records => "records",
            Self::Keys => "keys",
        }
    }
}

/// A fault to be made. Which calls it is for: those that match all that is given.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewFault {
    /// What it does.
    pub effect: Effect,
    /// Calls of this kind.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub call: Option<CallKind>,
    /// Calls for this DRM.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub drm: Option<Drm>,
    /// Calls with this cookie, in the call itself or in its token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cookie: Option<Cookie>,
    /// Calls with this device: a token's restriction, or who asks for a licence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device: Option<DeviceId>,
    /// How many calls it still strikes, 1 or more; any number by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub times: Option<u32>,
    /// Which share of its calls it strikes, above 0 and up to 1; all by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub share: Option<Share>,
    /// After how many seconds of real time it is gone, 1 or more; never by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub for_seconds: Option<u32>,
}

/// What a fault does to a call.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub enum Effect {
    /// The call takes longer.
    Latency(Latency),
    /// Nothing is done, and the answer has this status and no code, as from a broken gateway.
    Status(FaultStatus),
    /// Nothing is done, and the answer is a refusal with this code.
    #[schema(value_type = i32)]
    Error(ErrorCode),
    /// All is done, and the connection is reset before the answer.
    Reset,
    /// All is done, and half of the answer arrives.
    Truncate,
    /// All is done, and the answer is no answer.
    Garbage,
    /// A record retrieval sees nothing of the last so many milliseconds; other calls it leaves alone.
    RecordLagMs(u64),
}

impl Effect {
    /// An answer with this status, 400 to 599, and nothing done.
    ///
    /// # Errors
    /// Another status is none of a fault's.
    pub fn status(status: u16) -> Result<Self, &'static str> {
        status.try_into().map(Self::Status)
    }
}

/// How much longer a call takes, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(
    untagged,
    deny_unknown_fields,
    expecting = "it takes {\"ms\"}, {\"fromMs\", \"toMs\"} or {\"p50Ms\", \"p99Ms\"}, in whole milliseconds"
)]
pub enum Latency {
    /// So much.
    Fixed {
        /// Milliseconds.
        ms: u64,
    },
    /// Anything between the two.
    #[serde(rename_all = "camelCase")]
    Range {
        /// The shortest.
        from_ms: u64,
        /// The longest.
        to_ms: u64,
    },
    /// Half of the calls take no longer than the first, and 99 of 100 no longer than the second.
    #[serde(rename_all = "camelCase")]
    Percentiles {
        /// The median.
        p50_ms: u64,
        /// The 99th percentile.
        p99_ms: u64,
    },
}

/// An HTTP status that a fault may answer with: 400 to 599.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(try_from = "u16", into = "u16")]
#[schema(value_type = u16, minimum = 400, maximum = 599)]
pub struct FaultStatus(u16);

impl TryFrom<u16> for FaultStatus {
    type Error = &'static str;

    fn try_from(status: u16) -> Result<Self, &'static str> {
        if (400..=599).contains(&status) {
            Ok(Self(status))
        } else {
            Err("a fault's status is 400 to 599")
        }
    }
}

impl From<FaultStatus> for u16 {
    fn from(status: FaultStatus) -> Self {
        status.0
    }
}

/// A share, from 0 to 1; a fault takes one above 0.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(try_from = "f64", into = "f64")]
#[schema(value_type = f64, exclusive_minimum = 0, maximum = 1)]
pub struct Share(f64);

impl TryFrom<f64> for Share {
    type Error = &'static str;

    fn try_from(share: f64) -> Result<Self, &'static str> {
        if (0.0..=1.0).contains(&share) {
            Ok(Self(share))
        } else {
            Err("a share is a number from 0 to 1")
        }
    }
}

impl From<Share> for f64 {
    fn from(share: Share) -> Self {
        share.0
    }
}

/// A fault that is there.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct FaultState {
    /// Its number, counted from 1 within the sandbox.
    pub id: u64,
    /// How many calls it has struck.
    pub struck: u64,
    /// When it is gone, by real time.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub until: Option<Timestamp>,
    /// What it is.
    #[serde(flatten)]
    pub fault: NewFault,
}

/// What faults go by in a call.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Target<'c> {
    pub(crate) call: CallKind,
    pub(crate) drm: Option<Drm>,
    pub(crate) cookie: Option<&'c Cookie>,
    pub(crate) device: Option<DeviceId>,
}

/// What faults do to one call.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Plan {
    pub(crate) wait: Duration,
    pub(crate) lag: SignedDuration,
    pub(crate) end: Option<End>,
    /// The numbers of the faults that struck.
    pub(crate) struck: Vec<u64>,
}

/// How a fault ends a call.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum End {
    Status(u16),
    Error(ErrorCode),
    Reset,
    Truncate,
    Garbage,
}

/// The faults of a sandbox.
#[derive(Debug)]
pub(crate) struct Faults {
    all: Mutex<Vec<FaultState>>,
    made: AtomicU64,
    /// Of their own, so that a fault changes nothing of what a seed fixes.
    entropy: Entropy,
}

impl Faults {
    pub(crate) fn new(entropy: Entropy) -> Self {
        Self {
            all: Mutex::default(),
            made: AtomicU64::new(0),
            entropy,
        }
    }

    /// Makes a fault.
    ///
    /// # Errors
    /// [`NoFault`].
    pub(crate) fn add(&self, fault: NewFault, real_now: Timestamp) -> Result<FaultState, NoFault> {
        fault.check()?;
        let mut all = self.lock();
        all.retain(|state| is_there(state, real_now));
        if all.len() >= MOST_FAULTS {
            return Err(NoFault::TooMany);
        }
        let until = fault.for_seconds.map(|seconds| {
            real_now
                .saturating_add(SignedDuration::from_secs(seconds.into()))
                .unwrap_or(Timestamp::MAX)
        });
        let state = FaultState {
            id: self.made.fetch_add(1, Ordering::SeqCst) + 1,
            struck: 0,
            until,
            fault,
        };
        all.push(state.clone());
        Ok(state)
    }

    /// Those that are there.
    pub(crate) fn list(&self, real_now: Timestamp) -> Vec<FaultState> {
        let mut all = self.lock();
        all.retain(|state| is_there(state, real_now));
        all.clone()
    }

    /// Removes one; whether it was there.
    pub(crate) fn remove(&self, id: u64) -> bool {
        let mut all = self.lock();
        let before = all.len();
        all.retain(|state| state.id != id);
        all.len() < before
    }

    /// Removes all.
    pub(crate) fn clear(&self) {
        self.lock().clear();
    }

    /// Removes all, and counts and draws from now on as new ones with this generator would.
    pub(crate) fn start_as(&self, entropy: &Entropy) {
        let mut all = self.lock();
        all.clear();
        self.made.store(0, Ordering::SeqCst);
        self.entropy.start_as(entropy);
    }

    /// Whether there is any at all.
    pub(crate) fn any(&self) -> bool {
        !self.lock().is_empty()
    }

    /// What they do to a call. Those that strike it have struck.
    pub(crate) fn strike(&self, target: &Target<'_>, real_now: Timestamp) -> Plan {
        let mut plan = Plan::default();
        let mut all = self.lock();
        all.retain(|state| is_there(state, real_now));
        for state in all.iter_mut().filter(|state| state.fault.is_for(target)) {
            let ends = matches!(
                state.fault.effect,
                Effect::Status(_)
                    | Effect::Error(_)
                    | Effect::Reset
                    | Effect::Truncate
                    | Effect::Garbage
            );
            if ends && plan.end.is_some() || !self.falls(state.fault.share) {
                continue;
            }
            state.struck += 1;
            state.fault.times = state.fault.times.map(|times| times.saturating_sub(1));
            plan.struck.push(state.id);
            match state.fault.effect {
                Effect::Latency(latency) => {
                    plan.wait = plan.wait.saturating_add(self.pick(latency));
                }
                Effect::RecordLagMs(ms) => {
                    let ms = i64::try_from(ms).unwrap_or(i64::MAX);
                    plan.lag = plan.lag.max(SignedDuration::from_millis(ms));
                }
                Effect::Status(status) => plan.end = Some(End::Status(status.0)),
                Effect::Error(code) => plan.end = Some(End::Error(code)),
                Effect::Reset => plan.end = Some(End::Reset),
                Effect::Truncate => plan.end = Some(End::Truncate),
                Effect::Garbage => plan.end = Some(End::Garbage),
            }
        }
        plan
    }

    fn falls(&self, share: Option<Share>) -> bool {
        share.is_none_or(|share| self.fraction() < share.0)
    }

    fn pick(&self, latency: Latency) -> Duration {
        let between = |from: u64, to: u64, part: f64| {
            from.saturating_add((to.saturating_sub(from) as f64 * part) as u64)
        };
        Duration::from_millis(match latency {
            Latency::Fixed { ms } => ms,
            Latency::Range { from_ms, to_ms } => between(from_ms, to_ms, self.fraction()),
            Latency::Percentiles { p50_ms, p99_ms } => match self.fraction() {
                part if part < 0.5 => between(0, p50_ms, part / 0.5),
                part if part < 0.99 => between(p50_ms, p99_ms, (part - 0.5) / 0.49),
                part => between(p99_ms, p99_ms.saturating_mul(2), (part - 0.99) / 0.01),
            },
        })
    }

    /// From 0 to 1, without 1.
    fn fraction(&self) -> f64 {
        f64::from(u32::from_be_bytes(self.entropy.bytes())) / (f64::from(u32::MAX) + 1.0)
    }

    fn lock(&self) -> MutexGuard<'_, Vec<FaultState>> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn is_there(state: &FaultState, real_now: Timestamp) -> bool {
    state.fault.times != Some(0) && state.until.is_none_or(|until| real_now < until)
}

/// Why a fault is not made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NoFault {
    #[error("times: a fault strikes once or more")]
    Never,
    #[error("share: it takes a number above 0, up to 1: a share of 0 strikes no call")]
    NoShare,
    #[error("forSeconds: it takes 1 or more: after 0 seconds the fault is gone")]
    Gone,
    #[error("effect.recordLagMs: it acts on records alone: leave call out, or make it `records`")]
    NotOfRecords,
    #[error(
        "{member}: a call of `{call}` carries none, so the fault would strike nothing: leave it out"
    )]
    NotCarried {
        member: &'static str,
        call: &'static str,
    },
    #[error("effect.latency: fromMs is not above toMs, nor p50Ms above p99Ms")]
    Latency,
    #[error("a sandbox has {MOST_FAULTS} faults at most: remove some")]
    TooMany,
}

impl NewFault {
    /// A fault that does this to every call, until it is told which.
    ///
    /// ```
    /// use simulator::fault::{CallKind, Effect, NewFault};
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// // The next two licence requests fail as behind a broken gateway.
    /// let fault = NewFault::of(Effect::status(503)?).call(CallKind::License).times(2);
    /// // What has no method of its own is a member, as in JSON.
    /// let rare = NewFault { share: Some(0.1.try_into()?), ..NewFault::of(Effect::Reset) };
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub const fn of(effect: Effect) -> Self {
        Self {
            effect,
            call: None,
            drm: None,
            cookie: None,
            device: None,
            times: None,
            share: None,
            for_seconds: None,
        }
    }

    /// The same for calls of this kind.
    #[must_use]
    pub fn call(self, call: CallKind) -> Self {
        Self {
            call: Some(call),
            ..self
        }
    }

    /// The same for so many calls, 1 or more.
    #[must_use]
    pub fn times(self, times: u32) -> Self {
        Self {
            times: Some(times),
            ..self
        }
    }

    /// Whether it could strike at all.
    pub(crate) fn check(&self) -> Result<(), NoFault> {
        let turned_round = match self.effect {
            Effect::Latency(Latency::Range { from_ms, to_ms }) => from_ms > to_ms,
            Effect::Latency(Latency::Percentiles { p50_ms, p99_ms }) => p50_ms > p99_ms,
            _ => false,
        };
        let call = match (self.effect, self.call) {
            (Effect::RecordLagMs(_), None) => Some(CallKind::Records),
            (Effect::RecordLagMs(_), Some(other)) if other != CallKind::Records => {
                return Err(NoFault::NotOfRecords);
            }
            (_, call) => call,
        };
        if self.times == Some(0) {
            Err(NoFault::Never)
        } else if self.share == Some(Share(0.0)) {
            Err(NoFault::NoShare)
        } else if self.for_seconds == Some(0) {
            Err(NoFault::Gone)
        } else if turned_round {
            Err(NoFault::Latency)
        } else {
            call.map_or(Ok(()), |call| self.check_carried(call))
        }
    }

    /// Whether calls of that kind carry what this fault tells them apart by.
    fn check_carried(&self, call: CallKind) -> Result<(), NoFault> {
        let of_a_drm = matches!(call, CallKind::Token | CallKind::License);
        let not_carried = [
            ("drm", self.drm.is_some() && !of_a_drm),
            ("device", self.device.is_some() && !of_a_drm),
            ("cookie", self.cookie.is_some() && call == CallKind::Keys),
        ];
        match not_carried.into_iter().find(|(_, wrong)| *wrong) {
            None => Ok(()),
            Some((member, _)) => Err(NoFault::NotCarried {
                member,
                call: call.name(),
            }),
        }
    }

    fn is_for(&self, target: &Target<'_>) -> bool {
        let Self {
            call,
            drm,
            cookie,
            device,
            effect,
            ..
        } = self;
        let records = matches!(effect, Effect::RecordLagMs(_));
        call.is_none_or(|call| call == target.call)
            && (!records || target.call == CallKind::Records)
            && drm.is_none_or(|drm| target.drm == Some(drm))
            && cookie.as_ref().is_none_or(|own| target.cookie == Some(own))
            && device.is_none_or(|own| target.device == Some(own))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;

    fn faults() -> Faults {
        Faults::new(Entropy::seeded(1))
    }

    fn fault(json: &str) -> NewFault {
        serde_json::from_str(json).unwrap()
    }

    fn token() -> Target<'static> {
        Target {
            call: CallKind::Token,
            drm: Some(Drm::Widevine),
            cookie: None,
            device: None,
        }
    }

    #[test]
    fn a_fault_strikes_the_calls_that_it_is_for_as_often_as_it_says() {
        let faults = faults();
        let json = r#"{"effect": {"status": 503}, "call": "license", "times": 2}"#;
        faults.add(fault(json), NOW).unwrap();
        let license = Target {
            call: CallKind::License,
            ..token()
        };
        let end = |target: &Target<'_>| faults.strike(target, NOW).end;
        assert_eq!(end(&token()), None);
        assert_eq!(end(&license), Some(End::Status(503)));
        assert_eq!(end(&license), Some(End::Status(503)));
        assert_eq!(end(&license), None);
        assert!(faults.list(NOW).is_empty());
    }

    #[test]
    fn a_fault_for_one_cookie_or_device_leaves_others_alone() {
        let faults = faults();
        let json =
            r#"{"effect": "reset", "cookie": "one", "device": "0123456789abcdef0123456789abcdef"}"#;
        let fault = fault(json);
        let (cookie, device) = (fault.cookie.clone(), fault.device);
        faults.add(fault, NOW).unwrap();
        let target = |cookie, device| Target {
            cookie,
            device,
            ..token()
        };
        let end = |target| faults.strike(&target, NOW).end;
        assert_eq!(end(target(cookie.as_ref(), None)), None);
        assert_eq!(end(target(None, device)), None);
        assert_eq!(end(target(cookie.as_ref(), device)), Some(End::Reset));
    }

    #[test]
    fn waits_add_up_and_the_first_end_counts() {
        let faults = faults();
        for json in [
            r#"{"effect": {"latency": {"ms": 20}}}"#,
            r#"{"effect": {"latency": {"fromMs": 5, "toMs": 5}}}"#,
            r#"{"effect": {"error": -2019}}"#,
            r#"{"effect": "garbage"}"#,
            r#"{"effect": {"recordLagMs": 9}}"#,
        ] {
            faults.add(fault(json), NOW).unwrap();
        }
        let plan = faults.strike(&token(), NOW);
        assert_eq!(plan.wait, Duration::from_millis(25));
        assert_eq!(plan.end, Some(End::Error(ErrorCode::InsufficientTokens)));
        assert_eq!(plan.struck, [1, 2, 3]);
        assert_eq!(plan.lag, SignedDuration::ZERO, "that is for records");
    }

    #[test]
    fn a_share_is_struck_and_the_same_share_each_time() {
        let run = || {
            let faults = faults();
            let json = r#"{"effect": "truncate", "share": 0.25}"#;
            faults.add(fault(json), NOW).unwrap();
            let struck = |_| faults.strike(&token(), NOW).end.is_some();
            (0..1000).map(struck).collect::<Vec<_>>()
        };
        let struck = run();
        assert_eq!(struck, run());
        let count = struck.iter().filter(|struck| **struck).count();
        assert!((200..300).contains(&count), "{count}");
    }

    #[test]
    fn percentiles_are_what_they_say() {
        let faults = faults();
        let latency = Latency::Percentiles {
            p50_ms: 100,
            p99_ms: 1000,
        };
        let mut waits: Vec<_> = (0..2000)
            .map(|_| faults.pick(latency).as_millis())
            .collect();
        waits.sort_unstable();
        assert!((90..110).contains(&waits[1000]), "{}", waits[1000]);
        assert!((900..1100).contains(&waits[1980]), "{}", waits[1980]);
    }

    #[test]
    fn a_fault_is_gone_when_its_time_is_up() {
        let faults = faults();
        let json = r#"{"effect": "reset", "forSeconds": 10}"#;
        faults.add(fault(json), NOW).unwrap();
        let at = |second| Timestamp::from_second(second).unwrap();
        assert_eq!(faults.strike(&token(), at(9)).end, Some(End::Reset));
        assert_eq!(faults.strike(&token(), at(10)).end, None);
    }

    #[test]
    fn a_fault_that_could_not_strike_is_not_made() {
        let why = |json: &str| faults().add(fault(json), NOW).unwrap_err();
        for (never, because) in [
            (r#"{"effect": "reset", "times": 0}"#, NoFault::Never),
            (r#"{"effect": "reset", "share": 0}"#, NoFault::NoShare),
            (r#"{"effect": "reset", "share": -0.0}"#, NoFault::NoShare),
            (r#"{"effect": "reset", "forSeconds": 0}"#, NoFault::Gone),
            (
                r#"{"effect": {"recordLagMs": 5}, "call": "token"}"#,
                NoFault::NotOfRecords,
            ),
        ] {
            assert_eq!(why(never), because, "{never}");
        }
        let reset = r#""effect": "reset", "call""#;
        let id = "0123456789abcdef0123456789abcdef";
        for (json, member, call) in [
            (
                format!(r#"{reset}: "records", "drm": "ms3""#),
                "drm",
                "records",
            ),
            (format!(r#"{reset}: "keys", "drm": "ms3""#), "drm", "keys"),
            (
                format!(r#"{reset}: "records", "device": "{id}""#),
                "device",
                "records",
            ),
            (
                format!(r#"{reset}: "keys", "device": "{id}""#),
                "device",
                "keys",
            ),
            (
                format!(r#"{reset}: "keys", "cookie": "c""#),
                "cookie",
                "keys",
            ),
            (
                r#""effect": {"recordLagMs": 5}, "drm": "ms3""#.to_owned(),
                "drm",
                "records",
            ),
        ] {
            let refused = NoFault::NotCarried { member, call };
            assert_eq!(why(&format!("{{{json}}}")), refused, "{json}");
        }
        for could in [
            format!(r#"{{{reset}: "records", "cookie": "c"}}"#),
            format!(r#"{{{reset}: "token", "cookie": "c", "device": "{id}", "drm": "ms3"}}"#),
            format!(r#"{{"effect": "reset", "drm": "ms3", "device": "{id}"}}"#),
            r#"{"effect": {"recordLagMs": 5}, "call": "records"}"#.to_owned(),
        ] {
            assert!(faults().add(fault(&could), NOW).is_ok(), "{could}");
        }
        for turned_round in [
            r#"{"effect": {"latency": {"fromMs": 9, "toMs": 5}}}"#,
            r#"{"effect": {"latency": {"p50Ms": 9, "p99Ms": 5}}}"#,
        ] {
            assert_eq!(why(turned_round), NoFault::Latency);
        }
    }

    #[test]
    fn what_is_no_fault_is_not_read() {
        for wrong in [
            r#"{}"#,
            r#"{"effect": "explode"}"#,
            r#"{"effect": {"status": 200}}"#,
            r#"{"effect": {"error": -1}}"#,
            r#"{"effect": {"latency": {"ms": -1}}}"#,
            r#"{"effect": "reset", "share": 1.5}"#,
            r#"{"effect": "reset", "call": "licence"}"#,
            r#"{"effect": "reset", "time": 1}"#,
        ] {
            assert!(serde_json::from_str::<NewFault>(wrong).is_err(), "{wrong}");
        }
    }
}
