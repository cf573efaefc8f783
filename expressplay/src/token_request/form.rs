//! A form as ordered pairs.

use std::{fmt, ops::RangeInclusive, str::FromStr};

use super::number;
use crate::{ErrorCode, Refusal};

/// The pairs of a query or a form body, decoded, in order. Names are case-sensitive; of two pairs
/// with one name the first counts.
///
/// May hold secrets, so it prints the names alone.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Form {
    pairs: Vec<(String, String)>,
}

impl Form {
    /// Reads `application/x-www-form-urlencoded`.
    #[must_use]
    pub fn parse(encoded: &[u8]) -> Self {
        form_urlencoded::parse(encoded).into_owned().collect()
    }

    /// Writes `application/x-www-form-urlencoded`.
    #[must_use]
    pub fn encode(&self) -> String {
        form_urlencoded::Serializer::new(String::new())
            .extend_pairs(&self.pairs)
            .finish()
    }

    /// The value of a name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.pairs
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }

    /// What a name's value is read as; a refusal names the parameter.
    ///
    /// # Errors
    /// What the type's own parsing says.
    pub fn read<T: FromStr<Err = Refusal>>(&self, name: &str) -> Result<Option<T>, Refusal> {
        let read = |text: &str| text.parse().map_err(|it: Refusal| it.at(name.to_owned()));
        self.get(name).map(read).transpose()
    }

    /// A number in decimal digits, within a range.
    pub(super) fn number<T: FromStr + PartialOrd>(
        &self,
        name: &str,
        range: RangeInclusive<T>,
        code: ErrorCode,
    ) -> Result<Option<T>, Refusal> {
        let wrong = |text| Refusal::wrong(code, name.to_owned(), text);
        let read = |text| number(text, range).ok_or_else(|| wrong(text));
        self.get(name).map(read).transpose()
    }

    /// Every name, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.pairs.iter().map(|(name, _)| name.as_str())
    }

    /// Every pair, in order.
    #[must_use]
    pub fn pairs(&self) -> &[(String, String)] {
        &self.pairs
    }

    /// Adds a pair at the end.
    pub fn push(&mut self, name: impl Into<String>, value: impl Into<String>) {
        self.pairs.push((name.into(), value.into()));
    }

    /// Takes every pair of a name out.
    pub fn remove(&mut self, name: &str) {
        self.pairs.retain(|(key, _)| key != name);
    }

    pub(super) fn set(&mut self, name: &str, value: impl fmt::Display) {
        self.pairs.push((name.to_owned(), value.to_string()));
    }

    pub(super) fn set_some(&mut self, name: &str, value: Option<impl fmt::Display>) {
        if let Some(value) = value {
            self.set(name, value);
        }
    }
}

impl FromIterator<(String, String)> for Form {
    fn from_iter<I: IntoIterator<Item = (String, String)>>(pairs: I) -> Self {
        Self {
            pairs: pairs.into_iter().collect(),
        }
    }
}

impl IntoIterator for Form {
    type Item = (String, String);
    type IntoIter = std::vec::IntoIter<(String, String)>;

    fn into_iter(self) -> Self::IntoIter {
        self.pairs.into_iter()
    }
}

impl Extend<(String, String)> for Form {
    fn extend<I: IntoIterator<Item = (String, String)>>(&mut self, pairs: I) {
        self.pairs.extend(pairs);
    }
}

impl fmt::Debug for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.names()).finish()
    }
}
