//! The JSON that a call of the control plane takes, and what is said of JSON that it does not.

use axum::{
    body::Bytes,
    extract::{FromRequest, Request},
};
use http::StatusCode;
use serde::de::DeserializeOwned;
use serde_json::{Value, error::Category};
use serde_path_to_error::{Path, Segment};

use super::Problem;
use crate::service::Service;

/// A JSON body, whatever its content type: curl's is a form's unless told otherwise. No body is
/// an empty object.
pub(crate) struct Body<T>(pub(crate) T);

impl<T: DeserializeOwned> FromRequest<Service> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, service: &Service) -> Result<Self, Problem> {
        let bytes = Bytes::from_request(request, service)
            .await
            .map_err(|rejection| Problem::new(rejection.status(), rejection.body_text()))?;
        read(&bytes)
            .map(Self)
            .map_err(|why| Problem::new(StatusCode::BAD_REQUEST, why))
    }
}

fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, String> {
    let text = match bytes.trim_ascii() {
        [] => b"{}",
        text => text,
    };
    let first = text[0];
    // Or else serde would take the members of a list for those of an object, in their order.
    if first == b'[' {
        return Err("this call takes a JSON object, and got a list".to_owned());
    }
    let mut json = serde_json::Deserializer::from_slice(text);
    let value =
        serde_path_to_error::deserialize(&mut json).map_err(
            |error| match serde_json::from_slice(text) {
                Ok(body) if !error.inner().is_data() => no_choice(&body, error.path()),
                _ => explained(&error),
            },
        )?;
    json.end().map_err(|error| in_plain_words(&error))?;
    Ok(value)
}

/// What is wrong, and where.
pub(super) fn explained(error: &serde_path_to_error::Error<serde_json::Error>) -> String {
    let place = error.path().to_string();
    let why = in_plain_words(error.inner());
    match (place.as_str(), error.inner().classify()) {
        ("." | "?", _) | (_, Category::Syntax | Category::Eof) => why,
        _ => format!("{place}: {why}"),
    }
}

/// What is said of JSON where one of several things is to be chosen, and none was, or two: serde
/// takes it for none at all.
fn no_choice(body: &Value, path: &Path) -> String {
    let mut place = vec![];
    let mut value = body;
    for segment in path {
        let found = match segment {
            Segment::Map { key } => value.get(key),
            Segment::Seq { index } => value.get(index),
            Segment::Enum { .. } | Segment::Unknown => None,
        };
        let Some(found) = found else { break };
        place.push(segment.to_string());
        value = found;
    }
    let got = match value {
        Value::Object(members) if !members.is_empty() => {
            let mut names: Vec<_> = members.keys().map(|name| format!("`{name}`")).collect();
            names.sort();
            names.join(" and ")
        }
        Value::Object(_) => "an empty object".to_owned(),
        Value::Array(_) => "a list".to_owned(),
        other => other.to_string(),
    };
    let place = place.join(".");
    format!("{place}: it takes a name, or an object with one member, and got {got}")
}

/// What serde says, without the names of Rust's types.
fn in_plain_words(error: &serde_json::Error) -> String {
    let (line, column) = (error.line(), error.column());
    if !error.is_data() {
        return format!("the body is not JSON: look at line {line}, column {column}");
    }
    let said = error.to_string();
    let said = said
        .strip_suffix(&format!(" at line {line} column {column}"))
        .unwrap_or(&said);
    if let Some((strange, known)) = said.split_once(", expected ")
        && let Some(kind) = strange.split_once(" `").map(|(kind, _)| kind)
        && matches!(kind, "unknown field" | "unknown variant")
    {
        let known = known.trim_start_matches("one of ");
        return match kind {
            // Its name stands before this.
            "unknown field" => format!("there is no such name here; there is {known}"),
            _ => {
                let name = strange.trim_start_matches("unknown variant ");
                format!("it takes {known}, and got {name}")
            }
        };
    }
    if let Some(name) = said.strip_prefix("missing field ") {
        return format!("{name} is missing");
    }
    if let Some(name) = said.strip_prefix("duplicate field ") {
        return format!("{name} stands there twice");
    }
    let wrong = ["invalid type: ", "invalid value: "];
    let parts = wrong.iter().find_map(|it| said.strip_prefix(it));
    match parts.and_then(|it| it.rsplit_once(", expected ")) {
        Some((got, wanted)) => {
            format!(
                "it takes {}, and got {}",
                wanted_in_words(wanted),
                got_in_words(got)
            )
        }
        None => said.to_owned(),
    }
}

fn wanted_in_words(wanted: &str) -> &str {
    match wanted {
        "u16" | "u32" | "u64" => "a whole number, 0 or more",
        "f64" => "a number",
        "a boolean" => "true or false",
        "a string" | "string or map" => "a text",
        "a sequence" => "a list",
        "unit" => "no value: its name alone is the effect",
        "newtype variant" | "struct variant" => "a value: write it as an object",
        _ if wanted.starts_with("struct ") => "an object",
        _ => wanted,
    }
}

fn got_in_words(got: &str) -> String {
    match got {
        "sequence" => "a list".to_owned(),
        "map" => "an object".to_owned(),
        "unit variant" => "its name alone".to_owned(),
        _ => {
            // A kind, and what it was.
            let kinds = ["string ", "integer `", "floating point `", "boolean `"];
            let value = kinds.iter().find_map(|kind| got.strip_prefix(kind));
            value.unwrap_or(got).trim_end_matches('`').to_owned()
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::{
        control::{ChangeSettings, NewSandbox, SetClock},
        fault::NewFault,
    };

    fn said<T: serde::de::DeserializeOwned>(text: &str) -> String {
        super::read::<T>(text.as_bytes()).err().unwrap()
    }

    #[test]
    fn a_body_that_is_wrong_is_told_where_and_what_belongs_there() {
        let whole = "a whole number, 0 or more";
        for (text, why) in [
            (
                r#"{"effect":"reset","times":"two"}"#,
                format!(r#"times: it takes {whole}, and got "two""#),
            ),
            (
                r#"{"effect":"reset","times":-1}"#,
                format!("times: it takes {whole}, and got -1"),
            ),
            (
                r#"{"effect":"reset","times":1.5}"#,
                format!("times: it takes {whole}, and got 1.5"),
            ),
            (
                r#"{"effect":"reset","share":"x"}"#,
                r#"share: it takes a number, and got "x""#.to_owned(),
            ),
            (
                r#"{"effect":"reset","call":"licence"}"#,
                "call: it takes `token`, `license`, `records`, `keys`, and got `licence`"
                    .to_owned(),
            ),
            ("{}", "`effect` is missing".to_owned()),
            (
                r#"{"effect":"reset","effect":"reset"}"#,
                "`effect` stands there twice".to_owned(),
            ),
            (
                r#"{"effect":{"reset":1}}"#,
                "effect.reset: it takes no value: its name alone is the effect, and got 1"
                    .to_owned(),
            ),
            (
                r#"{"effect":"latency"}"#,
                "effect.latency: it takes a value: write it as an object, and got its name alone"
                    .to_owned(),
            ),
            (
                r#"{"effect":{"status":200}}"#,
                "effect.status: a fault's status is 400 to 599".to_owned(),
            ),
        ] {
            assert_eq!(said::<NewFault>(text), why);
        }
        for (effect, got) in [
            (r#"{"status":503,"error":-2019}"#, "`error` and `status`"),
            (r#"{"latency":{"ms":5},"times":3}"#, "`latency` and `times`"),
            ("{}", "an empty object"),
            ("null", "null"),
            ("5", "5"),
            (r#"["reset"]"#, "a list"),
        ] {
            assert_eq!(
                said::<NewFault>(&format!(r#"{{"effect":{effect}}}"#)),
                format!("effect: it takes a name, or an object with one member, and got {got}")
            );
        }
        assert_eq!(
            said::<NewFault>(r#"{"effect":{"status":503"#),
            "the body is not JSON: look at line 1, column 23"
        );
        for latency in [r#"{"ms":50,"toMs":4}"#, r#"{"p50Ms":4}"#, "5", "[5]"] {
            let why = said::<NewFault>(&format!(r#"{{"effect":{{"latency":{latency}}}}}"#));
            assert!(
                why.starts_with("effect.latency: it takes {\"ms\"}"),
                "{why}"
            );
        }
        for (text, why) in [
            ("[1]", "this call takes a JSON object, and got a list"),
            ("5", "it takes an object, and got 5"),
            (
                r#"{"frozen":1}"#,
                "frozen: it takes true or false, and got 1",
            ),
            (
                r#"{"clock":1}"#,
                "clock: there is no such name here; there is `now` or `frozen`",
            ),
            (
                r#"{"now":"tomorrow"}"#,
                "now: it takes RFC 3339 with Z, such as 2030-01-01T00:00:00Z, and got \"tomorrow\"",
            ),
            (
                r#"{"now":"2030-01-01"}"#,
                "now: it takes RFC 3339 with Z, such as 2030-01-01T00:00:00Z, and got \"2030-01-01\"",
            ),
            (r#"{"now":5}"#, "now: it takes a text, and got 5"),
            (
                r#"{"frozen":true"#,
                "the body is not JSON: look at line 1, column 14",
            ),
            ("now=x", "the body is not JSON: look at line 1, column 2"),
            (
                r#"{"frozen":true} {}"#,
                "the body is not JSON: look at line 1, column 17",
            ),
        ] {
            assert_eq!(said::<SetClock>(text), why, "{text}");
        }
        assert_eq!(
            said::<NewSandbox>(r#"{"accounts":{}}"#),
            "accounts: it takes a list, and got an object"
        );
        assert_eq!(
            said::<ChangeSettings>(r#"{"disabledDrms":"wv"}"#),
            r#"disabledDrms: it takes a list, and got "wv""#
        );
        assert!(super::read::<SetClock>(b" \n").is_ok());
        let right = r#"{"now":"2030-01-01T00:00:00Z"}"#;
        for fine in [right, r#"{"now":null}"#] {
            assert!(super::read::<SetClock>(fine.as_bytes()).is_ok(), "{fine}");
        }
    }
}
