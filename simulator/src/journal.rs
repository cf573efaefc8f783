//! The journal: every call of a sandbox, with what it carried and what came of it.
//!
//! In memory, the newest thousand. A test asks it, counts in it, and waits in it for what is still
//! to come, so that it never has to poll.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use expressplay::{
    Cookie, DeviceId, Drm,
    challenge::{KidBytes, LicenseChallenge, TokenHash},
    parameter,
    token_request::Form,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tokio::sync::watch;

use crate::fault::CallKind;

/// How many calls a sandbox's journal keeps.
pub(crate) const KEPT: usize = 1000;
/// So many parameters of a call are kept …
const MOST_PARAMETERS: usize = 256;
/// … with so much of each value.
const LONGEST_VALUE: usize = 256;
/// What stands in place of a secret.
const REDACTED: &str = "[redacted]";

/// A call, as it was kept.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Entry {
    /// Counted from 1 within the sandbox.
    pub seq: u64,
    /// When it came, by the sandbox's clock.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// The same by the machine's.
    #[schema(value_type = String, format = DateTime)]
    pub real_at: Timestamp,
    /// Which call it is.
    pub call: CallKind,
    /// Its DRM.
    pub drm: Option<Drm>,
    /// `GET`, `POST`, `DELETE`.
    pub method: String,
    /// The path that was called.
    pub path: String,
    /// Its parameters in order, query first; secrets are masked.
    pub parameters: Vec<(String, String)>,
    /// Its cookie, or its token's.
    pub cookie: Option<Cookie>,
    /// A token's restriction, or who asks for a licence.
    pub device: Option<DeviceId>,
    /// The token of a licence request, as the `ath` of a signed one names it: the base64url of its
    /// SHA-256. None where it does not open.
    #[schema(value_type = Option<String>)]
    pub token: Option<TokenHash>,
    /// What a licence request asks for; none where that cannot be read.
    pub challenge: Option<Challenge>,
    /// The `traceparent` that it came with (W3C Trace Context).
    pub traceparent: Option<String>,
    /// What came of it.
    pub outcome: Outcome,
    /// The answer's status; 499 where the client went away while a fault made it wait.
    pub status: u16,
    /// ExpressPlay's code, for a refusal.
    pub error_code: Option<i32>,
    /// Why it was refused, in words.
    pub error: Option<String>,
    /// What smells in it.
    pub hints: Vec<String>,
    /// The numbers of the faults that struck it.
    pub faults: Vec<u64>,
    /// How long it took, in microseconds.
    pub micros: u64,
}

/// What a licence request asks for, and how.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Challenge {
    /// Whether a signature goes with it. Without one, `device` is what it claims.
    pub signed: bool,
    /// The key ids that it asks for, in base64url as there.
    pub kids: Vec<KidBytes>,
    /// When it says that it was signed, in seconds since 1970.
    pub iat: Option<i64>,
    /// The value that its key uses once.
    pub jti: Option<String>,
}

impl From<&LicenseChallenge> for Challenge {
    fn from(challenge: &LicenseChallenge) -> Self {
        let claims = match challenge {
            LicenseChallenge::Signed(signed) => Some(&signed.claims),
            LicenseChallenge::Plain(_) => None,
        };
        Self {
            signed: claims.is_some(),
            kids: challenge.request().kids.clone(),
            iat: claims.map(|claims| claims.iat),
            jti: claims.map(|claims| claims.jti.clone()),
        }
    }
}

/// What came of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// It got what it asked for.
    Granted,
    /// It was refused with a code.
    Refused,
    /// A fault took its answer, or a failure of the simulator's.
    Failed,
}

impl Outcome {
    /// As it stands in JSON.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Granted => "granted",
            Self::Refused => "refused",
            Self::Failed => "failed",
        }
    }
}

/// Which calls to look for: those that match all that is given.
#[derive(Debug, Clone, Default, Deserialize, utoipa::IntoParams)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct JournalQuery {
    /// Calls of this kind.
    pub call: Option<CallKind>,
    /// Calls for this DRM.
    pub drm: Option<Drm>,
    /// Calls with this cookie.
    pub cookie: Option<Cookie>,
    /// Calls with this device.
    pub device: Option<DeviceId>,
    /// Calls that ended so.
    pub outcome: Option<Outcome>,
    /// Calls after this one.
    pub after: u64,
    /// Wait for so many matches …
    pub count: Option<usize>,
    /// … so many milliseconds at most; not at all by default.
    pub wait: u64,
}

impl JournalQuery {
    fn matches(&self, entry: &Entry) -> bool {
        entry.seq > self.after
            && self.call.is_none_or(|call| call == entry.call)
            && self.drm.is_none_or(|drm| Some(drm) == entry.drm)
            && self.outcome.is_none_or(|outcome| outcome == entry.outcome)
            && self
                .device
                .is_none_or(|device| Some(device) == entry.device)
            && (self.cookie.is_none() || self.cookie == entry.cookie)
    }
}

/// A sandbox's journal.
#[derive(Debug)]
pub(crate) struct Journal {
    entries: Mutex<VecDeque<Arc<Entry>>>,
    /// The newest entry's number.
    newest: watch::Sender<u64>,
}

impl Default for Journal {
    fn default() -> Self {
        Self {
            entries: Mutex::default(),
            newest: watch::Sender::new(0),
        }
    }
}

impl Journal {
    /// Keeps a call; its `seq` is given here.
    pub(crate) fn add(&self, entry: Entry) {
        let mut entries = self.lock();
        let seq = *self.newest.borrow() + 1;
        if entries.len() >= KEPT {
            entries.pop_front();
        }
        entries.push_back(Arc::new(Entry { seq, ..entry }));
        self.newest.send_replace(seq);
    }

    /// The calls that match, oldest first.
    pub(crate) fn find(&self, query: &JournalQuery) -> Vec<Arc<Entry>> {
        let entries = self.lock();
        let matches = entries.iter().filter(|entry| query.matches(entry));
        matches.cloned().collect()
    }

    /// The calls that match, once there are as many as the query wants, or its time is up.
    pub(crate) async fn wait_for(&self, query: &JournalQuery) -> Vec<Arc<Entry>> {
        let mut newest = self.newest.subscribe();
        let wanted = query.count.unwrap_or(1);
        let enough = async {
            loop {
                newest.borrow_and_update();
                if self.find(query).len() >= wanted || newest.changed().await.is_err() {
                    return;
                }
            }
        };
        // When the time is up, what is there is the answer.
        let _ = tokio::time::timeout(Duration::from_millis(query.wait), enough).await;
        self.find(query)
    }

    /// The newest call's number.
    pub(crate) fn newest(&self) -> u64 {
        *self.newest.borrow()
    }

    /// What comes after an entry, as soon as there is something, and the number to go on from. A
    /// number that is still to come is another journal's, from before a restart.
    pub(crate) async fn next_after(&self, seq: u64) -> (Vec<Arc<Entry>>, u64) {
        let mut newest = self.newest.subscribe();
        let seq = if seq > *newest.borrow() { 0 } else { seq };
        // The sender lives as long as this journal.
        let _ = newest.wait_for(|newest| *newest > seq).await;
        let entries = self.lock();
        let found = entries.iter().filter(|entry| entry.seq > seq).cloned();
        (found.collect(), *self.newest.borrow())
    }

    /// Forgets all calls; numbers go on.
    pub(crate) fn clear(&self) {
        self.lock().clear();
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<Arc<Entry>>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A parameter's name as it may be repeated: a body of another kind, read as a form, is one long
/// name, and may be a key.
pub(crate) fn shown_name(name: &str) -> &str {
    let fits = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_');
    match name.len() <= 31 && name.bytes().all(fits) {
        true => name,
        false => REDACTED,
    }
}

/// A value's beginning.
fn shortened(mut value: String) -> String {
    if let Some((end, _)) = value.char_indices().nth(LONGEST_VALUE) {
        value.truncate(end);
    }
    value
}

/// Parameters as a journal may hold them.
pub(crate) fn masked(form: Form) -> Vec<(String, String)> {
    form.into_iter()
        .take(MOST_PARAMETERS)
        .map(|(name, value)| {
            // A cookie is what calls are told apart by.
            let is_cookie = name.eq_ignore_ascii_case("cookie");
            let shown = match !is_cookie && !parameter::may_be_shown(&name, &value) {
                true => REDACTED.to_owned(),
                false => shortened(value),
            };
            let name = match shown_name(&name) {
                REDACTED => REDACTED.to_owned(),
                _ => name,
            };
            (name, shown)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(call: CallKind) -> Entry {
        Entry {
            seq: 0,
            at: Timestamp::UNIX_EPOCH,
            real_at: Timestamp::UNIX_EPOCH,
            call,
            drm: None,
            method: "GET".to_owned(),
            path: "/".to_owned(),
            parameters: vec![],
            cookie: None,
            device: None,
            token: None,
            challenge: None,
            traceparent: None,
            outcome: Outcome::Granted,
            status: 200,
            error_code: None,
            error: None,
            hints: vec![],
            faults: vec![],
            micros: 0,
        }
    }

    #[tokio::test]
    async fn who_waits_is_woken_by_what_matches_and_by_nothing_else() {
        let journal = Arc::new(Journal::default());
        let query = JournalQuery {
            call: Some(CallKind::License),
            count: Some(2),
            wait: 60_000,
            ..JournalQuery::default()
        };
        let waiting = tokio::spawn({
            let journal = Arc::clone(&journal);
            async move { journal.wait_for(&query).await }
        });
        tokio::task::yield_now().await;
        for call in [CallKind::License, CallKind::Token, CallKind::License] {
            journal.add(entry(call));
        }
        let found: Vec<_> = waiting
            .await
            .unwrap()
            .iter()
            .map(|entry| entry.seq)
            .collect();
        assert_eq!(found, [1, 3]);
    }

    #[tokio::test]
    async fn who_waits_in_vain_gets_what_there_is() {
        let journal = Journal::default();
        journal.add(entry(CallKind::Token));
        let query = JournalQuery {
            count: Some(2),
            wait: 1,
            ..JournalQuery::default()
        };
        assert_eq!(journal.wait_for(&query).await.len(), 1);
    }

    #[test]
    fn a_journal_keeps_the_newest_and_goes_on_counting() {
        let journal = Journal::default();
        for _ in 0..KEPT + 10 {
            journal.add(entry(CallKind::Token));
        }
        let all = journal.find(&JournalQuery::default());
        assert_eq!((all.len(), all[0].seq), (KEPT, 11));
        journal.clear();
        journal.add(entry(CallKind::Token));
        let newest = journal.find(&JournalQuery::default());
        assert_eq!(newest.last().unwrap().seq, KEPT as u64 + 11);
    }

    #[test]
    fn secrets_are_masked_even_where_they_are_misspelt() {
        let secret = "000102030405060708090a0b0c0d0e0f";
        let names = [
            "contentKey",
            "contentkey",
            "contentKey.1",
            "kek",
            "contentKeyy",
            "cek",
        ];
        let form: Form = names
            .map(|name| (name.to_owned(), secret.to_owned()))
            .into_iter()
            .collect();
        for (name, value) in masked(form) {
            assert_eq!(value, "[redacted]", "{name}");
        }
        let form: Form = [
            ("cookie", secret),
            ("kid.0", secret),
            ("securityLevel", "1"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into_iter()
        .collect();
        assert!(masked(form).iter().all(|(_, value)| value != "[redacted]"));
        let body = format!(r#"{{"kid":"1","k":"{secret}"}}"#);
        let form: Form = [(body, String::new()), (secret.to_owned(), String::new())]
            .into_iter()
            .collect();
        assert!(masked(form).iter().all(|(name, _)| name == "[redacted]"));
    }

    #[tokio::test]
    async fn who_goes_on_from_a_forgotten_call_waits_for_the_next() {
        let journal = Journal::default();
        for _ in 0..5 {
            journal.add(entry(CallKind::Token));
        }
        journal.clear();
        let (none, after) = journal.next_after(3).await;
        assert_eq!((none.len(), after), (0, 5));
        journal.add(entry(CallKind::Keys));
        let (next, after) = journal.next_after(after).await;
        assert_eq!((next[0].seq, after), (6, 6));
        let (all, _) = journal.next_after(500).await;
        assert_eq!(all.len(), 1, "500 was before a restart");
    }
}
