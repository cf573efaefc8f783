//! The device_id that a token is bound to and a licence request proves (seed steps 3 to 7).

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::{ErrorCode, Refusal};

/// A device's id: 16 bytes, 32 hexadecimal digits on the wire, not all zero.
///
/// Either case is read; lower case is written.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(value_type = String, pattern = "^[0-9a-fA-F]{32}$"))]
pub struct DeviceId([u8; 16]);

impl DeviceId {
    /// A device id from its bytes.
    ///
    /// # Errors
    /// -5005 where all are zero.
    pub fn from_bytes(bytes: [u8; 16]) -> Result<Self, Refusal> {
        if bytes == [0; 16] {
            let zeros = hex::encode(bytes);
            Err(Refusal::wrong(
                ErrorCode::DeviceIdInvalid,
                "deviceId",
                &zeros,
            ))
        } else {
            Ok(Self(bytes))
        }
    }

    /// The bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }

    /// For people: the first and last four digits, `3f2a…91c0`.
    #[must_use]
    pub fn short(&self) -> String {
        let hex = hex::encode(self.0);
        format!("{}…{}", &hex[..4], &hex[28..])
    }
}

impl FromStr for DeviceId {
    type Err = Refusal;

    /// # Errors
    /// -5004 where the text is not 32 hexadecimal digits, -5005 where all are zero.
    fn from_str(text: &str) -> Result<Self, Refusal> {
        let mut bytes = [0; 16];
        hex::decode_to_slice(text, &mut bytes)
            .map_err(|_| Refusal::wrong(ErrorCode::DeviceIdLength, "deviceId", text))?;
        Self::from_bytes(bytes)
    }
}

impl TryFrom<String> for DeviceId {
    type Error = Refusal;

    fn try_from(text: String) -> Result<Self, Refusal> {
        text.parse()
    }
}

impl From<DeviceId> for String {
    fn from(id: DeviceId) -> Self {
        hex::encode(id.0)
    }
}

impl fmt::Display for DeviceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for DeviceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DeviceId({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_id_is_32_hex_digits_and_not_nothing() {
        let id: DeviceId = "0123456789ABCDEF0123456789abcdef".parse().unwrap();
        assert_eq!(id.to_string(), "0123456789abcdef0123456789abcdef");
        assert_eq!(id.short(), "0123…cdef");
        let code = |text: &str| text.parse::<DeviceId>().unwrap_err().code;
        assert_eq!(code("0123"), ErrorCode::DeviceIdLength);
        assert_eq!(code(&"g".repeat(32)), ErrorCode::DeviceIdLength);
        assert_eq!(code(&"0".repeat(32)), ErrorCode::DeviceIdInvalid);
    }
}
