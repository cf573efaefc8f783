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

    /// The name under which a form says something of this key.
    pub(super) fn own_name(self, form: &Form, base: &str) -> String {
        let own = self.name(base);
        match form.get(&own) {
            None if form.get(base).is_some() => base.to_owned(),
            _ => own,
        }
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

/// What names a key.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kid {
    /// A `kid`.
    Required,
    /// A `kid`, or nothing.
    Optional,
    /// A `kid`, or Marlin's `contentId`.
    OrContentId,
}

impl Kid {
    /// Whether a parameter makes a slot a key; the rest only describe one.
    fn is_key_parameter(self, base: &str) -> bool {
        KEY_PARAMETERS.contains(&base) || self.is_name(base)
    }

    fn is_name(self, base: &str) -> bool {
        base == "kid" || (self == Self::OrContentId && base == CONTENT_ID)
    }

    /// What the caller is told to give.
    const fn parameter(self) -> &'static str {
        match self {
            Self::Required | Self::Optional => "kid",
            Self::OrContentId => CONTENT_ID,
        }
    }
}

/// What makes a slot a key for every DRM.
const KEY_PARAMETERS: [&str; 3] = ["kid", "contentKey", "ek"];
/// What can name a key of Marlin's.
pub(super) const CONTENT_ID: &str = "contentId";

/// Reads every key of a form, in the order of their indices, the one without an index first.
/// `described` names the other parameters that take an index.
pub(super) fn read(form: &Form, described: &[&str], rule: Kid) -> Result<Vec<Entry>, Refusal> {
    let mut slots: BTreeMap<Slot, bool> = BTreeMap::new();
    for name in form.names() {
        let (base, slot) = split(name);
        let is_key = rule.is_key_parameter(base);
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
        let why = format!(
            "{} keys are too many: a token takes {MAX_KEYS}",
            slots.len()
        );
        return Err(Refusal::new(ErrorCode::KidInvalid, why).at(rule.parameter()));
    }
    let any_key = form
        .names()
        .any(|name| matches!(split(name).0, "contentKey" | "ek" | "kek"));
    if !any_key {
        return Err(missing_key(form, rule));
    }
    // A key without a kid answers any kid, so it can only stand alone.
    let rule = match rule {
        Kid::Optional if slots.len() > 1 => Kid::Required,
        rule => rule,
    };
    let mut seen = HashSet::new();
    slots
        .into_iter()
        .map(|(slot, is_key)| {
            if !is_key {
                return Err(index_without_key(slot));
            }
            let entry = read_one(form, slot, rule)?;
            if let Some(kid) = &entry.kid
                && !seen.insert(kid.clear_key_bytes())
            {
                return Err(stands_twice(form, slot, rule));
            }
            Ok(entry)
        })
        .collect()
}

fn read_one(form: &Form, slot: Slot, rule: Kid) -> Result<Entry, Refusal> {
    let kid = match (form.read::<KeyId>(&slot.name("kid"))?, rule) {
        (None, Kid::OrContentId) => super::marlin::kid_of_content(form, slot)?,
        (kid, _) => kid,
    };
    let [clear, kek, ek] = [
        slot.name("contentKey"),
        slot.own_name(form, "kek"),
        slot.name("ek"),
    ];
    let has = |name: &str| form.get(name).is_some();
    let key = match (has(&clear), has(&kek), has(&ek)) {
        (true, true, _) => {
            let refusal = Refusal::from(ErrorCode::KekAndContentKey).at(clear);
            return Err(refusal.because(KEY_CHOICE));
        }
        (false, false, true) => return Err(Refusal::missing(ErrorCode::EncryptedKey, kek)),
        (false, false, false) => return Err(index_without_key(slot)),
        (true, false, _) => form.read(&clear)?.map(KeySource::Clear),
        (false, true, is_wrapped) => {
            let (kek, ek) = (form.read(&kek)?, form.read(&ek)?);
            match (kek, ek) {
                (Some(kek), Some(ek)) if is_wrapped => Some(KeySource::Wrapped { kek, ek }),
                (kek, _) => kek.map(|kek| KeySource::Stored { kek }),
            }
        }
    };
    let key = key.ok_or_else(|| index_without_key(slot))?;
    let needs_kid = rule != Kid::Optional || matches!(key, KeySource::Stored { .. });
    if needs_kid && kid.is_none() {
        let name = slot.name(rule.parameter());
        return Err(Refusal::missing(ErrorCode::KidMissing, name));
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

/// `kid.1` is `kid` in slot 1; a suffix that is no index belongs to the name.
fn split(name: &str) -> (&str, Slot) {
    name.rsplit_once('.')
        .and_then(|(base, index)| Some((base, Slot::Indexed(super::number(index, 0..=u16::MAX)?))))
        .filter(|(base, slot)| slot.name(base) == name)
        .unwrap_or((name, Slot::Plain))
}

/// How a key can be given.
const KEY_CHOICE: &str = "give contentKey, or kek with ek, or kek and a kid that is in key storage";

fn missing_key(form: &Form, kid: Kid) -> Refusal {
    let named = form.names().any(|name| kid.is_name(split(name).0));
    if kid != Kid::Optional && !named {
        return Refusal::missing(ErrorCode::KidMissing, kid.parameter());
    }
    Refusal::missing(ErrorCode::ContentKey, "contentKey").because(KEY_CHOICE)
}

fn stands_twice(form: &Form, slot: Slot, rule: Kid) -> Refusal {
    let kid = slot.name("kid");
    let name = match form.get(&kid) {
        Some(_) => kid,
        None => slot.name(rule.parameter()),
    };
    let got = form.get(&name).unwrap_or_default();
    Refusal::wrong(ErrorCode::KidInvalid, name.clone(), got).because("one key stands twice")
}

fn index_without_key(slot: Slot) -> Refusal {
    let code = match slot {
        Slot::Plain => ErrorCode::ContentKey,
        Slot::Indexed(_) => ErrorCode::KidInvalid,
    };
    Refusal::missing(code, slot.name("contentKey")).because(KEY_CHOICE)
}
