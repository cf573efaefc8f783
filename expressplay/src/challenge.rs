//! The licence request of Bindery's simulated CDM, signed and plain.
//!
//! Real licence requests are opaque and need the DRM owners' secrets. This one is made of
//! standards: the W3C Clear Key request that EME gives to the page, as the payload of a compact
//! JWS (RFC 7515, ES256) whose header carries the device's public key (RFC 7517). The claims
//! `iat`, `jti` and `ath` tie it to a moment, to one use and to one token, as DPoP does
//! (RFC 9449).
//!
//! Parsing here checks shape only. Whether the signature holds, the time is near and the `jti` is
//! new is for whoever redeems.

use std::borrow::Cow;

use serde::{Deserialize, Deserializer, Serialize, de::IgnoredAny};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use crate::{DeviceId, ErrorCode, Refusal, base64url, token_request::MAX_KEYS};

/// The content type of a signed challenge.
pub const SIGNED_TYPE: &str = "application/jose";
/// The content type of a plain challenge.
pub const PLAIN_TYPE: &str = "application/json";
/// The `typ` of a signed challenge's header.
pub const JWS_TYPE: &str = "license-challenge+jwt";
/// The most characters that a `jti` may have.
pub const MAX_JTI_CHARS: usize = 64;

/// A Clear Key request as EME makes it: `{"kids":["…"],"type":"temporary"}` (W3C EME, 9.1.3).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ClearKeyRequest {
    /// The key ids that the player asks for, 16 bytes each, base64url on the wire.
    pub kids: Vec<KidBytes>,
    /// The kind of session.
    #[serde(rename = "type")]
    pub session: SessionType,
}

/// A key id in a Clear Key message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(value_type = String, pattern = "^[A-Za-z0-9_-]{22}$"))]
pub struct KidBytes(pub [u8; 16]);

impl TryFrom<String> for KidBytes {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        base64url::decode_array(&text)
            .map(Self)
            .ok_or("a kid is 16 bytes in base64url")
    }
}

impl From<KidBytes> for String {
    fn from(kid: KidBytes) -> Self {
        base64url::encode(kid.0)
    }
}

/// The kind of EME session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum SessionType {
    /// The licence ends with the session.
    Temporary,
    /// The licence is kept.
    PersistentLicense,
}

/// The payload of a signed challenge.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChallengeClaims {
    /// The Clear Key request.
    #[serde(flatten)]
    pub request: ClearKeyRequest,
    /// When it was signed, in seconds since 1970 (RFC 7519).
    pub iat: i64,
    /// A value that this key uses once, 1 to [`MAX_JTI_CHARS`] characters.
    pub jti: String,
    /// The SHA-256 of the token that it goes with, base64url on the wire.
    pub ath: TokenHash,
}

/// The SHA-256 of a token's text, as [`crate::Token::hash`] gives it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TokenHash(pub [u8; 32]);

impl TryFrom<String> for TokenHash {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        base64url::decode_array(&text)
            .map(Self)
            .ok_or("ath is 32 bytes in base64url")
    }
}

impl From<TokenHash> for String {
    fn from(hash: TokenHash) -> Self {
        base64url::encode(hash.0)
    }
}

/// A device's public key: a point on P-256, as a JWK has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PublicJwk {
    /// The x coordinate.
    pub x: [u8; 32],
    /// The y coordinate.
    pub y: [u8; 32],
}

impl PublicJwk {
    /// A key from the coordinates as WebCrypto exports them, base64url.
    #[must_use]
    pub fn from_base64url(x: &str, y: &str) -> Option<Self> {
        Some(Self {
            x: base64url::decode_array(x)?,
            y: base64url::decode_array(y)?,
        })
    }

    /// The key as JSON, members in the order that RFC 7638 hashes them.
    #[must_use]
    pub fn to_json(&self) -> String {
        let (x, y) = (base64url::encode(self.x), base64url::encode(self.y));
        format!(r#"{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}"#)
    }

    /// The RFC 7638 SHA-256 thumbprint.
    #[must_use]
    pub fn thumbprint(&self) -> [u8; 32] {
        Sha256::digest(self.to_json()).into()
    }

    /// The device_id: the first 16 bytes of the thumbprint (design, section 3).
    ///
    /// # Errors
    /// -5005 where they are all zero, which no key in use will ever see.
    pub fn device_id(&self) -> Result<DeviceId, Refusal> {
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&self.thumbprint()[..16]);
        DeviceId::from_bytes(bytes)
    }

    /// The uncompressed point (SEC 1, 2.3.3): 04, x, y.
    #[must_use]
    pub fn to_sec1(&self) -> [u8; 65] {
        let mut point = [4; 65];
        point[1..33].copy_from_slice(&self.x);
        point[33..].copy_from_slice(&self.y);
        point
    }
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    typ: String,
    jwk: HeaderJwk,
    #[serde(default, deserialize_with = "present")]
    crit: bool,
}

#[derive(Deserialize)]
struct HeaderJwk {
    kty: String,
    crv: String,
    x: String,
    y: String,
    #[serde(default, deserialize_with = "present")]
    d: bool,
}

/// True where the member is there, whatever its value.
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    IgnoredAny::deserialize(deserializer).map(|_| true)
}

/// A signed challenge in its right shape; the signature is not checked yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedChallenge {
    /// The device's public key, which the signature must match.
    pub jwk: PublicJwk,
    /// What is signed.
    pub claims: ChallengeClaims,
    /// The bytes that the signature covers: header, dot, payload.
    pub signing_input: String,
    /// The signature: r and s, 32 bytes each (RFC 7518, 3.4).
    pub signature: [u8; 64],
}

impl SignedChallenge {
    /// The bytes to sign for a challenge.
    ///
    /// # Errors
    /// -4001 where the claims cannot be written as JSON.
    pub fn signing_input(jwk: &PublicJwk, claims: &ChallengeClaims) -> Result<String, Refusal> {
        let header = format!(
            r#"{{"alg":"ES256","typ":"{JWS_TYPE}","jwk":{}}}"#,
            jwk.to_json()
        );
        let payload = serde_json::to_vec(claims).map_err(|error| malformed(error.to_string()))?;
        Ok(format!(
            "{}.{}",
            base64url::encode(header),
            base64url::encode(payload)
        ))
    }

    /// The compact JWS: what was signed, and its signature.
    #[must_use]
    pub fn assemble(signing_input: &str, signature: &[u8; 64]) -> String {
        format!("{signing_input}.{}", base64url::encode(signature))
    }

    /// Reads a compact JWS. White space around it, such as a file's last newline, does not matter.
    ///
    /// # Errors
    /// -4001 for anything malformed: another `alg` or `typ`, a `crit` header, a private JWK,
    /// another curve, a claim that is missing or has the wrong shape.
    pub fn parse(compact: &str) -> Result<Self, Refusal> {
        let (signing_input, signature) = compact
            .trim_ascii()
            .rsplit_once('.')
            .ok_or_else(|| malformed("it is not a compact JWS"))?;
        let (header, payload) = signing_input
            .split_once('.')
            .filter(|(_, payload)| !payload.contains('.'))
            .ok_or_else(|| malformed("a compact JWS has three parts"))?;

        let header: Header = json_part(header, "header")?;
        if header.alg != "ES256" {
            return Err(malformed("alg must be ES256"));
        }
        if header.typ != JWS_TYPE {
            return Err(malformed(format!("typ must be {JWS_TYPE}")));
        }
        if header.crit {
            return Err(malformed("no crit header is understood"));
        }
        if header.jwk.d {
            return Err(malformed("the jwk is a private key"));
        }
        if header.jwk.kty != "EC" || header.jwk.crv != "P-256" {
            return Err(malformed("the jwk must be an EC key on P-256"));
        }
        let jwk = PublicJwk::from_base64url(&header.jwk.x, &header.jwk.y)
            .ok_or_else(|| malformed("x and y of the jwk are 32 bytes each in base64url"))?;

        let claims: ChallengeClaims = json_part(payload, "payload")?;
        if claims.jti.is_empty() || claims.jti.chars().count() > MAX_JTI_CHARS {
            return Err(malformed(format!(
                "jti takes 1 to {MAX_JTI_CHARS} characters"
            )));
        }
        let signature = base64url::decode_array(signature)
            .ok_or_else(|| malformed("an ES256 signature is 64 bytes in base64url"))?;
        Ok(Self {
            jwk,
            claims,
            signing_input: signing_input.to_owned(),
            signature,
        })
    }
}

/// A plain challenge: the Clear Key request as it is, and whom it claims to come from.
///
/// It proves nothing. The account says whether it is accepted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PlainChallenge {
    /// The Clear Key request.
    #[serde(flatten)]
    pub request: ClearKeyRequest,
    /// The device_id that it claims; without one it can redeem only an unbound token.
    #[serde(rename = "deviceId", default, skip_serializing_if = "Option::is_none")]
    pub device_id: Option<DeviceId>,
}

impl PlainChallenge {
    /// Which member of a JSON object keeps it from being one, and how.
    fn fault_of(body: &[u8]) -> Option<String> {
        let members: Map<String, Value> = serde_json::from_slice(body).ok()?;
        let of = |name: &str| members.get(name).cloned().unwrap_or_default();
        let name = if Vec::<KidBytes>::deserialize(of("kids")).is_err() {
            "kids"
        } else if SessionType::deserialize(of("type")).is_err() {
            "type"
        } else if Option::<DeviceId>::deserialize(of("deviceId")).is_err() {
            "deviceId"
        } else {
            return None;
        };
        Some(match members.contains_key(name) {
            true => format!("and here {name} is something else"),
            false => format!("and here {name} is missing"),
        })
    }
}

/// A licence request, whichever way it proves its device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LicenseChallenge {
    /// Signed by the device's key.
    Signed(SignedChallenge),
    /// Not signed.
    Plain(PlainChallenge),
}

impl LicenseChallenge {
    /// Reads a request's body by its content type; parameters after `;` do not matter.
    ///
    /// # Errors
    /// -4001 where the type is neither [`SIGNED_TYPE`] nor [`PLAIN_TYPE`], or the body does not
    /// have the type's shape.
    pub fn parse(content_type: &str, body: &[u8]) -> Result<Self, Refusal> {
        let media_type = content_type.split(';').next().unwrap_or_default().trim();
        let challenge = Self::parse_as(media_type, body)?;
        // No token has more keys, so nobody needs to ask for more.
        if challenge.request().kids.len() > MAX_KEYS {
            return Err(malformed(format!("it asks for more than {MAX_KEYS} kids")));
        }
        Ok(challenge)
    }

    fn parse_as(media_type: &str, body: &[u8]) -> Result<Self, Refusal> {
        if media_type.eq_ignore_ascii_case(SIGNED_TYPE) {
            let compact = std::str::from_utf8(body).map_err(|_| malformed("it is not text"))?;
            SignedChallenge::parse(compact).map(Self::Signed)
        } else if media_type.eq_ignore_ascii_case(PLAIN_TYPE) {
            let plain = serde_json::from_slice(body).map_err(|error| {
                malformed(format!(
                    "a plain challenge is JSON with kids (16 bytes each, as the 22 characters of \
                     base64url without padding), type (temporary or persistent-license) and \
                     perhaps deviceId (32 hexadecimal digits, not all zero), {}",
                    PlainChallenge::fault_of(body)
                        .unwrap_or_else(|| format!("and this is not ({})", place(&error)))
                ))
            })?;
            Ok(Self::Plain(plain))
        } else {
            Err(malformed(format!(
                "the content type must be {SIGNED_TYPE} or {PLAIN_TYPE}"
            )))
        }
    }

    /// What the player asks for.
    #[must_use]
    pub const fn request(&self) -> &ClearKeyRequest {
        match self {
            Self::Signed(signed) => &signed.claims.request,
            Self::Plain(plain) => &plain.request,
        }
    }
}

fn json_part<T: serde::de::DeserializeOwned>(part: &str, name: &str) -> Result<T, Refusal> {
    let bytes = base64url::decode(part)
        .ok_or_else(|| malformed(format!("the {name} is not base64url without padding")))?;
    serde_json::from_slice(&bytes).map_err(|error| {
        malformed(format!(
            "the {name} does not have its shape ({})",
            place(&error)
        ))
    })
}

/// Where JSON is at fault, without serde_json's words, which quote what was sent.
fn place(error: &serde_json::Error) -> String {
    format!("line {}, column {}", error.line(), error.column())
}

fn malformed(why: impl Into<Cow<'static, str>>) -> Refusal {
    Refusal::new(ErrorCode::DeviceNotAuthenticated, why).at("challenge")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 7517, appendix A.1, has this key; the thumbprint was computed with another program.
    fn jwk() -> PublicJwk {
        PublicJwk::from_base64url(
            "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4",
            "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM",
        )
        .unwrap()
    }

    fn claims() -> ChallengeClaims {
        ChallengeClaims {
            request: ClearKeyRequest {
                kids: vec![KidBytes([7; 16])],
                session: SessionType::Temporary,
            },
            iat: 1_700_000_000,
            jti: "once".to_owned(),
            ath: TokenHash([9; 32]),
        }
    }

    fn compact(header: &str, payload: &str) -> String {
        let input = format!(
            "{}.{}",
            base64url::encode(header),
            base64url::encode(payload)
        );
        SignedChallenge::assemble(&input, &[1; 64])
    }

    #[test]
    fn the_device_id_is_the_head_of_the_thumbprint() {
        assert_eq!(
            base64url::encode(jwk().thumbprint()),
            "cn-I_WNMClehiVp51i_0VpOENW1upEerA8sEam5hn-s"
        );
        assert_eq!(
            jwk().device_id().unwrap().to_string(),
            hex::encode(&jwk().thumbprint()[..16])
        );
    }

    #[test]
    fn a_point_is_written_uncompressed() {
        let PublicJwk { x, y } = jwk();
        assert_eq!(jwk().to_sec1()[..], [&[4][..], &x, &y].concat());
    }

    #[test]
    fn a_challenge_is_read_as_it_was_written() {
        let input = SignedChallenge::signing_input(&jwk(), &claims()).unwrap();
        let parsed = SignedChallenge::parse(&SignedChallenge::assemble(&input, &[1; 64])).unwrap();
        assert_eq!(parsed.jwk, jwk());
        assert_eq!(parsed.claims, claims());
        assert_eq!(parsed.signing_input, input);
        assert_eq!(parsed.signature, [1; 64]);
    }

    #[test]
    fn white_space_around_a_challenge_is_no_part_of_it() {
        let input = SignedChallenge::signing_input(&jwk(), &claims()).unwrap();
        let compact = SignedChallenge::assemble(&input, &[1; 64]);
        let read = |body: String| LicenseChallenge::parse(SIGNED_TYPE, body.as_bytes());
        let bare = read(compact.clone()).unwrap();
        for body in [
            format!("{compact}\n"),
            format!(" {compact}\r\n"),
            format!("\t{compact} \n\n"),
        ] {
            assert_eq!(read(body).unwrap(), bare);
        }
        assert!(read(compact.replacen('.', " .", 1)).is_err(), "within it");
        let plain = b"\n {\"kids\":[],\"type\":\"temporary\"}\n";
        assert!(LicenseChallenge::parse(PLAIN_TYPE, plain).is_ok());
    }

    #[test]
    fn every_departure_from_the_shape_is_refused_with_4001() {
        let key = jwk().to_json();
        let header = |alg: &str, typ: &str, jwk: &str, more: &str| {
            format!(r#"{{"alg":"{alg}","typ":"{typ}","jwk":{jwk}{more}}}"#)
        };
        let good = header("ES256", JWS_TYPE, &key, "");
        let payload = serde_json::to_string(&claims()).unwrap();
        assert!(SignedChallenge::parse(&compact(&good, &payload)).is_ok());
        let longest = payload.replace("once", &"j".repeat(MAX_JTI_CHARS));
        assert!(SignedChallenge::parse(&compact(&good, &longest)).is_ok());

        let private = key.replace('}', r#","d":"AAAA"}"#);
        let why = |header: &str| {
            SignedChallenge::parse(&compact(header, &payload))
                .unwrap_err()
                .why
        };
        let critical = header("ES256", JWS_TYPE, &key, r#","crit":null"#);
        assert_eq!(why(&critical), "no crit header is understood");
        let secret = header("ES256", JWS_TYPE, &private, "");
        assert_eq!(why(&secret), "the jwk is a private key");

        let other_curve = key.replace("P-256", "P-384");
        let wrong = [
            compact(&header("none", JWS_TYPE, &key, ""), &payload),
            compact(&header("HS256", JWS_TYPE, &key, ""), &payload),
            compact(&header("ES256", "JWT", &key, ""), &payload),
            compact(
                &header("ES256", JWS_TYPE, &key, r#","crit":["b64"]"#),
                &payload,
            ),
            compact(
                &header("ES256", JWS_TYPE, &key, r#","crit":null"#),
                &payload,
            ),
            compact(&header("ES256", JWS_TYPE, &private, ""), &payload),
            compact(&header("ES256", JWS_TYPE, &other_curve, ""), &payload),
            compact(&good, &payload.replace("once", "")),
            compact(&good, &payload.replace("once", &"j".repeat(65))),
            compact(&good, &payload.replace("temporary", "for-ever")),
            compact(&good, "{}"),
            compact(&good, "no json"),
            format!(
                "{}.AAAA",
                SignedChallenge::signing_input(&jwk(), &claims()).unwrap()
            ),
            format!("x.{}", compact(&good, &payload)),
            "..".to_owned(),
            String::new(),
        ];
        for challenge in wrong {
            let refusal = SignedChallenge::parse(&challenge).unwrap_err();
            assert_eq!(
                refusal.code,
                ErrorCode::DeviceNotAuthenticated,
                "{challenge}"
            );
        }
    }

    #[test]
    fn a_malformed_plain_challenge_is_told_which_member_is_at_fault() {
        let kid = "BwcHBwcHBwcHBwcHBwcHBw";
        for (body, fault) in [
            (r#"{"type":"temporary"}"#, "kids is missing"),
            (
                r#"{"kids":["0707"],"type":"temporary"}"#,
                "kids is something else",
            ),
            (&format!(r#"{{"kids":["{kid}"]}}"#), "type is missing"),
            (
                &format!(r#"{{"kids":["{kid}"],"type":"for-ever"}}"#),
                "type is something else",
            ),
            (
                &format!(r#"{{"kids":["{kid}"],"type":"temporary","deviceId":"tv"}}"#),
                "deviceId is something else",
            ),
            ("no json", "this is not (line 1, column 2)"),
            ("[]", "this is not (line 1"),
        ] {
            let refusal = LicenseChallenge::parse(PLAIN_TYPE, body.as_bytes()).unwrap_err();
            assert!(refusal.why.contains(fault), "{body}: {refusal}");
        }
    }

    #[test]
    fn a_plain_challenge_may_name_a_device() {
        let body = br#"{"kids":["BwcHBwcHBwcHBwcHBwcHBw"],"type":"temporary"}"#;
        let plain = LicenseChallenge::parse("application/json; charset=utf-8", body).unwrap();
        assert_eq!(plain.request().kids, [KidBytes([7; 16])]);
        assert!(LicenseChallenge::parse("text/plain", body).is_err());
        let zero =
            br#"{"kids":[],"type":"temporary","deviceId":"00000000000000000000000000000000"}"#;
        assert!(LicenseChallenge::parse("application/json", zero).is_err());
        let asks_for = |count: usize| {
            let kids = [r#""BwcHBwcHBwcHBwcHBwcHBw""#].repeat(count).join(",");
            let body = format!(r#"{{"kids":[{kids}],"type":"temporary"}}"#);
            LicenseChallenge::parse("application/json", body.as_bytes())
        };
        assert!(asks_for(MAX_KEYS).is_ok() && asks_for(MAX_KEYS + 1).is_err());
    }
}
