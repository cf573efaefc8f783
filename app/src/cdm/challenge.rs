//! The licence request: EME's Clear Key request, signed by the device for one token.

use expressplay::{
    ChallengeClaims, ClearKeyRequest, PublicJwk, SignedChallenge, Token, challenge::TokenHash,
};

use super::{CdmError, DeviceKey};

impl DeviceKey {
    /// A compact JWS with the request that EME gave to the player, fresh each time. Gives what was
    /// signed, too.
    ///
    /// # Errors
    /// [`CdmError::Request`] where the message is not a Clear Key request.
    pub(crate) async fn challenge(
        &self,
        message: &[u8],
        token: &Token,
    ) -> Result<(String, ChallengeClaims), CdmError> {
        let request = serde_json::from_slice(message)
            .map_err(|error| CdmError::Request(error.to_string()))?;
        let claims = claims(request, token)?;
        let challenge = self.sign_as(self.public(), &claims).await?;
        Ok((challenge, claims))
    }

    /// A compact JWS that shows a public key and is signed by this one: a device shows its own, a
    /// thief another's.
    ///
    /// # Errors
    /// [`CdmError`] where WebCrypto fails.
    pub(crate) async fn sign_as(
        &self,
        shown: &PublicJwk,
        claims: &ChallengeClaims,
    ) -> Result<String, CdmError> {
        let input = SignedChallenge::signing_input(shown, claims)
            .map_err(|refusal| CdmError::Request(refusal.to_string()))?;
        let signature = self.sign(&input).await?;
        Ok(SignedChallenge::assemble(&input, &signature))
    }
}

/// What a device signs: `jti` is new, `iat` is now, and `ath` ties it to the token.
///
/// # Errors
/// [`CdmError`] where the browser gives no random bytes.
pub(crate) fn claims(request: ClearKeyRequest, token: &Token) -> Result<ChallengeClaims, CdmError> {
    Ok(ChallengeClaims {
        request,
        iat: (js_sys::Date::now() / 1000.0) as i64,
        jti: format!("{:032x}", u128::from_be_bytes(random()?)),
        ath: TokenHash(token.hash()),
    })
}

/// Random bytes, from the browser.
pub(crate) fn random<const N: usize>() -> Result<[u8; N], CdmError> {
    let mut bytes = [0; N];
    leptos::prelude::window()
        .crypto()?
        .get_random_values_with_u8_array(&mut bytes)?;
    Ok(bytes)
}
