//! FairPlay's part of a token request: `/hms/fp/token`.

use super::{
    Form, KeySource, Stood, check_extension,
    keys::{self, Kid, Slot},
};
use crate::{ErrorCode, KeyId, Refusal};

/// Keys and policies for FairPlay.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FairPlay {
    /// At least one key.
    pub keys: Vec<FairPlayKey>,
    /// How long a rental lasts, in seconds; 0 is for ever.
    pub rental_duration: u32,
    /// An extension: a type of 4 characters, and base64.
    pub extension: Option<(String, String)>,
}

/// One key of a FairPlay token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FairPlayKey {
    /// The key's id; without one the key answers any one kid.
    pub kid: Option<KeyId>,
    /// The key.
    pub key: KeySource,
    /// The initialisation vector.
    pub iv: [u8; 16],
}

impl FairPlay {
    pub(super) fn read(form: &Form) -> Result<Self, Refusal> {
        let keys = keys::read(form, &["iv"], Kid::Optional)?
            .into_iter()
            .map(|entry| {
                let iv = read_iv(form, entry.slot)?;
                Ok(FairPlayKey {
                    kid: entry.kid,
                    key: entry.key,
                    iv,
                })
            })
            .collect::<Result<_, Refusal>>()?;
        let code = ErrorCode::FairPlayRentalDuration;
        let rental_duration = form.number("rentalDuration", 0..=u32::MAX, code)?;
        let extension = form.get("fpExtension").map(read_extension).transpose()?;
        Ok(Self {
            keys,
            rental_duration: rental_duration.unwrap_or_default(),
            extension,
        })
    }

    pub(super) fn write(&self, form: &mut Form) {
        for (slot, key) in Slot::for_count(self.keys.len()).zip(&self.keys) {
            keys::write(form, slot, key.kid.as_ref(), &key.key);
            form.set(&slot.name("iv"), hex::encode(key.iv));
        }
        form.set_some(
            "rentalDuration",
            (self.rental_duration > 0).then_some(self.rental_duration),
        );
        let extension = self
            .extension
            .as_ref()
            .map(|(kind, payload)| format!("{kind},{payload}"));
        form.set_some("fpExtension", extension);
    }
}

fn read_iv(form: &Form, slot: Slot) -> Result<[u8; 16], Refusal> {
    let (code, name) = (ErrorCode::FairPlayIv, slot.own_name(form, "iv"));
    let text = slot.get(form, "iv");
    let text = text.ok_or_else(|| Refusal::missing(code, name.clone()))?;
    let mut iv = [0; 16];
    hex::decode_to_slice(text, &mut iv).map_err(|_| Refusal::wrong(code, name, text))?;
    Ok(iv)
}

fn read_extension(text: &str) -> Result<(String, String), Refusal> {
    let whole = Stood::whole("fpExtension", text);
    let wrong = || Refusal::wrong(ErrorCode::FairPlayExtension, whole.parameter, text);
    let (kind, payload) = text.split_once(',').ok_or_else(wrong)?;
    check_extension(whole.part(kind), whole.part(payload)).map_err(|_| wrong())?;
    Ok((kind.to_owned(), payload.to_owned()))
}
