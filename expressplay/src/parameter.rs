//! Every parameter of ExpressPlay's calls: what it takes, and the codes that it can earn (API
//! sections 2 to 5).
//!
//! The one place that says so: refusals, hints, the API page and the tables in the documentation
//! all read it here.

use crate::{Drm, ErrorCode};

use ErrorCode as E;

/// A parameter of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Parameter {
    /// Its name, without an index. Case matters.
    pub name: &'static str,
    /// What it takes, as it goes on after "takes".
    pub takes: &'static str,
    /// The codes that it can earn.
    pub codes: &'static [ErrorCode],
    /// Whether the call is refused without it. (Several stand in for each other, or are needed in
    /// some cases alone: those do not count.)
    pub required: bool,
    /// Whether it may carry a key's index, `kid.0`.
    pub indexed: bool,
}

const fn takes(name: &'static str, takes: &'static str, codes: &'static [ErrorCode]) -> Parameter {
    Parameter {
        name,
        takes,
        codes,
        required: false,
        indexed: false,
    }
}

impl Parameter {
    const fn required(self) -> Self {
        Self {
            required: true,
            ..self
        }
    }

    const fn indexed(self) -> Self {
        Self {
            indexed: true,
            ..self
        }
    }
}

const HEX_128: &str = "32 hexadecimal digits";
const MOMENT: &str = "RFC 3339 with Z, or + and seconds (sent as %2B)";
const FLAGS: &str = "8 hexadecimal digits";
const OPL: &str = "0 to 999";

/// What every call takes.
pub const EVERY_CALL: &[Parameter] = &[
    takes(
        "customerAuthenticator",
        "a number, a comma and 32 hexadecimal digits: one that this environment knows",
        &[
            E::AuthenticatorMissing,
            E::AuthenticatorInvalid,
            E::AccountDisabled,
        ],
    )
    .required(),
    takes("errorFormat", "html or json", &[E::ErrorFormat]),
];

const EVERY_TOKEN: &[Parameter] = &[
    takes(
        "expirationTime",
        MOMENT_WITHIN_30_DAYS,
        &[E::ExpirationTime],
    ),
    takes(
        "cookie",
        "1 to 32 characters, none of them a control character",
        &[E::Cookie],
    ),
    takes(
        "deviceId",
        DEVICE_ID,
        &[
            E::DeviceIdLength,
            E::DeviceIdInvalid,
            E::WidevineDeviceBinding,
            E::FairPlayDeviceBinding,
        ],
    ),
    takes(
        "deviceid",
        DEVICE_ID,
        &[E::DeviceIdLength, E::DeviceIdInvalid],
    ),
    takes("useHttps", "true, or anything else for no", &[]),
    takes(
        "generalFlags",
        "00000000; 00000001 for a licence that is kept (Widevine, PlayReady)",
        &[E::GeneralFlags],
    ),
];
const MOMENT_WITHIN_30_DAYS: &str =
    "RFC 3339 with Z, or + and seconds (sent as %2B), at most 30 days from now";
const DEVICE_ID: &str = "32 hexadecimal digits, not all zero";

const KEYS: &[Parameter] = &[
    takes(
        "kid",
        "32 hexadecimal digits, or ^ and 1 to 64 characters",
        &[E::KidMissing, E::KidLength, E::KidTooLong, E::KidInvalid],
    )
    .indexed(),
    takes(
        "contentKey",
        HEX_128,
        &[
            E::ContentKey,
            E::ContentKeyLength,
            E::KekAndContentKey,
            E::KidInvalid,
        ],
    )
    .indexed(),
    takes("kek", HEX_128, &[E::EncryptedKey, E::KeyStorage]).indexed(),
    takes(
        "ek",
        "48 hexadecimal digits: a key wrapped under kek (RFC 3394)",
        &[E::EncryptedKey],
    )
    .indexed(),
];

const WIDEVINE: &[Parameter] = &[
    takes(
        "contentId",
        "any text, of which 36 characters are carried",
        &[],
    ),
    takes(
        "securityLevel",
        "1 to 5",
        &[E::SecurityLevelMissing, E::SecurityLevelInvalid],
    )
    .indexed(),
    takes(
        "hdcpOutputControl",
        "0 to 5",
        &[E::HdcpMissing, E::OutputControlRange],
    )
    .indexed(),
    takes("trackType", "0 to 4", &[E::OutputControlRange]).indexed(),
    takes("licenseDuration", "seconds", &[E::LicenseDuration]),
    takes("playbackDuration", "seconds", &[E::LicenseDuration]),
    takes(
        "wvExtension",
        "a type of 4 characters, a comma, and base64 with padding",
        &[E::WidevineExtension, E::ExtensionType, E::ExtensionPayload],
    ),
];

const RIGHTS: &[Parameter] = &[
    takes(
        "rightsType",
        "BuyToOwn or Rental",
        &[E::RightsTypeMissing, E::RightsTypeInvalid],
    ),
    takes("rental.periodEndTime", MOMENT, &[E::RentalEndMissing]),
    takes(
        "rental.playDuration",
        "seconds",
        &[E::PlayDurationMissing, E::PlayDurationInvalid],
    ),
];

const EXTENSION_TYPE: Parameter = takes(
    "extensionType",
    "4 characters, with an extensionPayload",
    &[E::NoCorrespondingValue, E::ExtensionType],
);
const EXTENSION_PAYLOAD: Parameter = takes(
    "extensionPayload",
    "base64 with padding",
    &[E::NoCorrespondingValue, E::ExtensionPayload],
);

const PLAYREADY: &[Parameter] = &[
    takes(
        "analogVideoOPL",
        OPL,
        &[E::OplMissing, E::OutputControlRange],
    )
    .required(),
    takes(
        "compressedDigitalAudioOPL",
        OPL,
        &[E::OplMissing, E::OutputControlRange],
    )
    .required(),
    takes(
        "compressedDigitalVideoOPL",
        OPL,
        &[E::OplMissing, E::OutputControlRange],
    )
    .required(),
    takes(
        "uncompressedDigitalAudioOPL",
        OPL,
        &[E::OplMissing, E::OutputControlRange],
    )
    .required(),
    takes(
        "uncompressedDigitalVideoOPL",
        OPL,
        &[E::OplMissing, E::OutputControlRange],
    )
    .required(),
    takes(
        "unknownOutputBehavior",
        "Allow, Disallow or SDOnly",
        &[E::UnknownOutput],
    ),
    takes(
        "outputControlFlags",
        FLAGS,
        &[E::OutputControlFlags, E::OutputControlFlagLength],
    ),
    EXTENSION_TYPE,
    EXTENSION_PAYLOAD,
    takes(
        "minCertSecurityLevel",
        "150, 2000 or 3000",
        &[E::OutputControlRange],
    ),
    takes("algId", "aesctr or aescbc", &[E::OutputControlRange]),
];

const FAIRPLAY: &[Parameter] = &[
    takes("iv", HEX_128, &[E::FairPlayIv]).required().indexed(),
    takes("rentalDuration", "seconds", &[E::FairPlayRentalDuration]),
    takes(
        "fpExtension",
        "a type of 4 characters, a comma, and base64 with padding",
        &[E::FairPlayExtension],
    ),
];

const MARLIN: &[Parameter] = &[
    takes(
        "contentId",
        "urn:marlin:kid: and 32 hexadecimal digits, or any other content id of at most 255 bytes",
        &[E::KidMissing, E::KidLength, E::KidInvalid],
    )
    .indexed(),
    takes(
        "outputControlOverride",
        "a parameter, a name and a whole number, with commas between them",
        &[E::OutputControlRange],
    ),
    takes(
        "outputControlFlags",
        FLAGS,
        &[
            E::OutputControlFlags,
            E::OutputControlFlagLength,
            E::NoCorrespondingValue,
        ],
    ),
    takes(
        "outputControlValue",
        "8 hexadecimal digits, with outputControlFlags",
        &[E::OutputControlRange, E::NoCorrespondingValue],
    ),
];

const MS3: &[Parameter] = &[
    takes("contentURL", "where the content is", &[]),
    takes(
        "ms3Extension",
        "a type of 4 characters, true or false (critical or not), and base64 with padding, with \
         commas between them",
        &[
            E::NoCorrespondingValue,
            E::ExtensionType,
            E::ExtensionPayload,
        ],
    ),
    EXTENSION_TYPE,
    EXTENSION_PAYLOAD,
    takes(
        "extensionCriticalFlag",
        "true or false, with an extensionType",
        &[E::NoCorrespondingValue],
    ),
    takes("ms3Scheme", "true, or anything else for no", &[]),
    takes("ms3SchemeType", "ms3 or ms3hs", &[E::NoCorrespondingValue]),
];

const BROADBAND: &[Parameter] = &[
    takes(
        "actionTokenType",
        "0 (registration), 1 (licence) or 2 (deregistration)",
        &[E::NoCorrespondingValue],
    ),
    takes(
        "userId",
        "any text: the user that devices are registered to",
        &[],
    ),
    takes("userKey", HEX_128, &[E::NoCorrespondingValue]),
];

/// What record retrieval takes, each method its own.
pub const RECORDS: &[Parameter] = &[
    takes(
        "cookie",
        "1 to 32 characters, none of them a control character",
        &[E::Cookie, E::NoCorrespondingValue],
    ),
    takes("id", "an event_id", &[E::NoCorrespondingValue]),
    takes(
        "start",
        "a whole number from 0, with length",
        &[E::NoCorrespondingValue],
    ),
    takes(
        "length",
        "a whole number from 0, with start",
        &[E::NoCorrespondingValue],
    ),
];

/// What retrieval by time, and of archived records, takes.
pub const RECORDS_BY_TIME: &[Parameter] = &[
    takes("startTime", "RFC 3339 with Z", &[E::NoCorrespondingValue]).required(),
    takes(
        "endTime",
        "RFC 3339 with Z, not before startTime",
        &[E::NoCorrespondingValue],
    )
    .required(),
];

const KEK: Parameter = takes("kek", HEX_128, &[E::EncryptedKey]);

/// What key storage takes in the query.
pub const KEY_STORAGE_QUERY: &[Parameter] = &[KEK];

/// What key storage takes: in the query, in the path, and of a key in JSON.
pub const KEY_STORAGE: &[Parameter] = &[
    KEK,
    takes(
        "kid",
        "32 hexadecimal digits, or ^ and 1 to 64 characters",
        &[E::KidMissing, E::KidLength, E::KidTooLong, E::KidInvalid],
    ),
    takes(
        "k",
        "32 hexadecimal digits, with a kek",
        &[E::ContentKey, E::ContentKeyLength],
    ),
    takes(
        "ek",
        "48 hexadecimal digits: a key wrapped under kek (RFC 3394)",
        &[E::EncryptedKey],
    ),
    takes(
        "body",
        "a key in JSON: kid, and k or ek; nothing makes a new key",
        &[E::KeyStorage],
    ),
];

/// What redemption takes.
pub const REDEMPTION: &[Parameter] = &[
    takes(
        "ExpressPlayToken",
        "a token of this service that has not expired, of an account that is not disabled and has \
         licences left, in the URL or in a header of that name",
        &[E::InvalidToken, E::AccountDisabled, E::InsufficientTokens],
    )
    .required(),
    takes(
        "b",
        "a token of this service that has not expired",
        &[E::InvalidToken],
    )
    .required(),
    takes(
        "challenge",
        "a licence request: a JWS as application/jose that the device has just signed for this \
         token, or Clear Key JSON as application/json where the account takes it",
        &[E::DeviceNotAuthenticated],
    )
    .required(),
    takes(
        "kids",
        "at least one key id of the token's, 16 bytes in base64url",
        &[E::KidInvalid],
    )
    .required(),
];

/// What a token request of a DRM takes.
pub fn of_token(drm: Drm) -> impl Iterator<Item = &'static Parameter> + Clone {
    let own: [&[Parameter]; 3] = match drm {
        Drm::Widevine => [WIDEVINE, &[], &[]],
        Drm::PlayReady => [RIGHTS, PLAYREADY, &[]],
        Drm::FairPlay => [FAIRPLAY, &[], &[]],
        Drm::Ms3 => [MARLIN, MS3, &[]],
        Drm::Broadband => [BROADBAND, MARLIN, RIGHTS],
    };
    [EVERY_CALL, EVERY_TOKEN, KEYS]
        .into_iter()
        .chain(own)
        .flatten()
}

/// Whether a name is one of these parameters', with an index where one may stand. A call ignores what
/// is not.
pub fn is_among<'p>(mut these: impl Iterator<Item = &'p Parameter>, name: &str) -> bool {
    let base = base_of(name);
    these.any(|known| known.name == name || known.indexed && known.name == base)
}

fn all() -> impl Iterator<Item = &'static Parameter> {
    Drm::ALL
        .into_iter()
        .flat_map(of_token)
        .chain(REDEMPTION)
        .chain(RECORDS)
        .chain(RECORDS_BY_TIME)
        .chain(KEY_STORAGE)
}

/// The parameters that can earn a code, each name once.
pub fn that_earn(code: ErrorCode) -> impl Iterator<Item = &'static Parameter> {
    let mut seen = std::collections::HashSet::new();
    all()
        .filter(move |parameter| parameter.codes.contains(&code))
        .filter(move |parameter| seen.insert(parameter.name))
}

/// What a parameter that can be refused takes, by its name with or without an index.
pub(crate) fn takes_of(name: &str) -> Option<&'static str> {
    let base = base_of(name);
    all()
        .find(|parameter| parameter.name == base && !parameter.codes.is_empty())
        .map(|parameter| parameter.takes)
}

/// Parameters whose values must not be repeated.
const SECRET: [&str; 8] = [
    "customerAuthenticator",
    "contentKey",
    "kek",
    "ek",
    "k",
    "userKey",
    "ExpressPlayToken",
    "b",
];

/// What may be as long as a secret, and is none.
const LONG_AND_PUBLIC: [&str; 9] = [
    "kid",
    "deviceId",
    "deviceid",
    "iv",
    "contentId",
    "id",
    "expirationTime",
    "outputControlOverride",
    "userId",
];

/// Whether what a parameter got may be repeated. No secret may, and nothing as long as one that
/// stands where nothing long belongs: it may be a secret in the wrong place.
#[must_use]
pub fn may_be_shown(name: &str, value: &str) -> bool {
    let base = base_of(name);
    !is_secret(base) && (value.len() < 32 || LONG_AND_PUBLIC.contains(&base))
}

/// Whether a parameter's value must not be repeated, in whatever case its name is written and
/// whatever stands for its index: a misspelt secret is one all the same.
#[must_use]
pub fn is_secret(name: &str) -> bool {
    let base = name.split('.').next().unwrap_or(name);
    SECRET
        .iter()
        .any(|secret| secret.eq_ignore_ascii_case(base))
}

/// A parameter's name without its index: `kid.1` is a `kid`. An index is 0 to 65535 as it is usually
/// written; `kid.01` is another name.
#[must_use]
pub fn base_of(name: &str) -> &str {
    match name.rsplit_once('.') {
        Some((base, index)) if is_index(index) => base,
        _ => name,
    }
}

fn is_index(text: &str) -> bool {
    text.parse::<u16>()
        .is_ok_and(|index| index.to_string() == text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_but_those_of_the_service_itself_belongs_to_a_parameter() {
        let earned: Vec<_> = all().flat_map(|parameter| parameter.codes).collect();
        let mut rest = vec![];
        for code in ErrorCode::ALL {
            if !earned.contains(&code) {
                rest.push(code.number());
            }
        }
        // An address, a fault of the service's, and what only Apple, Google or an account's own
        // settings can cause.
        assert_eq!(
            rest,
            [
                -2003, -2030, -5002, -6002, -6004, -6005, -6006, -6009, -7008, -7011
            ]
        );
    }

    #[test]
    fn a_name_says_one_thing_wherever_it_can_be_refused() {
        for one in all().filter(|parameter| !parameter.codes.is_empty()) {
            assert_eq!(takes_of(one.name), Some(one.takes), "{}", one.name);
        }
        assert_eq!(takes_of("kid.12"), takes_of("kid"));
        assert_eq!(takes_of("theme"), None);
    }

    #[test]
    fn an_index_stands_where_a_parameter_takes_one() {
        let of_widevine = |name| is_among(of_token(Drm::Widevine), name);
        for name in ["kid", "kid.1", "cookie", "customerAuthenticator"] {
            assert!(of_widevine(name), "{name}");
        }
        for name in ["cookie.1", "kid.x", "KID", "rightsType"] {
            assert!(!of_widevine(name), "{name}");
        }
    }

    #[test]
    fn an_index_is_a_number_as_it_is_usually_written() {
        for name in ["kid.0", "kid.12", "kid.65535", "kid"] {
            assert_eq!(base_of(name), "kid", "{name}");
        }
        for name in ["kid.01", "kid.+1", "kid.65536", "kid.", "kid.x"] {
            assert_eq!(base_of(name), name);
        }
    }

    #[test]
    fn a_secret_is_one_in_any_spelling_and_under_any_index() {
        for name in [
            "contentKey",
            "contentkey.3",
            "contentKey.01",
            "ek.x",
            "KEK",
            "expressplaytoken",
        ] {
            assert!(is_secret(name), "{name}");
        }
        for name in ["kid", "cookie", "deviceId", "contentKeyId"] {
            assert!(!is_secret(name), "{name}");
        }
    }
}
