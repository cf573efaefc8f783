//! PlayReady's part of a token request: `/hms/pr/token`.

use std::{fmt, str::FromStr};

use super::{
    Form, KeySource, Moment, check_extension,
    keys::{self, Kid, Slot},
    number,
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

/// `rightsType`, with what a rental takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RightsType {
    /// For ever.
    BuyToOwn,
    /// For a time; the licence must be persistent.
    Rental {
        /// `rental.periodEndTime`: the last moment to start.
        period_end: Moment,
        /// `rental.playDuration`: how long once started, in seconds.
        play_duration: Option<u32>,
    },
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
            rights: RightsType::read(form, persistent)?,
            output_protection: OutputProtection::read(form)?,
            unknown_output: word(
                form,
                "unknownOutputBehavior",
                "Allow, Disallow or SDOnly",
                ErrorCode::UnknownOutput,
            )?,
            output_control_flags: form
                .get("outputControlFlags")
                .map(read_output_control_flags)
                .transpose()?,
            extension: read_extension(form)?,
            min_cert_security_level: form
                .get("minCertSecurityLevel")
                .map(read_min_cert_security_level)
                .transpose()?,
            algorithm: word(
                form,
                "algId",
                "aesctr or aescbc",
                ErrorCode::OutputControlRange,
            )?,
        })
    }

    pub(super) fn write(&self, form: &mut Form) {
        for (slot, key) in Slot::for_count(self.keys.len()).zip(&self.keys) {
            keys::write(form, slot, Some(&key.kid), &key.key);
        }
        match self.rights {
            RightsType::BuyToOwn => form.set("rightsType", "BuyToOwn"),
            RightsType::Rental {
                period_end,
                play_duration,
            } => {
                form.set("rightsType", "Rental");
                form.set("rental.periodEndTime", period_end);
                form.set_some("rental.playDuration", play_duration);
            }
        }
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

impl RightsType {
    fn read(form: &Form, persistent: bool) -> Result<Self, Refusal> {
        match form.get("rightsType") {
            None | Some("") => Err(Refusal::new(
                ErrorCode::RightsTypeMissing,
                "rightsType is missing: BuyToOwn or Rental",
            )),
            Some("BuyToOwn") => Ok(Self::BuyToOwn),
            Some("Rental") => {
                let text = form.get("rental.periodEndTime").filter(|t| !t.is_empty());
                let text = text.ok_or_else(|| {
                    Refusal::new(
                        ErrorCode::RentalEndMissing,
                        "rental.periodEndTime is missing: RFC 3339 with Z, or +seconds",
                    )
                })?;
                let period_end =
                    Moment::read(text, "rental.periodEndTime", ErrorCode::RentalEndMissing)?;
                let play_duration = form
                    .get("rental.playDuration")
                    .map(read_play_duration)
                    .transpose()?;
                if !persistent {
                    return Err(Refusal::new(
                        ErrorCode::GeneralFlags,
                        "a Rental must be persistent: generalFlags 00000001",
                    ));
                }
                Ok(Self::Rental {
                    period_end,
                    play_duration,
                })
            }
            Some(_) => Err(Refusal::new(
                ErrorCode::RightsTypeInvalid,
                "rightsType takes BuyToOwn or Rental",
            )),
        }
    }
}

impl OutputProtection {
    fn read(form: &Form) -> Result<Self, Refusal> {
        let level = |name: &str| match form.get(name) {
            None => Err(Refusal::new(
                ErrorCode::OplMissing,
                format!("{name} is missing: 0 to 999"),
            )),
            Some(text) => number(text, 0..=999).ok_or_else(|| {
                Refusal::new(
                    ErrorCode::OutputControlRange,
                    format!("{name} takes 0 to 999"),
                )
            }),
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

fn word<T: FromStr>(
    form: &Form,
    name: &str,
    words: &str,
    code: ErrorCode,
) -> Result<Option<T>, Refusal> {
    form.get(name)
        .map(|text| {
            text.parse()
                .map_err(|_| Refusal::new(code, format!("{name} takes {words}")))
        })
        .transpose()
}

fn read_play_duration(text: &str) -> Result<u32, Refusal> {
    if text.is_empty() {
        return Err(Refusal::new(
            ErrorCode::PlayDurationMissing,
            "rental.playDuration is empty",
        ));
    }
    number(text, 0..=u32::MAX).ok_or_else(|| {
        Refusal::new(
            ErrorCode::PlayDurationInvalid,
            "rental.playDuration takes seconds",
        )
    })
}

fn read_output_control_flags(text: &str) -> Result<u32, Refusal> {
    if text.is_empty() || !text.bytes().all(|b| b.is_ascii_hexdigit()) {
        return Err(Refusal::new(
            ErrorCode::OutputControlFlags,
            "outputControlFlags takes hexadecimal digits",
        ));
    }
    if text.len() != 8 {
        return Err(Refusal::new(
            ErrorCode::OutputControlFlagLength,
            format!(
                "outputControlFlags takes 8 hexadecimal digits; it got {}",
                text.len()
            ),
        ));
    }
    u32::from_str_radix(text, 16).map_err(|_| ErrorCode::OutputControlFlags.into())
}

fn read_extension(form: &Form) -> Result<Option<(String, String)>, Refusal> {
    match (form.get("extensionType"), form.get("extensionPayload")) {
        (None, None) => Ok(None),
        (Some(kind), Some(payload)) => {
            check_extension(kind, payload, "extensionType and extensionPayload")?;
            Ok(Some((kind.to_owned(), payload.to_owned())))
        }
        (Some(_), None) => Err(Refusal::new(
            ErrorCode::NoCorrespondingValue,
            "extensionType needs an extensionPayload",
        )),
        (None, Some(_)) => Err(Refusal::new(
            ErrorCode::NoCorrespondingValue,
            "extensionPayload needs an extensionType",
        )),
    }
}

fn read_min_cert_security_level(text: &str) -> Result<u16, Refusal> {
    match text {
        "150" => Ok(150),
        "2000" => Ok(2000),
        "3000" => Ok(3000),
        _ => Err(Refusal::new(
            ErrorCode::OutputControlRange,
            "minCertSecurityLevel takes 150, 2000 or 3000",
        )),
    }
}
