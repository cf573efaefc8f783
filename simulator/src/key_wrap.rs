//! AES Key Wrap (RFC 3394), for `ek` and key storage (API section 5).

use aes_kw::KekAes128;
use expressplay::{ContentKey, EncryptedKey, ErrorCode, KeyEncryptionKey, Refusal};
use sha2::{Digest, Sha256};

/// Wraps a content key.
pub(crate) fn wrap(kek: &KeyEncryptionKey, key: &ContentKey) -> Result<EncryptedKey, Refusal> {
    let mut wrapped = [0; 24];
    KekAes128::from(*kek.reveal())
        .wrap(key.reveal(), &mut wrapped)
        .map_err(|_| Refusal::from(ErrorCode::EncryptedKey))?;
    Ok(EncryptedKey::from_bytes(wrapped))
}

/// Unwraps a content key.
///
/// # Errors
/// -4024 where `ek` was not wrapped under `kek`.
pub(crate) fn unwrap(kek: &KeyEncryptionKey, ek: &EncryptedKey) -> Result<ContentKey, Refusal> {
    let mut key = [0; 16];
    KekAes128::from(*kek.reveal())
        .unwrap(ek.as_bytes(), &mut key)
        .map_err(|_| {
            let why = "this ek was not wrapped under this kek";
            Refusal::new(ErrorCode::EncryptedKey, why).at("ek")
        })?;
    Ok(ContentKey::from_bytes(key))
}

/// Unwraps a content key that is in key storage: whoever asks for it sends the `kek` alone.
///
/// # Errors
/// -4024 where it was not wrapped under `kek`.
pub(crate) fn unwrap_stored(
    kek: &KeyEncryptionKey,
    ek: &EncryptedKey,
) -> Result<ContentKey, Refusal> {
    let why = "the stored key was not wrapped under this kek";
    unwrap(kek, ek).map_err(|refusal| refusal.at("kek").because(why).of_well_formed())
}

/// The name of a kek: `#1.` and 40 hexadecimal digits, which say nothing of the kek itself.
pub(crate) fn kek_id(kek: &KeyEncryptionKey) -> String {
    format!(
        "#1.{}",
        hex::encode_upper(&Sha256::digest(kek.reveal())[..20])
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_golden_vector_of_key_storage_unwraps_and_wraps() {
        let kek = "11111111111111111111111111111111".parse().unwrap();
        let ek = "61A9D3B082AAB5A918EBB86461DA475BD80CA4A83CEA16B6"
            .parse()
            .unwrap();
        let key = unwrap(&kek, &ek).unwrap();
        assert_eq!(key.reveal_hex(), "f2434ca0f6a7de822574bf2f8190f6cd");
        assert_eq!(wrap(&kek, &key).unwrap(), ek);
    }

    #[test]
    fn another_kek_does_not_unwrap() {
        let ek = "61A9D3B082AAB5A918EBB86461DA475BD80CA4A83CEA16B6"
            .parse()
            .unwrap();
        let kek = "11111111111111111111111111111112".parse().unwrap();
        assert_eq!(unwrap(&kek, &ek).unwrap_err().code, ErrorCode::EncryptedKey);
        let stored = unwrap_stored(&kek, &ek).unwrap_err();
        assert_eq!(stored.code, ErrorCode::EncryptedKey);
        assert_eq!(stored.parameter.as_deref(), Some("kek"), "no ek was sent");
    }
}
