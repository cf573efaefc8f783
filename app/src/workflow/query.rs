//! What a viewer looks at: a run, and of it a message, a value, or its beginning.

use expressplay::Cookie;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Episode;

/// What to show. As a query it is all of the view's state, so that a view can be linked to, and
/// needs no script.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkflowQuery {
    /// The run, by its cookie; the newest where none is chosen.
    pub run: Option<Cookie>,
    /// The message whose contents are shown.
    pub message: Option<i64>,
    /// The value that is followed.
    pub value: Option<String>,
    /// How many arrows of a replay are shown; none for all of them, as they come.
    pub upto: Option<usize>,
    /// The newest message that a replay knows of: what comes later does not move its places.
    pub until: Option<i64>,
    /// Whether to show all of a long run, and not its newest part alone.
    pub whole: bool,
}

/// So many characters has the longest value that can be followed: a kid of 64, after its mark.
#[cfg(feature = "ssr")]
const LONGEST_VALUE: usize = 65;

#[cfg(feature = "ssr")]
impl WorkflowQuery {
    /// What a query asks for, by the values of its parameters; what cannot be read of it counts as
    /// not asked.
    #[must_use]
    pub fn read(value_of: impl Fn(&str) -> Option<String>) -> Self {
        Self {
            run: value_of("run").and_then(|text| text.parse().ok()),
            message: value_of("message").and_then(|text| text.parse().ok()),
            value: value_of("value").filter(|text| text.chars().count() <= LONGEST_VALUE),
            upto: value_of("upto").and_then(|text| text.parse().ok()),
            until: value_of("until").and_then(|text| text.parse().ok()),
            whole: value_of("whole").as_deref() == Some("true"),
        }
    }

    /// Whether all of a run is wanted: the places of a replay are counted from its beginning.
    #[must_use]
    pub fn wants_whole(&self) -> bool {
        self.whole || self.upto.is_some()
    }

    /// Where a page shows it.
    #[must_use]
    pub fn href(&self) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        let pairs = [
            ("run", self.run.as_ref().map(ToString::to_string)),
            ("message", self.message.map(|id| id.to_string())),
            ("value", self.value.clone()),
            ("upto", self.upto.map(|place| place.to_string())),
            ("until", self.until.map(|id| id.to_string())),
            ("whole", self.whole.then(|| "true".to_owned())),
        ];
        for (name, value) in pairs {
            if let Some(value) = value {
                query.append_pair(name, &value);
            }
        }
        let query = query.finish();
        match query.is_empty() {
            true => super::view::PAGE.to_owned(),
            false => format!("{}?{query}", super::view::PAGE),
        }
    }
}

/// Everything that happened under one cookie: a device's registration, and what was sold and
/// played under it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Run {
    /// The cookie.
    pub cookie: Cookie,
    /// When it began, by real time.
    pub at: Timestamp,
    /// How many messages it has.
    pub messages: u32,
}

/// A viewer's runs, and the one that is looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Workflow {
    /// The viewer, by the email address.
    pub viewer: String,
    /// All runs, newest first.
    pub runs: Vec<Run>,
    /// The run that is looked at; none where there is none.
    pub shown: Option<Cookie>,
    /// How many occasions of it come before those that are here.
    #[serde(default)]
    pub earlier: u32,
    /// What happened in it, in order.
    pub episodes: Vec<Episode>,
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use super::*;

    fn read(query: &[(&str, &str)]) -> WorkflowQuery {
        let value_of = |name: &str| query.iter().find(|(it, _)| *it == name);
        WorkflowQuery::read(|name| value_of(name).map(|(_, value)| (*value).to_owned()))
    }

    #[test]
    fn what_is_read_of_a_link_is_what_it_was_made_of() {
        let query = WorkflowQuery {
            run: Some(Cookie::from_random([1; 16])),
            message: Some(3),
            value: Some("an id & more".to_owned()),
            upto: Some(4),
            until: Some(5),
            whole: true,
        };
        let href = query.href();
        let (_, text) = href.split_once('?').unwrap();
        let pairs: Vec<_> = form_urlencoded::parse(text.as_bytes())
            .into_owned()
            .collect();
        let pairs: Vec<_> = (pairs.iter())
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        assert_eq!(read(&pairs), query);
    }

    #[test]
    fn what_cannot_be_read_counts_as_not_asked() {
        let long = "a".repeat(LONGEST_VALUE + 1);
        for pair in [
            ("run", ""),
            ("message", "1e3"),
            ("value", long.as_str()),
            ("upto", "-1"),
            ("until", "all"),
            ("whole", "yes"),
        ] {
            assert_eq!(read(&[pair]), WorkflowQuery::default(), "{pair:?}");
        }
        let longest = "a".repeat(LONGEST_VALUE);
        assert_eq!(read(&[("value", longest.as_str())]).value, Some(longest));
    }
}
