//! The `traceparent` header (W3C Trace Context): what makes one message known to all who see it.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// The header's name.
pub const TRACEPARENT: &str = "traceparent";

/// What belongs together: 16 bytes, not all zero, as 32 lower-case hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TraceId([u8; 16]);

/// One message of it: 8 bytes, not all zero, as 16 lower-case hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SpanId([u8; 8]);

/// A trace and a message of it: `00-{trace}-{span}-01` (section 3.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TraceParent {
    /// The trace.
    pub trace: TraceId,
    /// The message.
    pub span: SpanId,
}

/// The text is no part of a `traceparent`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "a traceparent is 00-, 32 hexadecimal digits, -, 16 hexadecimal digits, -01; neither all zero"
)]
pub struct NotATraceParent;

/// As JSON it is a text.
macro_rules! as_text {
    ($id:ident) => {
        impl TryFrom<String> for $id {
            type Error = NotATraceParent;

            fn try_from(text: String) -> Result<Self, NotATraceParent> {
                text.parse()
            }
        }

        impl From<$id> for String {
            fn from(id: $id) -> Self {
                id.to_string()
            }
        }
    };
}

macro_rules! id {
    ($id:ident, $bytes:literal) => {
        impl $id {
            /// An id of random bytes. Of those that are all zero there is none: they become a one.
            #[must_use]
            pub const fn from_random(bytes: [u8; $bytes]) -> Self {
                let mut bytes = bytes;
                let mut at = 0;
                while at < $bytes {
                    if bytes[at] != 0 {
                        return Self(bytes);
                    }
                    at += 1;
                }
                bytes[$bytes - 1] = 1;
                Self(bytes)
            }
        }

        impl FromStr for $id {
            type Err = NotATraceParent;

            fn from_str(text: &str) -> Result<Self, NotATraceParent> {
                let mut bytes = [0; $bytes];
                let lower = text.bytes().all(|b| !b.is_ascii_uppercase());
                match hex::decode_to_slice(text, &mut bytes) {
                    Ok(()) if lower && bytes != [0; $bytes] => Ok(Self(bytes)),
                    _ => Err(NotATraceParent),
                }
            }
        }

        impl fmt::Display for $id {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&hex::encode(self.0))
            }
        }

        impl fmt::Debug for $id {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{self}")
            }
        }
    };
}

id!(TraceId, 16);
id!(SpanId, 8);
as_text!(TraceId);
as_text!(SpanId);
as_text!(TraceParent);

impl fmt::Display for TraceParent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "00-{}-{}-01", self.trace, self.span)
    }
}

impl FromStr for TraceParent {
    type Err = NotATraceParent;

    fn from_str(text: &str) -> Result<Self, NotATraceParent> {
        let parts: Vec<_> = text.split('-').collect();
        match parts[..] {
            ["00", trace, span, "00" | "01"] => Ok(Self {
                trace: trace.parse()?,
                span: span.parse()?,
            }),
            _ => Err(NotATraceParent),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_traceparent_is_written_and_read_as_the_standard_has_it() {
        let text = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        let parent: TraceParent = text.parse().unwrap();
        assert_eq!(parent.to_string(), text);
        assert_eq!(parent.span.to_string(), "00f067aa0ba902b7");
    }

    #[test]
    fn what_is_no_traceparent_is_refused() {
        for wrong in [
            "",
            "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902-01",
            "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-x",
        ] {
            assert_eq!(
                wrong.parse::<TraceParent>(),
                Err(NotATraceParent),
                "{wrong}"
            );
        }
    }

    #[test]
    fn random_bytes_that_are_all_zero_become_an_id_all_the_same() {
        let id = SpanId::from_random([0; 8]).to_string();
        assert_eq!(
            id.parse::<SpanId>().unwrap().to_string(),
            "0000000000000001"
        );
    }
}
