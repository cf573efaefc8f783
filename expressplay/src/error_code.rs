//! ExpressPlay's error codes (API section 7).

use std::fmt;

use serde::{Deserialize, Serialize};

macro_rules! error_codes {
    ($($name:ident = $number:literal, $text:literal;)+) => {
        /// An error code of ExpressPlay.
        ///
        /// It stands on the wire as its number.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(try_from = "i32", into = "i32")]
        pub enum ErrorCode {
            $(#[doc = $text] $name,)+
        }

        impl ErrorCode {
            /// Every code, in the order of the API's list.
            pub const ALL: &'static [Self] = &[$(Self::$name,)+];

            /// The number on the wire, such as -4001.
            #[must_use]
            pub const fn number(self) -> i32 {
                match self { $(Self::$name => $number,)+ }
            }

            /// What the code means, as a phrase without a full stop.
            #[must_use]
            pub const fn text(self) -> &'static str {
                match self { $(Self::$name => $text,)+ }
            }

            /// The code of a number, if there is one.
            #[must_use]
            pub const fn from_number(number: i32) -> Option<Self> {
                match number { $($number => Some(Self::$name),)+ _ => None }
            }
        }
    };
}

error_codes! {
    ExpirationTime = -2002, "the token expiration time is not usable";
    IpAddress = -2003, "the IP address is not usable";
    ContentKey = -2005, "the content key is missing or not usable";
    OutputControlFlags = -2008, "the output control flags are not usable";
    AuthenticatorMissing = -2017, "no customer authenticator";
    AuthenticatorInvalid = -2018, "the customer authenticator is not valid";
    InsufficientTokens = -2019, "the account has insufficient tokens";
    RightsTypeMissing = -2020, "the rights type is missing";
    RightsTypeInvalid = -2021, "the rights type is not valid";
    RentalEndMissing = -2022, "the end of the rental period is missing";
    PlayDurationMissing = -2023, "the rental play duration is missing";
    PlayDurationInvalid = -2025, "the rental play duration is not valid";
    ContentKeyLength = -2027, "the content key is not 32 hexadecimal digits";
    AdminError = -2030, "an administrative error";
    AccountDisabled = -2031, "the account is disabled";
    Cookie = -2033, "the cookie is not usable";
    OutputControlRange = -2034, "an output control value is out of range";
    NoCorrespondingValue = -2035, "a parameter has no corresponding value";
    ExtensionType = -2036, "the extension type is not 4 characters";
    ExtensionPayload = -2037, "the extension payload is not base64";
    OutputControlFlagLength = -2040, "the output control flags are not 4 bytes";
    ErrorFormat = -3004, "the error format is not known";
    DeviceNotAuthenticated = -4001, "the device is not authenticated";
    InvalidToken = -4010, "the token is not valid";
    KidMissing = -4018, "the key id is missing";
    KeyStorage = -4019, "the key storage has no usable answer";
    KidLength = -4020, "the key id is not 32 hexadecimal digits";
    KidTooLong = -4021, "the key id after ^ is over 64 characters";
    KidInvalid = -4022, "the key id is not valid";
    EncryptedKey = -4024, "the encrypted key or the key encryption key is not usable";
    UnknownOutput = -5001, "the behaviour for unknown outputs is not a known one";
    PlayReadyDisabled = -5002, "PlayReady is disabled for the account";
    GeneralFlags = -5003, "the general flags are not usable";
    DeviceIdLength = -5004, "the device id is not 32 hexadecimal digits";
    DeviceIdInvalid = -5005, "the device id is not valid";
    OplMissing = -5006, "an output protection level is missing";
    KekAndContentKey = -5007, "kek and contentKey cannot both be given";
    FairPlayExtension = -6001, "the FairPlay extension is not usable";
    FairPlayTokenType = -6002, "the FairPlay token type is not usable";
    FairPlayIv = -6003, "the FairPlay iv is missing or not 32 hexadecimal digits";
    CkcGeneration = -6004, "the FairPlay CKC could not be made";
    FairPlayKeyData = -6005, "the FairPlay key data is not usable";
    FairPlayNotAuthorised = -6006, "the account is not authorised for FairPlay";
    FairPlayRentalDuration = -6007, "the FairPlay rental duration is not usable";
    FairPlayDeviceBinding = -6008, "the service has no device binding for FairPlay";
    FairPlayDisabled = -6009, "FairPlay is disabled for the account";
    WidevineDeviceBinding = -7002, "the service has no device binding for Widevine";
    SecurityLevelMissing = -7003, "the Widevine security level is missing";
    SecurityLevelInvalid = -7004, "the Widevine security level is not valid";
    HdcpMissing = -7006, "the Widevine HDCP output control is missing";
    LicenseDuration = -7007, "the Widevine licence duration is not usable";
    LicenseGeneration = -7008, "the Widevine licence could not be made";
    WidevineExtension = -7009, "the Widevine extension is not usable";
    WidevineDisabled = -7011, "Widevine is disabled for the account";
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.number())
    }
}

impl From<ErrorCode> for i32 {
    fn from(code: ErrorCode) -> Self {
        code.number()
    }
}

impl TryFrom<i32> for ErrorCode {
    type Error = UnknownErrorCode;

    fn try_from(number: i32) -> Result<Self, Self::Error> {
        Self::from_number(number).ok_or(UnknownErrorCode(number))
    }
}

/// A number that is none of ExpressPlay's codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0} is none of ExpressPlay's error codes")]
pub struct UnknownErrorCode(pub i32);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_is_found_by_its_number_and_no_number_is_used_twice() {
        for code in ErrorCode::ALL {
            assert_eq!(ErrorCode::from_number(code.number()), Some(*code));
        }
        assert_eq!(ErrorCode::ALL.len(), 54);
        assert_eq!(ErrorCode::from_number(-1), None);
    }

    #[test]
    fn a_code_is_its_number_in_json() {
        assert_eq!(
            serde_json::to_string(&ErrorCode::DeviceNotAuthenticated).unwrap(),
            "-4001"
        );
        assert!(serde_json::from_str::<ErrorCode>("-1").is_err());
    }
}
