//! A request to the entitlement server, read once into what cannot be wrong (API section 6).
//!
//! ```json
//! {"messageID": "GUID", "version": 1, "requestType": 3, "contentID": "GUID", "customerCookie": "…"}
//! ```
//!
//! `messageID`, `version` and `contentID` are required. Members that it does not know are ignored, as
//! ExpressPlay ignores parameters; `null` is as good as nothing.

use std::collections::HashMap;

use expressplay::Cookie;
use serde::{Deserialize, Serialize, de::IgnoredAny};
use serde_json::{Value, error::Category};
use uuid::Uuid;

use super::denial::Denial;

/// The version that is spoken here.
const VERSION: i64 = 1;
/// Of what a member holds, no more than this is repeated.
const SHOWN_CHARS: usize = 40;

const A_GUID: &str = "a GUID, such as 2d4c84e2-a026-4e1a-9394-b564c2cf8d6e";
const A_VERSION: &str = "a whole number; this server speaks 1";
const A_REQUEST_TYPE: &str = "1 (time-based), 2 (device registration) or 3 (device-bound)";
const A_COOKIE: &str = "1 to 32 characters, none of them a control character";

/// What an answer repeats of its request, as far as that could be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Envelope {
    /// The message's id.
    pub(super) id: Option<MessageId>,
    /// The version to answer in: not above the request's.
    pub(super) version: i64,
}

/// A request that can be decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Request {
    /// The content's id.
    pub(super) content_id: Uuid,
    /// What is asked for it.
    pub(super) kind: Kind,
}

/// The three types of request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kind {
    /// 1: a token that any device may redeem for a time.
    TimeBased,
    /// 2: a token for the dummy clip that ties a device to the cookie.
    Registration(Cookie),
    /// 3: a token for the device that the cookie is tied to.
    DeviceBound(Cookie),
}

/// A message's id: a GUID in the very text that its client will compare.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub(super) struct MessageId(String);

impl std::fmt::Display for MessageId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl Envelope {
    /// That of a request of which nothing could be read.
    pub(super) const fn blank() -> Self {
        Self {
            id: None,
            version: VERSION,
        }
    }
}

impl Kind {
    /// What the log calls it.
    pub(super) const fn name(&self) -> &'static str {
        match self {
            Self::TimeBased => "time-based",
            Self::Registration(_) => "device registration",
            Self::DeviceBound(_) => "device-bound",
        }
    }
}

/// The members as they came. One that stands twice is a fault of the whole.
#[derive(Deserialize)]
struct Members {
    #[serde(rename = "messageID", default)]
    message_id: Option<Value>,
    #[serde(default)]
    version: Option<Value>,
    #[serde(rename = "requestType", default)]
    request_type: Option<Value>,
    #[serde(rename = "contentID", default)]
    content_id: Option<Value>,
    #[serde(rename = "customerCookie", default)]
    customer_cookie: Option<Value>,
    #[serde(flatten)]
    others: HashMap<String, IgnoredAny>,
}

/// Reads a request's body. The envelope is for the answer, whichever it is.
pub(super) fn read(body: &[u8]) -> (Envelope, Result<Request, Denial>) {
    let mut envelope = Envelope::blank();
    let request = Members::read(body).and_then(|members| {
        // Each as far as it goes: an answer repeats the id even where the version is wrong.
        let id = members.message_id();
        let version = members.version(&mut envelope);
        envelope.id = Some(id?);
        version?;
        members.request()
    });
    (envelope, request)
}

impl Members {
    fn read(body: &[u8]) -> Result<Self, Denial> {
        // serde_json quotes what it does not expect; the place says as much.
        serde_json::from_slice(body).map_err(|error| {
            let place = format!("line {}, column {}", error.line(), error.column());
            Denial::NotAMessage(match error.classify() {
                Category::Data => format!(
                    "a JSON object is wanted, each of whose members stands in it once; it goes \
                     wrong at {place}"
                ),
                _ if body.is_empty() => "it is empty".to_owned(),
                _ => format!("it is not JSON from {place} on"),
            })
        })
    }

    fn message_id(&self) -> Result<MessageId, Denial> {
        let (name, value) = ("messageID", &self.message_id);
        guid(name, self.required(name, value, A_GUID)?).map(|(text, _)| MessageId(text.to_owned()))
    }

    /// Sets the version to answer in.
    fn version(&self, envelope: &mut Envelope) -> Result<(), Denial> {
        let value = self.required("version", &self.version, A_VERSION)?;
        // Whatever is beyond an i64 is above what is spoken here.
        let asked = value.as_i64().or(value.as_u64().map(|_| i64::MAX));
        let asked = asked.ok_or_else(|| invalid("version", value, A_VERSION))?;
        envelope.version = VERSION.min(asked);
        if asked < VERSION {
            return Err(Denial::Version { asked });
        }
        Ok(())
    }

    fn request(&self) -> Result<Request, Denial> {
        let content_id = self.required("contentID", &self.content_id, A_GUID)?;
        let (_, content_id) = guid("contentID", content_id)?;
        let cookie = self.customer_cookie()?;
        let cookie = || {
            let missing = || self.missing("customerCookie", A_COOKIE);
            cookie.clone().ok_or_else(missing)
        };
        let kind = match &self.request_type {
            None => Kind::TimeBased,
            Some(value) => match value.as_u64() {
                Some(1) => Kind::TimeBased,
                Some(2) => Kind::Registration(cookie()?),
                Some(3) => Kind::DeviceBound(cookie()?),
                _ => return Err(invalid("requestType", value, A_REQUEST_TYPE)),
            },
        };
        Ok(Request { content_id, kind })
    }

    /// The cookie, which is right wherever it stands, though not every type needs it.
    fn customer_cookie(&self) -> Result<Option<Cookie>, Denial> {
        let Some(value) = &self.customer_cookie else {
            return Ok(None);
        };
        let wrong = |got| Denial::Invalid {
            member: "customerCookie",
            got,
            takes: A_COOKIE,
        };
        match value.as_str() {
            Some("") => Ok(None),
            // A customer's cookie is not repeated.
            Some(text) => match text.parse() {
                Ok(cookie) => Ok(Some(cookie)),
                Err(_) if text.chars().any(char::is_control) => {
                    Err(wrong("one with a control character".to_owned()))
                }
                Err(_) => Err(wrong(format!("{} characters", text.chars().count()))),
            },
            None => Err(invalid("customerCookie", value, A_COOKIE)),
        }
    }

    fn required<'m>(
        &self,
        member: &'static str,
        value: &'m Option<Value>,
        takes: &'static str,
    ) -> Result<&'m Value, Denial> {
        value.as_ref().ok_or_else(|| self.missing(member, takes))
    }

    fn missing(&self, member: &'static str, takes: &'static str) -> Denial {
        let misspelt = self
            .others
            .keys()
            .find(|name| name.eq_ignore_ascii_case(member));
        Denial::Missing {
            member,
            misspelt: misspelt.cloned(),
            takes,
        }
    }
}

fn guid<'m>(member: &'static str, value: &'m Value) -> Result<(&'m str, Uuid), Denial> {
    let text = value.as_str();
    let read = text.and_then(|text| Some((text, Uuid::try_parse(text).ok()?)));
    read.ok_or_else(|| invalid(member, value, A_GUID))
}

fn invalid(member: &'static str, value: &Value, takes: &'static str) -> Denial {
    let text = match value {
        Value::Array(_) => "an array".to_owned(),
        Value::Object(_) => "an object".to_owned(),
        // Control characters are escaped in it.
        plain => plain.to_string(),
    };
    let cut = text.char_indices().nth(SHOWN_CHARS);
    Denial::Invalid {
        member,
        got: cut.map_or_else(|| text.clone(), |(at, _)| format!("{}…", &text[..at])),
        takes,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    const ID: &str = "0F8FAD5B-d9cb-469f-a165-70867728950e";
    const CONTENT: &str = "2d4c84e2-a026-4e1a-9394-b564c2cf8d6e";

    /// A good request, with some members changed; `null` takes one out.
    fn with(changes: &Value) -> Value {
        let mut message = json!({
            "messageID": ID, "version": 1, "requestType": 3, "contentID": CONTENT,
            "customerCookie": "a customer's own",
        });
        for (name, value) in changes.as_object().unwrap() {
            message[name] = value.clone();
        }
        message
    }

    fn read_value(message: &Value) -> (Envelope, Result<Request, Denial>) {
        read(message.to_string().as_bytes())
    }

    fn kind(changes: &Value) -> Kind {
        read_value(&with(changes)).1.unwrap().kind
    }

    fn words(changes: &Value) -> String {
        read_value(&with(changes)).1.unwrap_err().to_string()
    }

    #[test]
    fn a_request_is_one_of_three_types_and_time_based_where_it_does_not_say() {
        let cookie: Cookie = "a customer's own".parse().unwrap();
        assert_eq!(kind(&json!({ "requestType": 1 })), Kind::TimeBased);
        assert_eq!(kind(&json!({ "requestType": null })), Kind::TimeBased);
        assert_eq!(
            kind(&json!({ "requestType": 2 })),
            Kind::Registration(cookie.clone())
        );
        assert_eq!(kind(&json!({})), Kind::DeviceBound(cookie));
        let anonymous = json!({ "requestType": 1, "customerCookie": "" });
        assert_eq!(kind(&anonymous), Kind::TimeBased);
        let (_, request) = read_value(&with(&json!({})));
        assert_eq!(request.unwrap().content_id.to_string(), CONTENT);
    }

    #[test]
    fn an_answer_repeats_the_id_letter_by_letter_and_no_version_above_the_requests() {
        for (asked, answered) in [(1, 1), (2, 1), (0, 0), (-7, -7), (i64::MAX, 1)] {
            let (envelope, request) = read_value(&with(&json!({ "version": asked })));
            assert_eq!(envelope.id, Some(MessageId(ID.to_owned())));
            assert_eq!(envelope.version, answered);
            assert_eq!(request.is_ok(), asked >= 1, "{asked}");
        }
        let (envelope, request) = read_value(&with(&json!({ "version": u64::MAX })));
        assert!(request.is_ok() && envelope.version == 1);
        for id in [
            CONTENT.to_uppercase(),
            format!("{{{CONTENT}}}"),
            CONTENT.replace('-', ""),
        ] {
            let (envelope, request) = read_value(&with(&json!({ "messageID": id })));
            assert_eq!(envelope.id, Some(MessageId(id)));
            assert!(request.is_ok());
        }
        let (envelope, _) = read_value(&with(&json!({ "messageID": "7", "version": 0 })));
        assert_eq!((envelope.id, envelope.version), (None, 0));
    }

    #[test]
    fn what_is_wrong_is_said_by_member_with_what_came_and_what_is_taken() {
        for (changes, expected) in [
            (
                json!({ "messageID": null }),
                "messageID is missing. It takes a GUID",
            ),
            (
                json!({ "messageID": "x" }),
                "messageID is \"x\". It takes a GUID",
            ),
            (
                json!({ "version": null }),
                "version is missing. It takes a whole number",
            ),
            (
                json!({ "version": "1" }),
                "version is \"1\". It takes a whole number",
            ),
            (
                json!({ "version": 1.5 }),
                "version is 1.5. It takes a whole number",
            ),
            (
                json!({ "version": 0 }),
                "version is 0, and the lowest that is spoken here is 1",
            ),
            (
                json!({ "contentID": null }),
                "contentID is missing. It takes a GUID",
            ),
            (
                json!({ "contentID": null, "contentId": CONTENT }),
                "contentID is missing; there is contentId, and names are case-sensitive.",
            ),
            (
                json!({ "contentID": [CONTENT] }),
                "contentID is an array. It takes a GUID",
            ),
            (
                json!({ "requestType": 4 }),
                "requestType is 4. It takes 1 (time-based), 2 (device registration) or 3",
            ),
            (
                json!({ "requestType": "3" }),
                "requestType is \"3\". It takes 1",
            ),
            (
                json!({ "customerCookie": null }),
                "customerCookie is missing. It takes 1 to 32 characters",
            ),
            (
                json!({ "requestType": 2, "customerCookie": "" }),
                "customerCookie is missing.",
            ),
            (
                json!({ "requestType": 1, "customerCookie": "a".repeat(33) }),
                "customerCookie is 33 characters. It takes 1 to 32",
            ),
            (
                json!({ "customerCookie": "a\nb" }),
                "customerCookie is one with a control character.",
            ),
            (
                json!({ "customerCookie": 7 }),
                "customerCookie is 7. It takes 1 to 32",
            ),
        ] {
            let words = words(&changes);
            assert!(words.starts_with(expected), "{changes}: {words}");
        }
        let long = words(&json!({ "contentID": "0".repeat(1000) }));
        assert!(long.len() < 200 && long.contains('…'), "{long}");
    }

    #[test]
    fn what_is_no_message_is_said_by_place_and_not_quoted() {
        for (body, expected) in [
            ("", "it is empty"),
            ("{", "it is not JSON from line 1, column 1 on"),
            ("secret", "it is not JSON from line 1"),
            ("messageID=secret", "it is not JSON"),
            ("\"secret\"", "a JSON object is wanted"),
            ("[\"secret\", 1, 1]", "a JSON object is wanted"),
            ("null", "a JSON object is wanted"),
            (
                "{\"version\": 1, \"version\": 2}",
                "each of whose members stands in it once",
            ),
        ] {
            let (envelope, request) = read(body.as_bytes());
            let words = request.unwrap_err().to_string();
            assert!(words.contains(expected), "{body}: {words}");
            assert!(!words.contains("secret"), "{words}");
            assert_eq!(envelope, Envelope::blank());
        }
        let deep = "[".repeat(100_000);
        assert!(read(deep.as_bytes()).1.is_err());
    }

    /// Any JSON, some of it with the members' own names.
    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            ".*".prop_map(Value::from),
            Just(json!(CONTENT)),
            (0..4).prop_map(Value::from),
        ];
        let names = prop_oneof![
            "messageID|version|requestType|contentID|customerCookie",
            ".*"
        ];
        leaf.prop_recursive(3, 32, 6, move |inner| {
            let pairs = proptest::collection::vec((names.clone(), inner.clone()), 0..6);
            prop_oneof![
                proptest::collection::vec(inner, 0..4).prop_map(Value::from),
                pairs.prop_map(|pairs| Value::Object(pairs.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn whatever_bytes_come_are_answered(body: Vec<u8>) {
            let (envelope, _) = read(&body);
            prop_assert!(envelope.version <= 1);
        }

        #[test]
        fn whatever_json_comes_is_read_right_or_refused(message in any_json()) {
            let (envelope, request) = read_value(&message);
            let version = message.get("version").and_then(Value::as_i64);
            prop_assert!(version.is_none_or(|version| envelope.version <= version));
            if let Some(MessageId(id)) = &envelope.id {
                prop_assert_eq!(message["messageID"].as_str(), Some(id.as_str()));
            }
            if request.is_ok() {
                prop_assert!(envelope.id.is_some() && version.is_some_and(|version| version >= 1));
                prop_assert!(message["contentID"].is_string());
            }
        }

        #[test]
        fn a_good_request_is_read_whatever_its_cookie_and_whatever_else_it_holds(
            cookie in "[^\\p{C}]{1,32}", other in "[a-z]{1,8}", value in any_json(),
        ) {
            let mut message = with(&json!({ "customerCookie": cookie }));
            if message.get(&other).is_none() {
                message[other] = value;
            }
            let request = read_value(&message).1.unwrap();
            prop_assert_eq!(request.kind, Kind::DeviceBound(cookie.parse().unwrap()));
        }
    }
}
