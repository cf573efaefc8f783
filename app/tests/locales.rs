//! The languages say the same things. That each says all of them, the build checks too.

#![expect(
    clippy::unwrap_used,
    reason = "a test that meets what it does not expect ends there"
)]

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

const ENGLISH: &str = include_str!("../locales/en.json");
const SWEDISH: &str = include_str!("../locales/sv.json");

/// What is written alike in both.
const ALIKE: [&str; 7] = [
    "history.token",
    "words.date",
    "words.left_minutes",
    "search.genre",
    "search.one",
    "words.left_seconds",
    "workflow.took",
];

/// Every text by its key, such as `catalogue.heading`.
fn texts(json: &str) -> BTreeMap<String, String> {
    let mut texts = BTreeMap::new();
    collect("", &serde_json::from_str(json).unwrap(), &mut texts);
    texts
}

fn collect(key: &str, value: &Value, texts: &mut BTreeMap<String, String>) {
    match value {
        Value::String(text) => {
            texts.insert(key.to_owned(), text.clone());
        }
        Value::Object(group) => {
            for (name, value) in group {
                let key = format!("{key}.{name}");
                collect(key.trim_start_matches('.'), value, texts);
            }
        }
        other => panic!("{key} is no text: {other}"),
    }
}

/// The names between `{{` and `}}`.
fn values_in(text: &str) -> BTreeSet<&str> {
    let opened = text.split("{{").skip(1);
    opened
        .map(|rest| rest.split_once("}}").unwrap().0.trim())
        .collect()
}

#[test]
fn both_languages_have_the_same_texts() {
    let keys = |json| texts(json).into_keys().collect::<BTreeSet<_>>();
    let (english, swedish) = (keys(ENGLISH), keys(SWEDISH));
    let differ: Vec<_> = english.symmetric_difference(&swedish).collect();
    assert!(differ.is_empty(), "in one language alone: {differ:?}");
}

#[test]
fn both_languages_name_the_same_values() {
    let swedish = texts(SWEDISH);
    for (key, english) in texts(ENGLISH) {
        assert_eq!(values_in(&english), values_in(&swedish[&key]), "{key}");
    }
}

#[test]
fn no_text_is_empty_and_none_is_left_in_english() {
    let swedish = texts(SWEDISH);
    for (key, english) in texts(ENGLISH) {
        let swedish = &swedish[&key];
        assert!(
            !english.trim().is_empty() && !swedish.trim().is_empty(),
            "{key}"
        );
        assert!(
            english != *swedish || ALIKE.contains(&key.as_str()),
            "{key}: {english}"
        );
    }
}

/// Markup would be a component to leptos_i18n, which drops the values before one.
#[test]
fn no_text_has_markup() {
    for (key, text) in texts(ENGLISH).into_iter().chain(texts(SWEDISH)) {
        assert!(!text.contains(['<', '>']), "{key}: {text}");
    }
}
