//! Marlin Broadband's part of a token request: `/hms/bb/token`.

use std::{fmt, str::FromStr};

use super::{
    Form, RightsType,
    marlin::{MarlinKey, MarlinOutput},
};
use crate::{ErrorCode, Refusal};

/// What a Marlin Broadband token is for, and for whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broadband {
    /// What redeeming it does.
    pub action: Action,
    /// The user that devices are registered to.
    pub user_id: Option<String>,
    /// The user's key.
    pub user_key: Option<UserKey>,
}

/// `actionTokenType`: what redeeming the token does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// 0: registers the device to the user.
    Registration,
    /// 1: acquires a licence.
    License(BroadbandLicense),
    /// 2: takes the device from the user again.
    Deregistration,
}

/// Keys and policies of a licence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BroadbandLicense {
    /// At least one key.
    pub keys: Vec<MarlinKey>,
    /// For ever, or for a time.
    pub rights: RightsType,
    /// What outputs must be protected by.
    pub output: MarlinOutput,
}

const ACTION: &str = "actionTokenType";
const USER_KEY: &str = "userKey";

impl Broadband {
    /// The keys of a licence; none of another action's.
    #[must_use]
    pub fn keys(&self) -> &[MarlinKey] {
        match &self.action {
            Action::License(license) => &license.keys,
            Action::Registration | Action::Deregistration => &[],
        }
    }

    pub(super) fn read(form: &Form) -> Result<Self, Refusal> {
        let action = match form.get(ACTION) {
            Some("0") => Action::Registration,
            None | Some("1") => Action::License(BroadbandLicense {
                keys: MarlinKey::read_all(form)?,
                rights: RightsType::read(form)?,
                output: MarlinOutput::read(form)?,
            }),
            Some("2") => Action::Deregistration,
            Some(text) => {
                let code = ErrorCode::NoCorrespondingValue;
                return Err(Refusal::wrong(code, ACTION, text));
            }
        };
        Ok(Self {
            action,
            user_id: form.get("userId").map(str::to_owned),
            user_key: form.read(USER_KEY)?,
        })
    }

    pub(super) fn write(&self, form: &mut Form) {
        match &self.action {
            Action::Registration => form.set(ACTION, 0),
            Action::License(license) => {
                form.set(ACTION, 1);
                MarlinKey::write_all(&license.keys, form);
                license.rights.write(form);
                license.output.write(form);
            }
            Action::Deregistration => form.set(ACTION, 2),
        }
        form.set_some("userId", self.user_id.as_ref());
        form.set_some(USER_KEY, self.user_key.as_ref().map(UserKey::reveal_hex));
    }
}

/// A user's key (`userKey`): 16 bytes, 32 hexadecimal digits on the wire. A secret: it never
/// prints.
#[derive(Clone, PartialEq, Eq)]
pub struct UserKey([u8; 16]);

impl UserKey {
    /// A user's key from its bytes.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The key in lower-case hexadecimal.
    #[must_use]
    pub fn reveal_hex(&self) -> String {
        hex::encode(self.0)
    }
}

impl FromStr for UserKey {
    type Err = Refusal;

    /// # Errors
    /// -2035 where the text is not 32 hexadecimal digits.
    fn from_str(text: &str) -> Result<Self, Refusal> {
        let mut bytes = [0; 16];
        hex::decode_to_slice(text, &mut bytes)
            .map_err(|_| Refusal::wrong(ErrorCode::NoCorrespondingValue, USER_KEY, text))?;
        Ok(Self(bytes))
    }
}

impl fmt::Debug for UserKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("UserKey([redacted])")
    }
}
