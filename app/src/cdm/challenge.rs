//! The licence request: EME's Clear Key request, signed by the device for one token.

use expressplay::{
    ChallengeClaims, ClearKeyRequest, PublicJwk, SignedChallenge, Token,
    challenge::{KidBytes, SessionType, TokenHash},
};

use super::{CdmError, DeviceKey};
use crate::json::Json;

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
        let text = String::from_utf8_lossy(message);
        let request = Json::read(&text)
            .as_ref()
            .and_then(clear_key_request)
            .ok_or_else(|| CdmError::Request("no kids and type in it".to_owned()))?;
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

/// What EME asks for (W3C EME, 9.1.3).
fn clear_key_request(message: &Json) -> Option<ClearKeyRequest> {
    let session = match message.member("type")?.text()?.as_str() {
        "temporary" => SessionType::Temporary,
        "persistent-license" => SessionType::PersistentLicense,
        _ => return None,
    };
    let kids = kids(&message.member("kids")?)?;
    Some(ClearKeyRequest { kids, session })
}

/// Key ids as Clear Key messages have them.
pub(crate) fn kids(list: &Json) -> Option<Vec<KidBytes>> {
    let kid = |kid: &Json| KidBytes::try_from(kid.text()?).ok();
    list.items()?.iter().map(kid).collect()
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
