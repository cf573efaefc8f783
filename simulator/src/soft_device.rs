//! A device in software, for tests and terminals: it holds a key and signs licence challenges, as
//! the simulated CDM does in a browser.

use std::fmt;

use base64::{Engine, engine::general_purpose::STANDARD};
use expressplay::{
    ChallengeClaims, ClearKeyRequest, DeviceId, ErrorCode, PublicJwk, Refusal, SignedChallenge,
    Token,
    challenge::{KidBytes, SessionType, TokenHash},
};
use ring::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair},
};

use crate::{Clock, Entropy};

/// A device key, and what it can do.
pub struct SoftDevice {
    key: EcdsaKeyPair,
    pkcs8: Vec<u8>,
    jwk: PublicJwk,
    device_id: DeviceId,
    random: SystemRandom,
}

/// What stands around a key in a PEM file (RFC 7468, section 10).
const PEM: (&str, &str) = ("-----BEGIN PRIVATE KEY-----", "-----END PRIVATE KEY-----");

impl SoftDevice {
    /// A device with a new key.
    ///
    /// # Errors
    /// -4001 where the system has no randomness to make one with.
    pub fn generate() -> Result<Self, Refusal> {
        // ring draws from the system alone, so this is no Entropy's.
        let document =
            EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new())
                .map_err(|_| no_key("no key could be made"))?;
        Self::from_pkcs8(document.as_ref())
    }

    /// The device whose key was written by [`Self::to_pem`].
    ///
    /// # Errors
    /// -4001 where the text is no such key.
    pub fn from_pem(text: &str) -> Result<Self, Refusal> {
        let body = text.trim().strip_prefix(PEM.0);
        let body = body.and_then(|rest| rest.trim().strip_suffix(PEM.1));
        let base64: String = body.unwrap_or_default().split_whitespace().collect();
        let pkcs8 = STANDARD.decode(base64).map_err(|_| not_pem())?;
        Self::from_pkcs8(&pkcs8)
    }

    /// The key as PEM (PKCS #8, RFC 5958): **who has it is the device**.
    #[must_use]
    pub fn to_pem(&self) -> String {
        let base64 = STANDARD.encode(&self.pkcs8);
        let lines: String = base64
            .as_bytes()
            .chunks(64)
            .map(|line| format!("{}\n", String::from_utf8_lossy(line)))
            .collect();
        format!("{}\n{lines}{}\n", PEM.0, PEM.1)
    }

    fn from_pkcs8(pkcs8: &[u8]) -> Result<Self, Refusal> {
        let random = SystemRandom::new();
        let key = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8, &random)
            .map_err(|_| not_pem())?;
        // The uncompressed point (SEC 1, 2.3.3): 04, x, y.
        let point = key.public_key().as_ref();
        let mut jwk = PublicJwk {
            x: [0; 32],
            y: [0; 32],
        };
        jwk.x.copy_from_slice(&point[1..33]);
        jwk.y.copy_from_slice(&point[33..65]);
        let device_id = jwk.device_id()?;
        Ok(Self {
            key,
            pkcs8: pkcs8.to_vec(),
            jwk,
            device_id,
            random,
        })
    }

    /// The device's id.
    #[must_use]
    pub const fn device_id(&self) -> DeviceId {
        self.device_id
    }

    /// The device's public key.
    #[must_use]
    pub const fn jwk(&self) -> &PublicJwk {
        &self.jwk
    }

    /// The claims of a fresh challenge: this token, these kids, now, once.
    #[must_use]
    pub fn claims(
        token: &Token,
        kids: &[KidBytes],
        clock: &Clock,
        entropy: &Entropy,
    ) -> ChallengeClaims {
        ChallengeClaims {
            request: ClearKeyRequest {
                kids: kids.to_vec(),
                session: SessionType::Temporary,
            },
            iat: clock.real().as_second(),
            jti: hex::encode(entropy.bytes::<16>()),
            ath: TokenHash(token.hash()),
        }
    }

    /// A signed challenge: a compact JWS.
    ///
    /// # Errors
    /// -4001 where it cannot be signed.
    pub fn sign(&self, claims: &ChallengeClaims) -> Result<String, Refusal> {
        let input = SignedChallenge::signing_input(&self.jwk, claims)?;
        let unsigned = || Refusal::new(ErrorCode::DeviceNotAuthenticated, "it cannot be signed");
        let signature = self
            .key
            .sign(&self.random, input.as_bytes())
            .map_err(|_| unsigned())?;
        let signature = signature.as_ref().try_into().map_err(|_| unsigned())?;
        Ok(SignedChallenge::assemble(&input, &signature))
    }
}

fn no_key(detail: &'static str) -> Refusal {
    Refusal::new(ErrorCode::DeviceNotAuthenticated, detail)
}

fn not_pem() -> Refusal {
    no_key("that is no P-256 key in PKCS #8, as `simulator device new` writes it")
}

/// Without the key.
impl fmt::Debug for SoftDevice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SoftDevice")
            .field("device_id", &self.device_id)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_that_was_written_down_is_the_same_again() {
        let device = SoftDevice::generate().unwrap();
        let pem = device.to_pem();
        assert!(pem.lines().all(|line| line.len() <= 64));
        let again = SoftDevice::from_pem(&pem).unwrap();
        assert_eq!(again.device_id(), device.device_id());
        assert!(!format!("{device:?}").contains(pem.lines().nth(1).unwrap()));
    }

    #[test]
    fn what_is_no_key_is_refused() {
        let pem = SoftDevice::generate().unwrap().to_pem();
        let cut = pem.replacen(pem.lines().nth(1).unwrap(), "", 1);
        for wrong in ["", "key", &cut, &pem.replace("PRIVATE", "PUBLIC")] {
            assert!(SoftDevice::from_pem(wrong).is_err(), "{wrong}");
        }
    }
}
