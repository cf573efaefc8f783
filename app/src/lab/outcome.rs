//! What an attempt sent, and what came back.

use expressplay::{challenge::KidBytes, trace_context::TraceId};

use super::{Attempt, Promise};
use crate::problem::Problem;

/// An attempt that was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// Which.
    pub attempt: Attempt,
    /// What was sent, secrets left out.
    pub sent: Sent,
    /// Of a request that is sent twice, what came back the first time.
    pub first: Option<Answer>,
    /// What came back.
    pub answer: Answer,
    /// How long that took, in milliseconds.
    pub millis: u32,
    /// The trace that it belongs to.
    pub trace: TraceId,
}

/// What was sent, as far as it may be shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent {
    /// Where it went, without a token.
    pub url: String,
    /// Its content type.
    pub content_type: &'static str,
    /// What it carried that matters, under the name that it has there.
    pub fields: Vec<(&'static str, String)>,
}

/// What came back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The HTTP status; none where there was no answer.
    pub status: Option<u16>,
    /// What it says.
    pub says: Says,
}

/// What an answer says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Says {
    /// A licence, with so many keys.
    License(usize),
    /// ExpressPlay refuses.
    Refused {
        /// Its code.
        code: i32,
        /// Its words.
        words: String,
    },
    /// The shop refuses.
    Declined(Problem),
    /// Anything else.
    Other,
}

impl Outcome {
    /// Whether it came to what was promised. A replay proves something only if the request was good
    /// the first time.
    #[must_use]
    pub fn is_as_promised(&self) -> bool {
        let good_before = match &self.first {
            Some(first) => first.is(Promise::License),
            None => self.attempt != Attempt::Replay,
        };
        good_before && self.answer.is(self.attempt.promise())
    }
}

impl Answer {
    fn is(&self, promise: Promise) -> bool {
        match (&self.says, promise) {
            (Says::License(keys), Promise::License) => *keys > 0 && self.status == Some(200),
            (Says::Refused { code, .. }, Promise::Refused(promised)) => *code == promised.number(),
            (Says::Declined(problem), Promise::NoSuchOrder) => *problem == Problem::NoSuchOrder,
            _ => false,
        }
    }
}

/// Kids as outcomes show them: in hex, as the records have them.
#[must_use]
pub fn kids(kids: &[KidBytes]) -> String {
    let hex = |kid: &KidBytes| kid.0.iter().map(|byte| format!("{byte:02x}")).collect();
    let kids: Vec<String> = kids.iter().map(hex).collect();
    kids.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, says: Says) -> Answer {
        Answer {
            status: Some(status),
            says,
        }
    }

    fn refused(code: i32) -> Answer {
        let words = String::new();
        answer(403, Says::Refused { code, words })
    }

    fn outcome(attempt: Attempt, first: Option<Answer>, answer: Answer) -> Outcome {
        Outcome {
            attempt,
            sent: Sent {
                url: String::new(),
                content_type: "application/jose",
                fields: vec![],
            },
            first,
            answer,
            millis: 1,
            trace: TraceId::from_random([1; 16]),
        }
    }

    #[test]
    fn a_promise_is_kept_by_its_own_code_alone() {
        let attempt = Attempt::OtherKid;
        assert!(outcome(attempt, None, refused(-4022)).is_as_promised());
        assert!(!outcome(attempt, None, refused(-4001)).is_as_promised());
        let licensed = answer(200, Says::License(1));
        assert!(!outcome(attempt, None, licensed.clone()).is_as_promised());
        assert!(outcome(Attempt::Rightful, None, licensed).is_as_promised());
        let empty = answer(200, Says::License(0));
        assert!(!outcome(Attempt::Rightful, None, empty).is_as_promised());
    }

    #[test]
    fn a_replay_counts_only_if_the_request_was_good_the_first_time() {
        let licensed = Some(answer(200, Says::License(1)));
        assert!(outcome(Attempt::Replay, licensed, refused(-4001)).is_as_promised());
        let never = Some(refused(-4001));
        assert!(!outcome(Attempt::Replay, never, refused(-4001)).is_as_promised());
        assert!(!outcome(Attempt::Replay, None, refused(-4001)).is_as_promised());
    }

    #[test]
    fn a_neighbours_order_is_to_be_no_order_at_all() {
        let declined = |problem| answer(404, Says::Declined(problem));
        let attempt = Attempt::OthersOrder;
        assert!(outcome(attempt, None, declined(Problem::NoSuchOrder)).is_as_promised());
        assert!(!outcome(attempt, None, declined(Problem::RentalOver)).is_as_promised());
        assert!(!outcome(attempt, None, answer(200, Says::Other)).is_as_promised());
    }

    #[test]
    fn kids_are_shown_as_records_have_them() {
        assert_eq!(
            kids(&[KidBytes([0xab; 16]), KidBytes([1; 16])]),
            format!("{}, {}", "ab".repeat(16), "01".repeat(16))
        );
    }
}
