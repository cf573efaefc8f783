//! A message as a curl command, with shell variables where its secrets were.

use expressplay::{
    ClearKeyRequest, KeyId,
    challenge::{KidBytes, PlainChallenge, SessionType},
    parameter::base_of,
};

use super::{Act, Field, Message, Party, Value};

/// A command, and the variables that it wants to be set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Curl {
    /// The command, over several lines.
    pub command: String,
    /// The variables, in the order in which it has them.
    pub variables: Vec<String>,
}

impl Curl {
    /// The command that sends a message again.
    #[must_use]
    pub fn of(message: &Message) -> Self {
        let mut curl = Self {
            command: String::new(),
            variables: vec![],
        };
        match (message.act.is_license(), message.act.to()) {
            (true, _) => curl.license(message),
            (false, Party::Entitlement) => curl.shop(message),
            (false, _) => curl.expressplay(message),
        }
        curl
    }

    fn expressplay(&mut self, message: &Message) {
        let get = if message.method == "GET" {
            " --get"
        } else {
            ""
        };
        self.line(&format!(
            "curl --silent --show-error{get} '{}'",
            quoted(&message.url)
        ));
        for Field { name, value } in &message.asked {
            match (name.strip_prefix("Cookie: "), value.as_text()) {
                (Some(name), Some(text)) => {
                    self.option(&format!("--cookie '{name}={}'", quoted(&text)));
                }
                (None, Some(text)) => {
                    self.option(&format!("--data-urlencode '{name}={}'", quoted(&text)));
                }
                (_, None) => {
                    let variable = self.variable(&variable_of(name));
                    self.option(&format!("--data-urlencode \"{name}={variable}\""));
                }
            }
        }
    }

    /// A licence request, for which a device signs afresh, unless it was not signed.
    fn license(&mut self, message: &Message) {
        let kids: Vec<_> = message
            .asked
            .iter()
            .filter_map(|field| match &field.value {
                Value::Kid(kid) => Some(format!(" --kid {kid}")),
                _ => None,
            })
            .collect();
        let token = self.variable("TOKEN_URL");
        self.line(&format!("curl --silent --show-error \"{token}\""));
        if let Some(plain) = plain(message) {
            self.option("--header 'Content-Type: application/json'");
            self.option(&format!("--data '{}'", quoted(&plain)));
            return;
        }
        let key = self.variable("DEVICE_KEY");
        self.option("--header 'Content-Type: application/jose'");
        self.option(&format!(
            "--data \"$(simulator device sign \"{key}\" \"{token}\"{})\"",
            kids.concat()
        ));
    }

    /// A call of the shop's own, for whoever is signed in.
    fn shop(&mut self, message: &Message) {
        let (shop, session) = (self.variable("SHOP"), self.variable("SHOP_COOKIES"));
        self.line(&format!(
            "curl --silent --show-error \"{shop}{}\"",
            message.url
        ));
        self.option(&format!("--cookie \"{session}\""));
        if matches!(message.act, Act::PlaceOrder | Act::MoveOrder) {
            for Field { name, value } in &message.asked {
                match value.as_text() {
                    Some(text) => {
                        self.option(&format!("--data-urlencode '{name}={}'", quoted(&text)));
                    }
                    None => {
                        let variable = self.variable(&variable_of(name));
                        self.option(&format!("--data-urlencode \"{name}={variable}\""));
                    }
                }
            }
            return;
        }
        let arguments: serde_json::Map<_, _> = message
            .asked
            .iter()
            .filter_map(|field| Some((field.name.clone(), field.value.as_text()?.into())))
            .collect();
        let arguments = serde_json::Value::from(arguments).to_string();
        self.option("--header 'Content-Type: application/json'");
        self.option(&format!("--data '{}'", quoted(&arguments)));
    }

    fn line(&mut self, text: &str) {
        self.command.push_str(text);
    }

    fn option(&mut self, text: &str) {
        self.command.push_str(" \\\n  ");
        self.command.push_str(text);
    }

    fn variable(&mut self, name: &str) -> String {
        let variable = format!("${name}");
        if !self.variables.contains(&variable) {
            self.variables.push(variable.clone());
        }
        variable
    }
}

/// The body of a licence request that was not signed.
fn plain(message: &Message) -> Option<String> {
    if !message.is_plain() {
        return None;
    }
    let kids = message.asked.iter().filter_map(|field| match &field.value {
        Value::Kid(kid) => kid.parse::<KeyId>().ok(),
        _ => None,
    });
    let challenge = PlainChallenge {
        request: ClearKeyRequest {
            kids: kids.map(|kid| KidBytes(kid.clear_key_bytes())).collect(),
            session: SessionType::Temporary,
        },
        device_id: message.device(),
    };
    serde_json::to_string(&challenge).ok()
}

/// The variable for a secret: `$EP_AUTH`, `$CEK`; of several keys `$CEK_1`.
fn variable_of(name: &str) -> String {
    let index = name.strip_prefix(base_of(name)).unwrap_or_default();
    let base = match base_of(name) {
        "customerAuthenticator" => "EP_AUTH",
        "contentKey" => "CEK",
        "card_number" => "CARD",
        _ => "SECRET",
    };
    format!("{base}{}", index.replace('.', "_"))
}

/// Text that stands between single quotes in a shell.
fn quoted(text: &str) -> String {
    text.replace('\'', r"'\''")
}

#[cfg(test)]
mod tests {
    use expressplay::{
        challenge::PLAIN_TYPE,
        trace_context::{SpanId, TraceId, TraceParent},
    };
    use jiff::Timestamp;

    use super::*;

    fn message(act: Act, method: &str, url: &str, asked: Vec<Field>) -> Message {
        Message {
            id: 1,
            traceparent: TraceParent {
                trace: TraceId::from_random([1; 16]),
                span: SpanId::from_random([1; 8]),
            },
            act,
            at: Timestamp::UNIX_EPOCH,
            micros: None,
            method: method.to_owned(),
            url: url.to_owned(),
            asked,
            outcome: None,
            answered: vec![],
            noted: vec![],
        }
    }

    #[test]
    fn secrets_become_variables_and_the_rest_is_quoted() {
        let asked = vec![
            Field::text("contentId", "it's"),
            Field::new("contentKey.0", Value::Secret),
            Field::new("contentKey.1", Value::Secret),
            Field::new("customerAuthenticator", Value::Secret),
        ];
        let curl = Curl::of(&message(Act::BoundToken, "POST", "http://x/token", asked));
        assert_eq!(curl.variables, ["$CEK_0", "$CEK_1", "$EP_AUTH"]);
        assert_eq!(
            curl.command,
            "curl --silent --show-error 'http://x/token' \\\n  \
             --data-urlencode 'contentId=it'\\''s' \\\n  \
             --data-urlencode \"contentKey.0=$CEK_0\" \\\n  \
             --data-urlencode \"contentKey.1=$CEK_1\" \\\n  \
             --data-urlencode \"customerAuthenticator=$EP_AUTH\""
        );
    }

    #[test]
    fn a_cookie_goes_as_it_went_and_a_question_is_asked_with_get() {
        let cookie = Value::Cookie("abc".parse().unwrap());
        let asked = vec![Field::new("Cookie: cookie", cookie.clone())];
        let curl = Curl::of(&message(Act::DummyToken, "POST", "http://x", asked));
        assert!(curl.command.ends_with("--cookie 'cookie=abc'"));
        let asked = vec![Field::new("cookie", cookie)];
        let curl = Curl::of(&message(Act::FindDevice, "GET", "http://x", asked));
        assert!(curl.command.contains("--get 'http://x'"));
        assert!(curl.variables.is_empty());
    }

    #[test]
    fn a_licence_request_is_signed_afresh() {
        let asked = vec![
            Field::new("ExpressPlayToken", Value::Token("ab".to_owned())),
            Field::new("kids", Value::Kid("0f".to_owned())),
        ];
        let curl = Curl::of(&message(Act::License, "POST", "http://x", asked));
        assert_eq!(curl.variables, ["$TOKEN_URL", "$DEVICE_KEY"]);
        assert!(
            curl.command
                .contains("$(simulator device sign \"$DEVICE_KEY\" \"$TOKEN_URL\" --kid 0f)")
        );
    }

    #[test]
    fn a_licence_request_that_was_not_signed_stays_so() {
        let asked = vec![
            Field::text("Content-Type", PLAIN_TYPE),
            Field::new(
                "kids",
                Value::Kid("00112233445566778899aabbccddeeff".to_owned()),
            ),
        ];
        let curl = Curl::of(&message(Act::License, "POST", "http://x", asked));
        assert_eq!(curl.variables, ["$TOKEN_URL"]);
        let body = r#"--data '{"kids":["ABEiM0RVZneImaq7zN3u_w"],"type":"temporary"}'"#;
        assert!(curl.command.ends_with(body), "{}", curl.command);
    }

    #[test]
    fn a_call_of_the_shops_own_is_json_and_the_till_is_a_form() {
        let asked = vec![Field::text("slug", "tidewater")];
        let curl = Curl::of(&message(Act::HandOver, "POST", "/api/hand_over", asked));
        assert!(
            curl.command
                .starts_with("curl --silent --show-error \"$SHOP/api/hand_over\"")
        );
        assert!(curl.command.ends_with(r#"--data '{"slug":"tidewater"}'"#));
        let asked = vec![Field::new("card_number", Value::Secret)];
        let curl = Curl::of(&message(Act::PlaceOrder, "POST", "/api/place_order", asked));
        assert!(
            curl.command
                .ends_with("--data-urlencode \"card_number=$CARD\"")
        );
    }
}
