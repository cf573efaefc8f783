//! PlayReady's part of a token request: `/hms/pr/token`.

use std::{fmt, str::FromStr};

use super::{
    Form, KeySource, RightsType, Stood, check_extension,
    keys::{self, Kid, Slot},
    read_flags,
};
use crate::{ErrorCode, KeyId, Refusal};

/// Keys and policies for PlayReady.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlayReady {
    /// At least one key.
    pub keys: Vec<PlayReadyKey>,
    /// For ever, or for a time.
    pub rights: RightsType,
    /// What outputs must be protected by.
    pub output_protection: OutputProtection,
    /// What to do with outputs that are not known.
    pub unknown_output: Option<UnknownOutput>,
    /// `outputControlFlags`.
    pub output_control_flags: Option<u32>,
    /// An extension: a type of 4 characters, and base64.
    pub extension: Option<(String, String)>,
    /// The least level of a client's certificate: 150, 2000 or 3000.
    pub min_cert_security_level: Option<u16>,
    /// How the content is encrypted.
    pub algorithm: Option<Algorithm>,
}

/// One key of a PlayReady token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlayReadyKey {
    /// The key's id.
    pub kid: KeyId,
    /// The key.
    pub key: KeySource,
}

/// The five output protection levels, 0 to 999 each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct OutputProtection {
    /// `analogVideoOPL`.
    pub analog_video: u16,
    /// `compressedDigitalAudioOPL`.
    pub compressed_digital_audio: u16,
    /// `compressedDigitalVideoOPL`.
    pub compressed_digital_video: u16,
    /// `uncompressedDigitalAudioOPL`.
    pub uncompressed_digital_audio: u16,
    /// `uncompressedDigitalVideoOPL`.
    pub uncompressed_digital_video: u16,
}

/// A closed set of words on the wire.
macro_rules! words {
    ($(#[doc = $doc:literal])* $name:ident { $($(#[doc = $variant_doc:literal])* $variant:ident = $word:literal,)+ }) => {
        $(#[doc = $doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum $name {
            $($(#[doc = $variant_doc])* $variant,)+
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(match self { $(Self::$variant => $word,)+ })
            }
        }

        impl FromStr for $name {
            type Err = ();

            fn from_str(text: &str) -> Result<Self, ()> {
                match text { $($word => Ok(Self::$variant),)+ _ => Err(()) }
            }
        }
    };
}

words! {
    /// `unknownOutputBehavior`.
    UnknownOutput {
        /// Play on it.
        Allow = "Allow",
        /// Do not play on it.
        Disallow = "Disallow",
        /// Play in standard definition.
        SdOnly = "SDOnly",
    }
}

words! {
    /// `algId`.
    Algorithm {
        /// Counter mode: the `cenc` scheme.
        AesCtr = "aesctr",
        /// Cipher block chaining: the `cbcs` scheme.
        AesCbc = "aescbc",
    }
}

impl PlayReady {
    pub(super) fn read(form: &Form, persistent: bool) -> Result<Self, Refusal> {
        let keys = keys::read(form, &[], Kid::Required)?
            .into_iter()
            .map(|entry| {
                let kid = entry.kid.ok_or(ErrorCode::KidMissing)?;
                Ok(PlayReadyKey {
                    kid,
                    key: entry.key,
                })
            })
            .collect::<Result<_, Refusal>>()?;
        Ok(Self {
            keys,
            rights: read_rights(form, persistent)?,
            output_protection: OutputProtection::read(form)?,
            unknown_output: word(form, "unknownOutputBehavior", ErrorCode::UnknownOutput)?,
            output_control_flags: form
                .get("outputControlFlags")
                .map(|text| read_flags("outputControlFlags", text))
                .transpose()?,
            extension: read_extension(form)?,
            min_cert_security_level: form
                .get("minCertSecurityLevel")
                .map(read_min_cert_security_level)
                .transpose()?,
            algorithm: word(form, "algId", ErrorCode::OutputControlRange)?,
        })
    }

    pub(super) fn write(&self, form: &mut Form) {
        for (slot, key) in Slot::for_count(self.keys.len()).zip(&self.keys) {
            keys::write(form, slot, Some(&key.kid), &key.key);
        }
        self.rights.write(form);
        let opl = &self.output_protection;
        form.set("analogVideoOPL", opl.analog_video);
        form.set("compressedDigitalAudioOPL", opl.compressed_digital_audio);
        form.set("compressedDigitalVideoOPL", opl.compressed_digital_video);
        form.set(
            "uncompressedDigitalAudioOPL",
            opl.uncompressed_digital_audio,
        );
        form.set(
            "uncompressedDigitalVideoOPL",
            opl.uncompressed_digital_video,
        );
        form.set_some("unknownOutputBehavior", self.unknown_output);
        let flags = self
            .output_control_flags
            .map(|flags| format!("{flags:08x}"));
        form.set_some("outputControlFlags", flags);
        if let Some((kind, payload)) = &self.extension {
            form.set("extensionType", kind);
            form.set("extensionPayload", payload);
        }
        form.set_some("minCertSecurityLevel", self.min_cert_security_level);
        form.set_some("algId", self.algorithm);
    }
}

impl OutputProtection {
    fn read(form: &Form) -> Result<Self, Refusal> {
        let level = |name: &'static str| {
            form.number(name, 0..=999, ErrorCode::OutputControlRange)?
                .ok_or_else(|| Refusal::missing(ErrorCode::OplMissing, name))
        };
        Ok(Self {
            analog_video: level("analogVideoOPL")?,
            compressed_digital_audio: level("compressedDigitalAudioOPL")?,
            compressed_digital_video: level("compressedDigitalVideoOPL")?,
            uncompressed_digital_audio: level("uncompressedDigitalAudioOPL")?,
            uncompressed_digital_video: level("uncompressedDigitalVideoOPL")?,
        })
    }
}

/// PlayReady's rentals must be kept by the device.
fn read_rights(form: &Form, persistent: bool) -> Result<RightsType, Refusal> {
    let rights = RightsType::read(form)?;
    if matches!(rights, RightsType::Rental { .. }) && !persistent {
        let flags = form.get("generalFlags").unwrap_or_default();
        let refusal = Refusal::wrong(ErrorCode::GeneralFlags, "generalFlags", flags);
        return Err(refusal.because("a Rental must be kept: generalFlags 00000001"));
    }
    Ok(rights)
}

fn word<T: FromStr>(
    form: &Form,
    name: &'static str,
    code: ErrorCode,
) -> Result<Option<T>, Refusal> {
    let read = |text: &str| text.parse().map_err(|_| Refusal::wrong(code, name, text));
    form.get(name).map(read).transpose()
}

fn read_extension(form: &Form) -> Result<Option<(String, String)>, Refusal> {
    const NAMES: [&str; 2] = ["extensionType", "extensionPayload"];
    let code = ErrorCode::NoCorrespondingValue;
    match NAMES.map(|name| form.get(name)) {
        [None, None] => Ok(None),
        [Some(kind), Some(payload)] => {
            check_extension(
                Stood::whole(NAMES[0], kind),
                Stood::whole(NAMES[1], payload),
            )?;
            Ok(Some((kind.to_owned(), payload.to_owned())))
        }
        [Some(_), None] => Err(Refusal::missing(code, NAMES[1])),
        [None, Some(_)] => Err(Refusal::missing(code, NAMES[0])),
    }
}

fn read_min_cert_security_level(text: &str) -> Result<u16, Refusal> {
    match text {
        "150" => Ok(150),
        "2000" => Ok(2000),
        "3000" => Ok(3000),
        _ => Err(Refusal::wrong(
            ErrorCode::OutputControlRange,
            "minCertSecurityLevel",
            text,
        )),
    }
}
