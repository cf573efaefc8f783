//! What Marlin MS3 and Marlin Broadband share: keys that a content id names, and output control.

use std::{fmt, str::FromStr};

use sha2::{Digest, Sha256};

use super::{
    Form, KeySource,
    keys::{self, CONTENT_ID, Kid, Slot},
    number, read_flags,
};
use crate::{ErrorCode, KeyId, Refusal};

/// The longest content id, in bytes: a token carries it.
const MAX_CONTENT_ID: usize = 255;
/// What a content id starts with that says its key id.
const KID_URN: &str = "urn:marlin:kid:";

/// One key of a Marlin token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MarlinKey {
    /// What the content is called.
    pub content_id: Option<String>,
    /// The key's id: `kid`, or else what the content id says, see [`MarlinKey::kid_of`].
    pub kid: KeyId,
    /// The key.
    pub key: KeySource,
}

impl MarlinKey {
    /// The key id that a content id stands for: the 32 hexadecimal digits after
    /// `urn:marlin:kid:`, or for any other content id the first 16 bytes of its SHA-256.
    ///
    /// # Errors
    /// -4018 for an empty one, -4022 for one over 255 bytes, -4020 where `urn:marlin:kid:` is followed by anything else.
    pub fn kid_of(content_id: &str) -> Result<KeyId, Refusal> {
        let wrong = |code| Refusal::wrong(code, CONTENT_ID, content_id);
        match content_id.len() {
            0 => return Err(wrong(ErrorCode::KidMissing)),
            1..=MAX_CONTENT_ID => {}
            _ => return Err(wrong(ErrorCode::KidInvalid)),
        }
        let mut bytes = [0; 16];
        if let Some(digits) = content_id.strip_prefix(KID_URN) {
            hex::decode_to_slice(digits, &mut bytes).map_err(|_| wrong(ErrorCode::KidLength))?;
        } else {
            bytes.copy_from_slice(&Sha256::digest(content_id)[..16]);
        }
        Ok(KeyId::Bytes(bytes))
    }

    pub(super) const fn pair(&self) -> (Option<&KeyId>, &KeySource) {
        (Some(&self.kid), &self.key)
    }

    pub(super) fn read_all(form: &Form) -> Result<Vec<Self>, Refusal> {
        let read = |entry: keys::Entry| {
            let name = entry.slot.name(CONTENT_ID);
            Ok(Self {
                content_id: form.get(&name).map(str::to_owned),
                kid: entry.kid.ok_or(ErrorCode::KidMissing)?,
                key: entry.key,
            })
        };
        let entries = keys::read(form, &[], Kid::OrContentId)?;
        entries.into_iter().map(read).collect()
    }

    pub(super) fn write_all(all: &[Self], form: &mut Form) {
        for (slot, key) in Slot::for_count(all.len()).zip(all) {
            form.set_some(&slot.name(CONTENT_ID), key.content_id.as_ref());
            let said = key.content_id.as_deref().map(Self::kid_of);
            let is_said = said.is_some_and(|kid| kid.as_ref() == Ok(&key.kid));
            keys::write(form, slot, (!is_said).then_some(&key.kid), &key.key);
        }
    }
}

/// The key id that a slot's content id stands for.
pub(super) fn kid_of_content(form: &Form, slot: Slot) -> Result<Option<KeyId>, Refusal> {
    let name = slot.name(CONTENT_ID);
    let read = |id| MarlinKey::kid_of(id).map_err(|refusal| refusal.at(name.clone()));
    form.get(&name).map(read).transpose()
}

/// What the content is called: the first key's content id.
pub(super) fn content_id(keys: &[MarlinKey]) -> Option<&str> {
    keys.first()?.content_id.as_deref()
}

/// What outputs must be protected by.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MarlinOutput {
    /// `outputControlOverride`.
    pub control: Option<OutputControlOverride>,
    /// `outputControlFlags` with `outputControlValue`.
    pub flags: Option<(u32, u32)>,
}

const OVERRIDE: &str = "outputControlOverride";
const FLAGS: &str = "outputControlFlags";
const VALUE: &str = "outputControlValue";

impl MarlinOutput {
    pub(super) fn read(form: &Form) -> Result<Self, Refusal> {
        let missing = |name| Refusal::missing(ErrorCode::NoCorrespondingValue, name);
        Ok(Self {
            control: form.read(OVERRIDE)?,
            flags: match (form.get(FLAGS), form.get(VALUE)) {
                (None, None) => None,
                (Some(flags), Some(value)) => Some((read_flags(FLAGS, flags)?, read_value(value)?)),
                (Some(_), None) => return Err(missing(VALUE)),
                (None, Some(_)) => return Err(missing(FLAGS)),
            },
        })
    }

    pub(super) fn write(&self, form: &mut Form) {
        form.set_some(OVERRIDE, self.control.as_ref());
        if let Some((flags, value)) = self.flags {
            form.set(FLAGS, format_args!("{flags:08x}"));
            form.set(VALUE, format_args!("{value:08x}"));
        }
    }
}

fn read_value(text: &str) -> Result<u32, Refusal> {
    read_flags(VALUE, text).map_err(|refusal| Refusal {
        code: ErrorCode::OutputControlRange,
        ..refusal
    })
}

/// `outputControlOverride`, such as
/// `urn:marlin:organization:intertrust:wudo,ImageConstraintLevel,0`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutputControlOverride {
    /// Whose output control it is.
    pub parameter: String,
    /// What of it is overridden.
    pub name: String,
    /// What it is from then on.
    pub value: u32,
}

impl FromStr for OutputControlOverride {
    type Err = Refusal;

    /// # Errors
    /// -2034 where the text is not two names and a number with commas between them.
    fn from_str(text: &str) -> Result<Self, Refusal> {
        let wrong = || Refusal::wrong(ErrorCode::OutputControlRange, OVERRIDE, text);
        let mut parts = text.split(',');
        let mut name = || {
            let part = parts.next().filter(|part| !part.is_empty());
            part.map(str::to_owned).ok_or_else(wrong)
        };
        let (parameter, name) = (name()?, name()?);
        let value = parts.next().and_then(|part| number(part, 0..=u32::MAX));
        match (value, parts.next()) {
            (Some(value), None) => Ok(Self {
                parameter,
                name,
                value,
            }),
            _ => Err(wrong()),
        }
    }
}

impl fmt::Display for OutputControlOverride {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{},{},{}", self.parameter, self.name, self.value)
    }
}
