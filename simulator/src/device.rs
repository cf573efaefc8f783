//! Which device a licence request proves to come from (design: "The device and its licence
//! request").

use std::borrow::Cow;

use expressplay::{
    DeviceId, ErrorCode, Refusal, SignedChallenge, Token, challenge::LicenseChallenge,
};
use jiff::{SignedDuration, Timestamp};
use ring::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};
use sha2::{Digest, Sha256};

use crate::account::Settings;

/// How far `iat` may be off, either way.
pub(crate) const MAX_SKEW: SignedDuration = SignedDuration::from_mins(5);

/// How long a `jti` is remembered at least: twice [`MAX_SKEW`] and a minute, so that no challenge
/// outlives its mark, however long a commit takes. It is a minute more at most, since those of a
/// minute are forgotten together.
pub(crate) const MARK_LIFETIME: SignedDuration = SignedDuration::from_mins(11);

/// Who asks for a licence, as far as the challenge says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Asker {
    /// A signature proves it; the mark makes the challenge good for one use.
    Proved { device_id: DeviceId, mark: Mark },
    /// A plain challenge claims it.
    Claimed(DeviceId),
    /// A plain challenge that claims nothing.
    Nobody,
}

/// What a challenge uses up: a `jti` of a key, as 64 bits of their hash. Two that should differ
/// meet by chance once in 10^12, with as many challenges in ten minutes as a machine can verify.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Mark(i64);

impl Mark {
    pub(crate) fn of(thumbprint: &[u8; 32], jti: &str) -> Self {
        let hash = Sha256::new_with_prefix(thumbprint).chain_update(jti);
        let mut head = [0; 8];
        head.copy_from_slice(&hash.finalize()[..8]);
        Self(i64::from_be_bytes(head))
    }
}

/// As a database keeps it.
impl From<Mark> for i64 {
    fn from(Mark(number): Mark) -> Self {
        number
    }
}

impl From<i64> for Mark {
    fn from(number: i64) -> Self {
        Self(number)
    }
}

impl Asker {
    pub(crate) fn device_id(&self) -> Option<DeviceId> {
        match self {
            Self::Proved { device_id, .. } | Self::Claimed(device_id) => Some(*device_id),
            Self::Nobody => None,
        }
    }

    /// Who sends a challenge that goes with a token. `real_now` is the machine's time: replay
    /// must not be possible by moving a clock.
    ///
    /// # Errors
    /// -4001 for a signature that does not hold, an `iat` too far off, an `ath` of another token.
    pub(crate) fn of(
        challenge: &LicenseChallenge,
        token: &Token,
        real_now: Timestamp,
    ) -> Result<Self, Refusal> {
        match challenge {
            LicenseChallenge::Signed(signed) => Self::of_signed(signed, token, real_now),
            LicenseChallenge::Plain(plain) => {
                Ok(plain.device_id.map_or(Self::Nobody, Self::Claimed))
            }
        }
    }

    /// Whether the account takes this kind of challenge.
    ///
    /// # Errors
    /// -4001 for a plain one where it does not.
    pub(crate) fn check_allowed(&self, settings: &Settings) -> Result<(), Refusal> {
        match self {
            Self::Claimed(_) | Self::Nobody if !settings.plain_challenges => {
                let why = "this account takes signed challenges alone, and this one is plain";
                Err(Refusal::new(ErrorCode::DeviceNotAuthenticated, why).at("challenge"))
            }
            _ => Ok(()),
        }
    }

    fn of_signed(
        signed: &SignedChallenge,
        token: &Token,
        real_now: Timestamp,
    ) -> Result<Self, Refusal> {
        UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, signed.jwk.to_sec1())
            .verify(signed.signing_input.as_bytes(), &signed.signature)
            .map_err(|_| not_authenticated("the challenge's signature does not hold"))?;
        let signed_at = Timestamp::from_second(signed.claims.iat)
            .map_err(|_| not_authenticated("the challenge's iat is no time"))?;
        if real_now.duration_since(signed_at).abs() > MAX_SKEW {
            return Err(not_authenticated(
                "the challenge's iat is more than 5 minutes off; is the device's clock right?",
            ));
        }
        if signed.claims.ath.0 != token.hash() {
            return Err(not_authenticated(
                "the challenge's ath belongs to another token",
            ));
        }
        Ok(Self::Proved {
            device_id: signed.jwk.device_id()?,
            mark: Mark::of(&signed.jwk.thumbprint(), &signed.claims.jti),
        })
    }
}

/// The refusal of a challenge that was used before.
pub(crate) fn replayed() -> Refusal {
    not_authenticated("this challenge was used before; a device signs a fresh one each time")
}

/// The cross-check (seed step 7): a token that is bound answers its own device alone.
///
/// # Errors
/// -4001 where the two differ, or the asker is nobody.
pub(crate) fn cross_check(bound_to: Option<DeviceId>, asker: &Asker) -> Result<(), Refusal> {
    match (bound_to, asker.device_id()) {
        (None, _) => Ok(()),
        (Some(bound), Some(asking)) if bound == asking => Ok(()),
        (Some(bound), Some(asking)) => Err(not_authenticated(format!(
            "the token is bound to device {}, and device {} asks",
            bound.short(),
            asking.short()
        ))),
        (Some(bound), None) => Err(not_authenticated(format!(
            "the token is bound to device {}, and the challenge names none",
            bound.short()
        ))),
    }
}

/// -4001 of a challenge that is one.
fn not_authenticated(why: impl Into<Cow<'static, str>>) -> Refusal {
    Refusal::new(ErrorCode::DeviceNotAuthenticated, why)
        .at("challenge")
        .of_well_formed()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Clock, Entropy, SoftDevice};

    #[test]
    fn a_challenge_is_good_for_five_minutes_either_way_and_no_moment_longer() {
        let device = SoftDevice::generate().unwrap();
        let token: Token = "aaaa".parse().unwrap();
        let clock = Clock::default();
        let claims = SoftDevice::claims(&token, &[], &clock, &Entropy::seeded(1));
        let signed = device.sign(&claims).unwrap();
        let challenge = LicenseChallenge::Signed(SignedChallenge::parse(&signed).unwrap());
        let at = Timestamp::from_second(claims.iat).unwrap();
        let moment = SignedDuration::from_nanos(1);
        let is_good = |now| Asker::of(&challenge, &token, now).is_ok();
        for (last, next) in [
            (at + MAX_SKEW, at + MAX_SKEW + moment),
            (at - MAX_SKEW, at - MAX_SKEW - moment),
        ] {
            assert!(is_good(last), "{last}");
            assert!(!is_good(next), "{next}");
        }
    }
}
