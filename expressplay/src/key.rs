//! Key ids, content keys, and the keys that wrap them (API section 2, "Keys").

use std::{fmt, str::FromStr};

use sha2::{Digest, Sha256};

use crate::{ErrorCode, Refusal};

/// Serde through `FromStr` and `Display`: the type is its text on the wire.
macro_rules! serde_text {
    ($type:ty) => {
        impl serde::Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

/// A key id (`kid`, the seed's CEKSID): 16 bytes in hexadecimal, or `^` and a name.
#[derive(Clone, PartialEq, Eq, Hash)]
pub enum KeyId {
    /// 32 hexadecimal digits on the wire.
    Bytes([u8; 16]),
    /// `^` on the wire, and these 1 to 64 characters.
    Name(String),
}

impl KeyId {
    /// The most characters that may follow `^`.
    pub const MAX_NAME_CHARS: usize = 64;

    /// The 16 bytes by which a Clear Key message names the key: the id itself, or for a name the
    /// first 16 bytes of the SHA-256 of what follows `^`.
    #[must_use]
    pub fn clear_key_bytes(&self) -> [u8; 16] {
        match self {
            Self::Bytes(bytes) => *bytes,
            Self::Name(name) => {
                let mut bytes = [0; 16];
                bytes.copy_from_slice(&Sha256::digest(name)[..16]);
                bytes
            }
        }
    }
}

impl FromStr for KeyId {
    type Err = Refusal;

    /// # Errors
    /// -4018 where the text is empty, -4020 where it is not 32 hexadecimal digits, -4021 where
    /// more than 64 characters follow `^`, -4022 where none do.
    fn from_str(text: &str) -> Result<Self, Refusal> {
        if text.is_empty() {
            return Err(Refusal::wrong(ErrorCode::KidMissing, "kid", text));
        }
        if let Some(name) = text.strip_prefix('^') {
            return match name.chars().count() {
                0 => Err(Refusal::wrong(ErrorCode::KidInvalid, "kid", text)),
                1..=Self::MAX_NAME_CHARS => Ok(Self::Name(name.to_owned())),
                _ => Err(Refusal::wrong(ErrorCode::KidTooLong, "kid", text)),
            };
        }
        let mut bytes = [0; 16];
        hex::decode_to_slice(text, &mut bytes)
            .map_err(|_| Refusal::wrong(ErrorCode::KidLength, "kid", text))?;
        Ok(Self::Bytes(bytes))
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bytes(bytes) => f.write_str(&hex::encode(bytes)),
            Self::Name(name) => write!(f, "^{name}"),
        }
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyId({self})")
    }
}

serde_text!(KeyId);

/// A content key (CEK): 16 bytes, 32 hexadecimal digits on the wire. A secret: it never prints.
#[derive(Clone, PartialEq, Eq)]
pub struct ContentKey([u8; 16]);

impl ContentKey {
    /// A content key from its bytes.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The key's bytes.
    #[must_use]
    pub const fn reveal(&self) -> &[u8; 16] {
        &self.0
    }

    /// The key in lower-case hexadecimal.
    #[must_use]
    pub fn reveal_hex(&self) -> String {
        hex::encode(self.0)
    }
}

impl FromStr for ContentKey {
    type Err = Refusal;

    /// # Errors
    /// -2005 where the text is empty, -2027 where it is not 32 hexadecimal digits.
    fn from_str(text: &str) -> Result<Self, Refusal> {
        if text.is_empty() {
            return Err(Refusal::wrong(ErrorCode::ContentKey, "contentKey", text));
        }
        let mut bytes = [0; 16];
        hex::decode_to_slice(text, &mut bytes)
            .map_err(|_| Refusal::wrong(ErrorCode::ContentKeyLength, "contentKey", text))?;
        Ok(Self(bytes))
    }
}

impl fmt::Debug for ContentKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ContentKey([redacted])")
    }
}

/// A key encryption key (`kek`): 16 bytes, 32 hexadecimal digits on the wire. A secret: it never
/// prints.
#[derive(Clone, PartialEq, Eq)]
pub struct KeyEncryptionKey([u8; 16]);

impl KeyEncryptionKey {
    /// The key's bytes.
    #[must_use]
    pub const fn reveal(&self) -> &[u8; 16] {
        &self.0
    }

    /// The key in lower-case hexadecimal.
    #[must_use]
    pub fn reveal_hex(&self) -> String {
        hex::encode(self.0)
    }
}

impl FromStr for KeyEncryptionKey {
    type Err = Refusal;

    /// # Errors
    /// -4024 where the text is not 32 hexadecimal digits.
    fn from_str(text: &str) -> Result<Self, Refusal> {
        let mut bytes = [0; 16];
        hex::decode_to_slice(text, &mut bytes)
            .map_err(|_| Refusal::wrong(ErrorCode::EncryptedKey, "kek", text))?;
        Ok(Self(bytes))
    }
}

impl fmt::Debug for KeyEncryptionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyEncryptionKey([redacted])")
    }
}

/// A content key wrapped under a key encryption key (`ek`; RFC 3394): 24 bytes, 48 hexadecimal
/// digits on the wire.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EncryptedKey([u8; 24]);

impl EncryptedKey {
    /// A wrapped key from its bytes.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 24]) -> Self {
        Self(bytes)
    }

    /// The wrapped bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 24] {
        &self.0
    }
}

impl FromStr for EncryptedKey {
    type Err = Refusal;

    /// # Errors
    /// -4024 where the text is not 48 hexadecimal digits.
    fn from_str(text: &str) -> Result<Self, Refusal> {
        let mut bytes = [0; 24];
        hex::decode_to_slice(text, &mut bytes)
            .map_err(|_| Refusal::wrong(ErrorCode::EncryptedKey, "ek", text))?;
        Ok(Self(bytes))
    }
}

impl fmt::Display for EncryptedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_id_is_hex_or_a_name_after_a_caret() {
        let code = |text: &str| text.parse::<KeyId>().unwrap_err().code;
        assert_eq!(code(""), ErrorCode::KidMissing);
        assert_eq!(code("abc"), ErrorCode::KidLength);
        assert_eq!(code("^"), ErrorCode::KidInvalid);
        assert_eq!(code(&format!("^{}", "n".repeat(65))), ErrorCode::KidTooLong);
        assert_eq!("^reel-1".parse::<KeyId>().unwrap().to_string(), "^reel-1");
    }

    #[test]
    fn secrets_do_not_print() {
        let key: ContentKey = "f2434ca0f6a7de822574bf2f8190f6cd".parse().unwrap();
        assert_eq!(format!("{key:?}"), "ContentKey([redacted])");
        let kek: KeyEncryptionKey = "11111111111111111111111111111111".parse().unwrap();
        assert_eq!(format!("{kek:?}"), "KeyEncryptionKey([redacted])");
    }
}
