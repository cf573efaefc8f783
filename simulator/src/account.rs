//! Customer accounts, and which environment a request is in (API section 1).

use std::{fmt, str::FromStr};

use expressplay::{CustomerAuthenticator, ErrorCode, Refusal, token_request::Strictness};
use http::uri::Authority;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use uuid::Uuid;

/// One of ExpressPlay's two environments.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Environment {
    /// `….test.expressplay.com`.
    Test,
    /// `….service.expressplay.com`.
    Production,
}

impl Environment {
    /// The environment that a host belongs to; none for a host that does not say, such as
    /// `127.0.0.1`.
    #[must_use]
    pub fn of_host(host: &str) -> Option<Self> {
        let host = host.to_ascii_lowercase();
        if host.contains(".test.") {
            Some(Self::Test)
        } else if host.contains(".service.") {
            Some(Self::Production)
        } else {
            None
        }
    }

    /// As it stands in flags: `test`, `production`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Test => "test",
            Self::Production => "production",
        }
    }
}

impl fmt::Display for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What an account may do, and how closely it is watched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settings {
    /// Whether Widevine's `securityLevel` and `hdcpOutputControl` are required.
    pub strictness: Strictness,
    /// Whether its Widevine and FairPlay tokens may carry a `deviceId` (-7002, -6008).
    pub device_binding: bool,
    /// Whether unsigned licence challenges are accepted.
    pub plain_challenges: bool,
}

/// In a few words, for whoever starts a simulator.
impl fmt::Display for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plain = match self.plain_challenges {
            true => "plain licence requests too",
            false => "signed licence requests alone",
        };
        let binding = match self.device_binding {
            true => "",
            false => ", no device binding",
        };
        let strict = match self.strictness {
            Strictness::Strict => ", strict",
            Strictness::Lenient => "",
        };
        write!(f, "{plain}{binding}{strict}")
    }
}

/// A customer's account in one environment.
#[derive(Debug, Clone)]
pub struct Account {
    /// Where it lives.
    pub environment: Environment,
    /// What its calls carry.
    pub authenticator: CustomerAuthenticator,
    /// What it may do.
    pub settings: Settings,
}

impl Account {
    /// An account as the environment has it: lenient, with device binding, and with plain
    /// challenges in the test environment alone.
    #[must_use]
    pub fn new(environment: Environment, authenticator: CustomerAuthenticator) -> Self {
        let settings = Settings {
            strictness: Strictness::Lenient,
            device_binding: true,
            plain_challenges: environment == Environment::Test,
        };
        Self {
            environment,
            authenticator,
            settings,
        }
    }

    /// The accounts of a simulator that is told of none: one in each environment, the same ones
    /// each time, so that an example can name them.
    #[must_use]
    pub fn defaults() -> Vec<Self> {
        let test = CustomerAuthenticator::new(200_001, *b"simulator-test-1");
        let production = CustomerAuthenticator::new(200_002, *b"simulator-prod-1");
        vec![
            Self::new(Environment::Test, test),
            Self::new(Environment::Production, production),
        ]
    }

    /// The account's id in tokens and records: fixed by environment and customer number, so that
    /// it survives a restart and a change of the secret.
    #[must_use]
    pub fn id(&self) -> AccountId {
        let name = format!("{}:{}", self.environment, self.authenticator.number());
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&Sha256::digest(name)[..16]);
        AccountId(uuid::Builder::from_custom_bytes(bytes).into_uuid())
    }
}

/// Reads `test=NUMBER,HEX32` or `production=NUMBER,HEX32`, with any of `,strict`,
/// `,no-device-binding`, `,plain` and `,no-plain` behind it.
impl FromStr for Account {
    type Err = NotAnAccount;

    fn from_str(text: &str) -> Result<Self, NotAnAccount> {
        let (environment, rest) = text.split_once('=').ok_or(NotAnAccount)?;
        let environment = match environment {
            "test" => Environment::Test,
            "production" => Environment::Production,
            _ => return Err(NotAnAccount),
        };
        let mut parts = rest.split(',');
        let (number, secret) = (
            parts.next().unwrap_or_default(),
            parts.next().unwrap_or_default(),
        );
        let authenticator = format!("{number},{secret}")
            .parse()
            .map_err(|_| NotAnAccount)?;
        let mut account = Self::new(environment, authenticator);
        for setting in parts {
            match setting {
                "strict" => account.settings.strictness = Strictness::Strict,
                "no-device-binding" => account.settings.device_binding = false,
                "plain" => account.settings.plain_challenges = true,
                "no-plain" => account.settings.plain_challenges = false,
                _ => return Err(NotAnAccount),
            }
        }
        Ok(account)
    }
}

/// The text does not describe an account. It is not quoted: it may hold a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "an account is test=NUMBER,HEX32 or production=NUMBER,HEX32, with any of ,strict \
     ,no-device-binding ,plain ,no-plain behind it"
)]
pub struct NotAnAccount;

/// An account's id in tokens and records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct AccountId(pub Uuid);

impl fmt::Display for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// Every account of a simulator.
#[derive(Debug, Clone)]
pub(crate) struct Accounts(Vec<(AccountId, Account)>);

impl Accounts {
    pub(crate) fn new(accounts: Vec<Account>) -> Self {
        Self(
            accounts
                .into_iter()
                .map(|account| (account.id(), account))
                .collect(),
        )
    }

    /// The account that a back-end call belongs to.
    ///
    /// # Errors
    /// -2017 without an authenticator; -2018 with one that is unknown, or known in the other
    /// environment than the host's.
    pub(crate) fn authenticate(
        &self,
        authenticator: Option<&str>,
        host: &Authority,
    ) -> Result<&Account, Refusal> {
        let text = authenticator
            .filter(|text| !text.is_empty())
            .ok_or_else(|| {
                Refusal::new(
                    ErrorCode::AuthenticatorMissing,
                    "customerAuthenticator is missing: a number, a comma and 32 hexadecimal digits, in the \
                     query or in a form body",
                )
            })?;
        let given: CustomerAuthenticator = text.parse()?;
        let known: Vec<_> = self
            .0
            .iter()
            .map(|(_, account)| account)
            .filter(|account| {
                let secret = account.authenticator.reveal_secret();
                let same_secret: bool = secret.ct_eq(given.reveal_secret()).into();
                account.authenticator.number() == given.number() && same_secret
            })
            .collect();
        let environment = Environment::of_host(host.host());
        let fits = |account: &&&Account| environment.is_none_or(|it| it == account.environment);
        known.iter().find(fits).copied().ok_or_else(|| {
            let detail = match (known.first(), environment) {
                (Some(account), Some(host)) => format!(
                    "this customerAuthenticator belongs to {}, and the host to {host}",
                    account.environment
                ),
                _ => "no account has this customerAuthenticator".to_owned(),
            };
            Refusal::new(ErrorCode::AuthenticatorInvalid, detail)
        })
    }

    /// The account of a token.
    pub(crate) fn get(&self, id: AccountId) -> Option<&Account> {
        self.0
            .iter()
            .find(|(known, _)| *known == id)
            .map(|(_, account)| account)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_is_read_from_a_flag() {
        let secret = "1ad8eed133edf43cbcc185f0236828ae";
        let account: Account = format!("test=201722,{secret}").parse().unwrap();
        assert!(account.settings.plain_challenges);
        let flag = format!("production=201722,{secret},strict,no-device-binding,plain");
        let account: Account = flag.parse().unwrap();
        assert_eq!(account.settings.strictness, Strictness::Strict);
        assert!(!account.settings.device_binding);
        assert!(account.settings.plain_challenges);
        for wrong in [
            "",
            "test",
            "test=",
            "prod=1,00",
            &format!("test=1,{secret},lax"),
        ] {
            assert!(wrong.parse::<Account>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn an_accounts_id_outlives_its_secret_but_not_its_environment() {
        let account = |environment, secret| {
            Account::new(environment, CustomerAuthenticator::new(1, secret)).id()
        };
        let test = account(Environment::Test, [1; 16]);
        assert_eq!(test, account(Environment::Test, [2; 16]));
        assert_ne!(test, account(Environment::Production, [1; 16]));
    }
}
