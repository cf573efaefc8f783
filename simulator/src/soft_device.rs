//! A device in software, for tests and terminals: it holds a key and signs licence challenges, as
//! the simulated CDM does in a browser.

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
#[derive(Debug)]
pub struct SoftDevice {
    key: EcdsaKeyPair,
    jwk: PublicJwk,
    device_id: DeviceId,
    random: SystemRandom,
}

impl SoftDevice {
    /// A device with a new key.
    ///
    /// # Errors
    /// -4001 where the system has no randomness to make one with.
    pub fn generate() -> Result<Self, Refusal> {
        let random = SystemRandom::new();
        let no_key = |_| Refusal::new(ErrorCode::DeviceNotAuthenticated, "no key could be made");
        let document = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random)
            .map_err(no_key)?;
        let key =
            EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, document.as_ref(), &random)
                .map_err(|_| no_key(ring::error::Unspecified))?;
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
