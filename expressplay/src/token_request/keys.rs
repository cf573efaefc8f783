//! Where a token's keys come from, and how several stand in one form (API section 2, "Keys").

use std::collections::{BTreeMap, HashSet};

use super::Form;
use crate::{ContentKey, EncryptedKey, ErrorCode, KeyEncryptionKey, KeyId, Refusal};

/// The most keys that one token takes.
pub const MAX_KEYS: usize = 64;

/// Where a content key comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeySource {
    /// `contentKey`: it stands in the request.
    Clear(ContentKey),
    /// `kek` and `ek`: it stands there wrapped.
    Wrapped {
        /// What it is wrapped under.
        kek: KeyEncryptionKey,
        /// The wrapped key.
        ek: EncryptedKey,
    },
    /// `kek` and `kid`: it is in key storage.
    Stored {
        /// What it is wrapped under there.
        kek: KeyEncryptionKey,
    },
}

/// One key's place in a form: without an index, or with one (`kid.0`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Slot {
    Plain,
    Indexed(u16),
}

impl Slot {
    pub(super) fn name(self, base: &str) -> String {
        match self {
            Self::Plain => base.to_owned(),
            Self::Indexed(index) => format!("{base}.{index}"),
        }
    }

    /// What a parameter says of this key: its own, or else the one without an index.
    pub(super) fn get<'f>(self, form: &'f Form, base: &str) -> Option<&'f str> {
        form.get(&self.name(base)).or_else(|| form.get(base))
    }

    /// The slots to write `count` keys into.
    pub(super) fn for_count(count: usize) -> impl Iterator<Item = Self> {
        (0u16..).take(count).map(move |i| {
            if count == 1 {
                Self::Plain
            } else {
                Self::Indexed(i)
            }
        })
    }
}

/// One key as it stands in a form.
pub(super) struct Entry {
    pub(super) slot: Slot,
    pub(super) kid: Option<KeyId>,
    pub(super) key: KeySource,
}

/// Whether a key needs a kid.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kid {
    Required,
    Optional,
}

/// The parameters that make a slot a key, the rest only describe one.
const KEY_PARAMETERS: [&str; 3] = ["kid", "contentKey", "ek"];

/// Reads every key of a form, in the order of their indices, the one without an index first.
/// `described` names the other parameters that take an index.
pub(super) fn read(form: &Form, described: &[&str], kid: Kid) -> Result<Vec<Entry>, Refusal> {
    let mut slots: BTreeMap<Slot, bool> = BTreeMap::new();
    for name in form.names() {
        let (base, slot) = split(name);
        let is_key = KEY_PARAMETERS.contains(&base);
        let takes_index = is_key || base == "kek" || described.contains(&base);
        if is_key || (takes_index && slot != Slot::Plain) {
            *slots.entry(slot).or_default() |= is_key;
        }
    }
    if slots.is_empty() {
        // kek alone means a stored key, whose kid is missing.
        slots.insert(Slot::Plain, true);
    }
    if slots.len() > MAX_KEYS {
        return Err(Refusal::new(
            ErrorCode::KidInvalid,
            format!(
                "a token takes {MAX_KEYS} keys at most; it got {}",
                slots.len()
            ),
        ));
    }
    let any_key = form
        .names()
        .any(|name| matches!(split(name).0, "contentKey" | "ek" | "kek"));
    if !any_key {
        return Err(missing_key(form, kid));
    }
    // A key without a kid answers any kid, so it can only stand alone.
    let kid = if slots.len() > 1 { Kid::Required } else { kid };
    let mut seen = HashSet::new();
    slots
        .into_iter()
        .map(|(slot, is_key)| {
            if !is_key {
                return Err(index_without_key(slot));
            }
            let entry = read_one(form, slot, kid)?;
            if let Some(kid) = &entry.kid
                && !seen.insert(kid.clear_key_bytes())
            {
                return Err(Refusal::new(
                    ErrorCode::KidInvalid,
                    format!("kid {kid} stands twice"),
                ));
            }
            Ok(entry)
        })
        .collect()
}

fn read_one(form: &Form, slot: Slot, kid_rule: Kid) -> Result<Entry, Refusal> {
    let kid = form
        .get(&slot.name("kid"))
        .map(str::parse::<KeyId>)
        .transpose()?;
    let content_key = form.get(&slot.name("contentKey"));
    let ek = form.get(&slot.name("ek"));
    let kek = slot.get(form, "kek");

    let key = match (content_key, kek, ek) {
        (Some(_), Some(_), _) => {
            return Err(Refusal::new(
                ErrorCode::KekAndContentKey,
                "give contentKey, or kek with ek or with a stored kid",
            ));
        }
        (Some(key), None, _) => KeySource::Clear(key.parse()?),
        (None, Some(kek), Some(ek)) => KeySource::Wrapped {
            kek: kek.parse()?,
            ek: ek.parse()?,
        },
        (None, Some(kek), None) => KeySource::Stored { kek: kek.parse()? },
        (None, None, Some(_)) => {
            return Err(Refusal::new(
                ErrorCode::EncryptedKey,
                "ek needs the kek it is wrapped under",
            ));
        }
        (None, None, None) => return Err(index_without_key(slot)),
    };
    let needs_kid = kid_rule == Kid::Required || matches!(key, KeySource::Stored { .. });
    if needs_kid && kid.is_none() {
        return Err(Refusal::new(
            ErrorCode::KidMissing,
            format!(
                "{} is missing: 32 hexadecimal digits, or ^ and a name",
                slot.name("kid")
            ),
        ));
    }
    Ok(Entry { slot, kid, key })
}

/// Writes one key into its slot.
pub(super) fn write(form: &mut Form, slot: Slot, kid: Option<&KeyId>, key: &KeySource) {
    form.set_some(&slot.name("kid"), kid);
    match key {
        KeySource::Clear(key) => form.set(&slot.name("contentKey"), key.reveal_hex()),
        KeySource::Wrapped { kek, ek } => {
            form.set(&slot.name("kek"), kek.reveal_hex());
            form.set(&slot.name("ek"), ek);
        }
        KeySource::Stored { kek } => form.set(&slot.name("kek"), kek.reveal_hex()),
    }
}

/// A parameter's name without its index.
pub(super) fn base_of(name: &str) -> &str {
    split(name).0
}

/// `kid.1` is `kid` in slot 1; a suffix that is no index belongs to the name.
fn split(name: &str) -> (&str, Slot) {
    name.rsplit_once('.')
        .and_then(|(base, index)| Some((base, Slot::Indexed(super::number(index, 0..=u16::MAX)?))))
        .filter(|(base, slot)| slot.name(base) == name)
        .unwrap_or((name, Slot::Plain))
}

fn missing_key(form: &Form, kid: Kid) -> Refusal {
    if kid == Kid::Required && !form.names().any(|name| split(name).0 == "kid") {
        return Refusal::new(
            ErrorCode::KidMissing,
            "kid is missing: 32 hexadecimal digits, or ^ and a name",
        );
    }
    Refusal::new(
        ErrorCode::ContentKey,
        "give contentKey, or kek with ek or with a stored kid",
    )
}

fn index_without_key(slot: Slot) -> Refusal {
    match slot {
        Slot::Plain => Refusal::new(ErrorCode::ContentKey, "kid has no key"),
        Slot::Indexed(index) => {
            Refusal::new(ErrorCode::KidInvalid, format!("index {index} has no key"))
        }
    }
}
