//! Tokens: their outer shape, and what is sealed inside (API section 3).
//!
//! ```text
//! B2 00 00 00            version (no real token has it) and three zero bytes
//! 4 bytes                serial
//! 2 bytes, 36 bytes      length, the account's UUID in text
//! 4 bytes, n bytes       length, the encrypted bytes: nonce (12) and padded ciphertext
//! 20 bytes               authentication tag (16) and the sealing key's id (4)
//! ```
//!
//! The cipher is AES-256-GCM-SIV (RFC 8452). Everything before the encrypted bytes, and the key's
//! id, is associated data: no bit of a token can change unnoticed. The whole is base64url without
//! padding.

use aes_gcm_siv::{
    Aes256GcmSiv, KeyInit, Nonce,
    aead::{AeadInPlace, generic_array::GenericArray},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use expressplay::{
    ContentKey, Cookie, DeviceId, Drm, ErrorCode, KeyId, Refusal, Token, token::TOKEN_PARAMETER,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::{Entropy, account::AccountId};

const VERSION: [u8; 4] = [0xb2, 0, 0, 0];
const UUID_CHARS: usize = 36;
const HEADER: usize = 4 + 4 + 2 + UUID_CHARS + 4;
const NONCE: usize = 12;
const TAG: usize = 16;
const KEY_ID: usize = 4;
const BLOCK: usize = 16;

/// What a token says, once it is open.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct TokenContents {
    pub(crate) account: AccountId,
    pub(crate) drm: Drm,
    /// What redeeming it does.
    pub(crate) action: Action,
    pub(crate) made_at: Timestamp,
    pub(crate) expires_at: Timestamp,
    pub(crate) cookie: Option<Cookie>,
    /// The token restriction: only this device may redeem it.
    pub(crate) device_id: Option<DeviceId>,
    pub(crate) content_id: Option<String>,
    pub(crate) keys: Vec<TokenKey>,
}

impl TokenContents {
    /// Whether it is too late to redeem the token. At its end it is not.
    pub(crate) fn has_expired(&self, now: Timestamp) -> bool {
        now > self.expires_at
    }
}

/// What redeeming a token does, and its record's `event_type`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Action {
    /// It acquires a licence.
    License,
    /// It registers the device: Marlin Broadband's alone, and without keys.
    Registration,
    /// It takes the device back, likewise.
    Deregistration,
}

impl Action {
    /// As it stands in a record.
    pub(crate) const fn event_type(self) -> &'static str {
        match self {
            Self::License => "license",
            Self::Registration => "registration",
            Self::Deregistration => "deregistration",
        }
    }
}

/// A key in a token. One without a kid answers any one kid.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct TokenKey {
    pub(crate) kid: Option<KeyId>,
    pub(crate) key: ContentKey,
}

/// [`TokenContents`] as small as it goes; the account stands outside.
#[derive(Serialize, Deserialize)]
struct Inside {
    /// The DRM, and what redeeming the token does.
    kind: u8,
    made_at_ms: i64,
    expires_at_ms: i64,
    cookie: Option<String>,
    device_id: Option<[u8; 16]>,
    content_id: Option<String>,
    keys: Vec<(InsideKid, [u8; 16])>,
}

#[derive(Serialize, Deserialize)]
enum InsideKid {
    Any,
    Bytes([u8; 16]),
    Name(String),
}

/// Seals and opens tokens under one key.
#[derive(Clone)]
pub(crate) struct Sealer {
    cipher: Aes256GcmSiv,
    key_id: [u8; KEY_ID],
}

impl Sealer {
    pub(crate) fn new(key: [u8; 32]) -> Self {
        let mut key_id = [0; KEY_ID];
        key_id.copy_from_slice(&Sha256::digest(key)[..KEY_ID]);
        Self {
            cipher: Aes256GcmSiv::new(&GenericArray::from(key)),
            key_id,
        }
    }

    /// Seals a token.
    ///
    /// # Errors
    /// -4010 where the contents are too large to be a token.
    pub(crate) fn seal(
        &self,
        contents: &TokenContents,
        entropy: &Entropy,
    ) -> Result<Token, Refusal> {
        let too_large = || invalid("this is too much for one token");
        let mut text = postcard::to_allocvec(&Inside::from(contents)).map_err(|_| too_large())?;
        // ISO/IEC 7816-4 padding, so that nonce and ciphertext are whole blocks.
        text.push(0x80);
        text.resize((NONCE + text.len()).next_multiple_of(BLOCK) - NONCE, 0);

        let mut token = Vec::with_capacity(HEADER + NONCE + text.len() + TAG + KEY_ID);
        token.extend(VERSION);
        token.extend(entropy.bytes::<4>());
        token.extend(36u16.to_be_bytes());
        token.extend(contents.account.0.hyphenated().to_string().bytes());
        let length = u32::try_from(NONCE + text.len()).map_err(|_| too_large())?;
        token.extend(length.to_be_bytes());

        let nonce = entropy.bytes::<NONCE>();
        let aad = self.associated_data(&token);
        let tag = self
            .cipher
            .encrypt_in_place_detached(Nonce::from_slice(&nonce), &aad, &mut text)
            .map_err(|_| too_large())?;
        token.extend(nonce);
        token.extend(text);
        token.extend(tag);
        token.extend(self.key_id);
        URL_SAFE_NO_PAD.encode(token).parse()
    }

    /// Opens a token.
    ///
    /// # Errors
    /// -4010 where it is not one of ours, or a bit of it was changed. Whether it has expired is
    /// for the caller.
    pub(crate) fn open(&self, token: &Token) -> Result<TokenContents, Refusal> {
        let bytes = URL_SAFE_NO_PAD
            .decode(token.reveal())
            .map_err(|_| invalid("it is not base64url without padding"))?;
        let parts =
            Parts::of(&bytes).ok_or_else(|| invalid("it is not a token of this service"))?;
        if parts.key_id != self.key_id {
            return Err(invalid(
                "it was made by another service, or before its database was lost",
            ));
        }
        let mut text = parts.ciphertext.to_vec();
        self.cipher
            .decrypt_in_place_detached(
                Nonce::from_slice(parts.nonce),
                &self.associated_data(parts.header),
                &mut text,
                GenericArray::from_slice(parts.tag),
            )
            .map_err(|_| invalid("it was changed after it was made"))?;
        Inside::unpad(&text)
            .and_then(|inside| inside.into_contents(parts.account))
            .ok_or_else(|| invalid("what is inside is not of this version"))
    }

    fn associated_data(&self, header: &[u8]) -> Vec<u8> {
        [header, &self.key_id].concat()
    }
}

struct Parts<'t> {
    header: &'t [u8],
    account: AccountId,
    nonce: &'t [u8],
    ciphertext: &'t [u8],
    tag: &'t [u8],
    key_id: [u8; KEY_ID],
}

impl<'t> Parts<'t> {
    fn of(token: &'t [u8]) -> Option<Self> {
        let (header, rest) = token.split_at_checked(HEADER)?;
        let (version, fields) = header.split_first_chunk::<4>()?;
        let (_serial, fields) = fields.split_first_chunk::<4>()?;
        let (uuid_length, fields) = fields.split_first_chunk::<2>()?;
        let (uuid, length) = fields.split_at_checked(UUID_CHARS)?;
        let length = u32::from_be_bytes(length.try_into().ok()?);
        let length = usize::try_from(length).ok()?;
        let shaped = *version == VERSION
            && usize::from(u16::from_be_bytes(*uuid_length)) == UUID_CHARS
            && length.is_multiple_of(BLOCK)
            && rest.len() == length.checked_add(TAG + KEY_ID)?;
        if !shaped {
            return None;
        }
        let (encrypted, mac) = rest.split_at_checked(length)?;
        let (nonce, ciphertext) = encrypted.split_at_checked(NONCE)?;
        let (tag, key_id) = mac.split_at_checked(TAG)?;
        let account = Uuid::parse_str(std::str::from_utf8(uuid).ok()?).ok()?;
        Some(Self {
            header,
            account: AccountId(account),
            nonce,
            ciphertext,
            tag,
            key_id: key_id.try_into().ok()?,
        })
    }
}

impl From<&TokenContents> for Inside {
    fn from(contents: &TokenContents) -> Self {
        let kid = |kid: &Option<KeyId>| match kid {
            None => InsideKid::Any,
            Some(KeyId::Bytes(bytes)) => InsideKid::Bytes(*bytes),
            Some(KeyId::Name(name)) => InsideKid::Name(name.clone()),
        };
        Self {
            kind: match (contents.drm, contents.action) {
                (Drm::Widevine, _) => 1,
                (Drm::PlayReady, _) => 2,
                (Drm::FairPlay, _) => 3,
                (Drm::Ms3, _) => 4,
                (Drm::Broadband, Action::License) => 5,
                (Drm::Broadband, Action::Registration) => 6,
                (Drm::Broadband, Action::Deregistration) => 7,
            },
            made_at_ms: contents.made_at.as_millisecond(),
            expires_at_ms: contents.expires_at.as_millisecond(),
            cookie: contents.cookie.as_ref().map(ToString::to_string),
            device_id: contents.device_id.map(|id| *id.as_bytes()),
            content_id: contents.content_id.clone(),
            keys: contents
                .keys
                .iter()
                .map(|k| (kid(&k.kid), *k.key.reveal()))
                .collect(),
        }
    }
}

impl Inside {
    fn unpad(text: &[u8]) -> Option<Self> {
        let end = text.iter().rposition(|byte| *byte != 0)?;
        let (inside, padding) = text.split_at_checked(end)?;
        (padding[0] == 0x80).then(|| postcard::from_bytes(inside).ok())?
    }

    fn into_contents(self, account: AccountId) -> Option<TokenContents> {
        let kid = |kid| match kid {
            InsideKid::Any => None,
            InsideKid::Bytes(bytes) => Some(KeyId::Bytes(bytes)),
            InsideKid::Name(name) => Some(KeyId::Name(name)),
        };
        let (drm, action) = match self.kind {
            1 => (Drm::Widevine, Action::License),
            2 => (Drm::PlayReady, Action::License),
            3 => (Drm::FairPlay, Action::License),
            4 => (Drm::Ms3, Action::License),
            5 => (Drm::Broadband, Action::License),
            6 => (Drm::Broadband, Action::Registration),
            7 => (Drm::Broadband, Action::Deregistration),
            _ => return None,
        };
        Some(TokenContents {
            account,
            drm,
            action,
            made_at: Timestamp::from_millisecond(self.made_at_ms).ok()?,
            expires_at: Timestamp::from_millisecond(self.expires_at_ms).ok()?,
            cookie: self.cookie.map(|text| text.parse()).transpose().ok()?,
            device_id: self.device_id.map(DeviceId::from_bytes).transpose().ok()?,
            content_id: self.content_id,
            keys: self
                .keys
                .into_iter()
                .map(|(id, key)| TokenKey {
                    kid: kid(id),
                    key: ContentKey::from_bytes(key),
                })
                .collect(),
        })
    }
}

fn invalid(why: &'static str) -> Refusal {
    Refusal::new(ErrorCode::InvalidToken, why).at(TOKEN_PARAMETER)
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;
    use proptest::prelude::*;

    use super::*;

    fn contents() -> TokenContents {
        TokenContents {
            account: AccountId(Uuid::from_u128(7)),
            drm: Drm::Widevine,
            action: Action::License,
            made_at: Timestamp::from_second(1_700_000_000).unwrap(),
            expires_at: Timestamp::from_second(1_700_000_060).unwrap(),
            cookie: Some("0123456789abcdef0123456789abcdef".parse().unwrap()),
            device_id: Some("fedcba9876543210fedcba9876543210".parse().unwrap()),
            content_id: Some("8a1e6c1e-3f7d-4b0e-9a53-0f6d2b1c9e11".to_owned()),
            keys: vec![
                TokenKey {
                    kid: Some(KeyId::Bytes([1; 16])),
                    key: ContentKey::from_bytes([2; 16]),
                },
                TokenKey {
                    kid: Some(KeyId::Name("reel".to_owned())),
                    key: ContentKey::from_bytes([0; 16]),
                },
            ],
        }
    }

    const KINDS: [(Drm, Action); 7] = [
        (Drm::Widevine, Action::License),
        (Drm::PlayReady, Action::License),
        (Drm::FairPlay, Action::License),
        (Drm::Ms3, Action::License),
        (Drm::Broadband, Action::License),
        (Drm::Broadband, Action::Registration),
        (Drm::Broadband, Action::Deregistration),
    ];

    fn sealer() -> Sealer {
        Sealer::new([42; 32])
    }

    #[test]
    fn a_token_is_good_until_its_end_and_no_moment_longer() {
        let (contents, moment) = (contents(), SignedDuration::from_nanos(1));
        assert!(!contents.has_expired(contents.expires_at));
        assert!(contents.has_expired(contents.expires_at + moment));
    }

    #[test]
    fn a_token_has_the_outer_shape_of_a_real_one_under_a_version_of_its_own() {
        let one_key = TokenContents {
            keys: contents().keys[..1].to_vec(),
            ..contents()
        };
        let token = sealer().seal(&one_key, &Entropy::seeded(1)).unwrap();
        assert!(
            (150..=350).contains(&token.reveal().len()),
            "{}",
            token.reveal().len()
        );
        let bytes = URL_SAFE_NO_PAD.decode(token.reveal()).unwrap();
        assert_eq!(bytes[..4], [0xb2, 0, 0, 0]);
        assert_eq!(bytes[8..10], [0, 36]);
        assert_eq!(&bytes[10..46], b"00000000-0000-0000-0000-000000000007");
        let length = u32::from_be_bytes(bytes[46..50].try_into().unwrap()) as usize;
        assert_eq!(length % 16, 0);
        assert_eq!(bytes.len(), 50 + length + 20);
    }

    #[test]
    fn a_token_opens_to_what_was_sealed_and_only_under_its_key() {
        let token = sealer().seal(&contents(), &Entropy::from_os()).unwrap();
        assert_eq!(sealer().open(&token).unwrap(), contents());
        let other = Sealer::new([43; 32]).open(&token).unwrap_err();
        assert_eq!(other.code, ErrorCode::InvalidToken);
    }

    #[test]
    fn what_has_another_shape_is_no_token_of_ours_and_what_was_changed_is_told_apart() {
        let token = sealer().seal(&contents(), &Entropy::seeded(1)).unwrap();
        let good = URL_SAFE_NO_PAD.decode(token.reveal()).unwrap();
        let why = |change: fn(&mut Vec<u8>)| {
            let mut bytes = good.clone();
            change(&mut bytes);
            let token: Token = URL_SAFE_NO_PAD.encode(bytes).parse().unwrap();
            sealer().open(&token).unwrap_err().why
        };
        let not_ours: [fn(&mut Vec<u8>); 4] = [
            |bytes| bytes[0] = 0xb1,
            |bytes| bytes[9] = 35,
            |bytes| {
                bytes[HEADER - 1] += 1;
                bytes.push(0);
            },
            |bytes| bytes.push(0),
        ];
        for change in not_ours {
            assert_eq!(why(change), "it is not a token of this service");
        }
        let changed = why(|bytes| bytes[HEADER] ^= 1);
        assert_eq!(changed, "it was changed after it was made");
    }

    #[test]
    fn no_bit_of_a_token_can_be_flipped() {
        let token = sealer().seal(&contents(), &Entropy::seeded(1)).unwrap();
        let bytes = URL_SAFE_NO_PAD.decode(token.reveal()).unwrap();
        for bit in 0..bytes.len() * 8 {
            let mut changed = bytes.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            let changed: Token = URL_SAFE_NO_PAD.encode(changed).parse().unwrap();
            let refusal = sealer().open(&changed).unwrap_err();
            assert_eq!(refusal.code, ErrorCode::InvalidToken, "bit {bit}");
        }
    }

    proptest! {
        #[test]
        fn whatever_is_sealed_opens_the_same(
            cookie in proptest::option::of("[a-f0-9]{1,32}"),
            device in proptest::option::of(proptest::array::uniform16(1u8..)),
            content_id in proptest::option::of(".{0,36}"),
            kind in proptest::sample::select(KINDS.to_vec()),
            keys in proptest::collection::vec((any::<Option<[u8; 16]>>(), any::<[u8; 16]>()), 1..9),
            seed in any::<u64>(),
        ) {
            let contents = TokenContents {
                drm: kind.0,
                action: kind.1,
                cookie: cookie.map(|text| text.parse().unwrap()),
                device_id: device.map(|bytes| DeviceId::from_bytes(bytes).unwrap()),
                content_id,
                keys: keys
                    .into_iter()
                    .map(|(kid, key)| TokenKey {
                        kid: kid.map(KeyId::Bytes),
                        key: ContentKey::from_bytes(key),
                    })
                    .collect(),
                ..contents()
            };
            let token = sealer().seal(&contents, &Entropy::seeded(seed)).unwrap();
            prop_assert_eq!(sealer().open(&token), Ok(contents));
        }

        #[test]
        fn no_bytes_whatever_open(bytes in proptest::collection::vec(any::<u8>(), 1..400)) {
            let token: Token = URL_SAFE_NO_PAD.encode(bytes).parse().unwrap();
            prop_assert_eq!(sealer().open(&token).unwrap_err().code, ErrorCode::InvalidToken);
        }
    }
}
