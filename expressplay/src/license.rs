//! A licence: the keys, as a Clear Key licence has them (W3C EME, 9.1.4).

use serde::{Deserialize, Serialize};

use crate::{
    ContentKey, base64url,
    challenge::{KidBytes, SessionType},
};

/// A licence that a browser's own `org.w3.clearkey` takes: a JWK set of `oct` keys.
///
/// Written with [`serde_json`] it gives the content keys up: it goes to the device that earned
/// it, and nowhere else. Its `Debug` does not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct License {
    /// The keys.
    #[cfg_attr(feature = "openapi", schema(value_type = Vec<Jwk>))]
    pub keys: Vec<LicenseKey>,
    /// The kind of session, as asked for.
    #[serde(rename = "type")]
    pub session: SessionType,
}

/// One key of a licence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Jwk", into = "Jwk")]
pub struct LicenseKey {
    /// The key's id.
    pub kid: KidBytes,
    /// The key.
    pub key: ContentKey,
}

/// A key as a JWK (RFC 7517) of the type `oct`.
#[derive(Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
struct Jwk {
    kty: String,
    kid: KidBytes,
    k: String,
}

impl TryFrom<Jwk> for LicenseKey {
    type Error = &'static str;

    fn try_from(jwk: Jwk) -> Result<Self, Self::Error> {
        if jwk.kty != "oct" {
            return Err("a licence's keys have kty oct");
        }
        let bytes = base64url::decode_array(&jwk.k).ok_or("k is 16 bytes in base64url")?;
        Ok(Self {
            kid: jwk.kid,
            key: ContentKey::from_bytes(bytes),
        })
    }
}

impl From<LicenseKey> for Jwk {
    fn from(key: LicenseKey) -> Self {
        Self {
            kty: "oct".to_owned(),
            kid: key.kid,
            k: base64url::encode(key.key.reveal()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_licence_is_a_jwk_set() {
        let license = License {
            keys: vec![LicenseKey {
                kid: KidBytes([0; 16]),
                key: ContentKey::from_bytes([0xff; 16]),
            }],
            session: SessionType::Temporary,
        };
        let json = serde_json::to_string(&license).unwrap();
        assert_eq!(
            json,
            r#"{"keys":[{"kty":"oct","kid":"AAAAAAAAAAAAAAAAAAAAAA","k":"_____________________w"}],"type":"temporary"}"#
        );
        assert_eq!(serde_json::from_str::<License>(&json).unwrap(), license);
    }
}
