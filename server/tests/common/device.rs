//! A device: a P-256 key that signs licence requests, as the simulated CDM does in a browser.

use expressplay::{
    ChallengeClaims, ClearKeyRequest, DeviceId, KeyId, License, PublicJwk, RefusalBody,
    SignedChallenge, TokenUrl,
    challenge::{KidBytes, SIGNED_TYPE, SessionType, TokenHash},
};
use ring::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair},
};
use server::catalogue::Clip;
use simulator::{Clock, Entropy};

pub(crate) struct Device {
    key: EcdsaKeyPair,
    rng: SystemRandom,
}

impl Device {
    pub(crate) fn new() -> Self {
        let rng = SystemRandom::new();
        let algorithm = &ECDSA_P256_SHA256_FIXED_SIGNING;
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(algorithm, &rng).unwrap();
        let key = EcdsaKeyPair::from_pkcs8(algorithm, pkcs8.as_ref(), &rng).unwrap();
        Self { key, rng }
    }

    fn jwk(&self) -> PublicJwk {
        let point = self.key.public_key().as_ref();
        PublicJwk {
            x: point[1..33].try_into().unwrap(),
            y: point[33..].try_into().unwrap(),
        }
    }

    pub(crate) fn id(&self) -> DeviceId {
        self.jwk().device_id().unwrap()
    }

    /// Sends a signed licence request for a clip's keys to a token's URL.
    pub(crate) async fn redeem(&self, token_url: &str, clip: &Clip) -> Result<License, i32> {
        let url: TokenUrl = token_url.parse().unwrap();
        let kid = |kid: &KeyId| KidBytes(kid.clear_key_bytes());
        let claims = ChallengeClaims {
            request: ClearKeyRequest {
                kids: clip.keys.iter().map(|key| kid(&key.kid)).collect(),
                session: SessionType::Temporary,
            },
            iat: Clock::default().real().as_second(),
            jti: hex::encode(Entropy::from_os().bytes::<16>()),
            ath: TokenHash(url.token().hash()),
        };
        let input = SignedChallenge::signing_input(&self.jwk(), &claims).unwrap();
        let signature = self.key.sign(&self.rng, input.as_bytes()).unwrap();
        let signature: [u8; 64] = signature.as_ref().try_into().unwrap();
        let answer = reqwest::Client::new()
            .post(token_url)
            .header("content-type", SIGNED_TYPE)
            .body(SignedChallenge::assemble(&input, &signature))
            .send()
            .await
            .unwrap();
        if answer.status().is_success() {
            Ok(answer.json().await.unwrap())
        } else {
            Err(answer.json::<RefusalBody>().await.unwrap().error_code)
        }
    }
}
