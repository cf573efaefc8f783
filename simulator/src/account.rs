//! Customer accounts, and which environment a request is in (API section 1).

use std::{fmt, str::FromStr};

use expressplay::{CustomerAuthenticator, Drm, ErrorCode, Refusal, token_request::Strictness};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::sandbox::SandboxName;

/// One of ExpressPlay's two environments.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
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
        // `.eval.` stands in the names that the service had as Hosted Marlin.
        if host.contains(".test.") || host.contains(".eval.") {
            Some(Self::Test)
        } else if host.contains(".service.") {
            Some(Self::Production)
        } else {
            None
        }
    }

    /// The one of that name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        let mut all = [Self::Test, Self::Production].into_iter();
        all.find(|one| one.name() == name)
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
    /// Whether unsigned licence challenges are accepted.
    pub plain_challenges: bool,
    /// Whether it makes and redeems nothing (-2031).
    pub disabled: bool,
    /// The DRMs that it has not (-7011, -5002, -6009); no code says so of Marlin.
    pub disabled_drms: DrmSet,
    /// The DRMs whose tokens may carry no `deviceId` (-7002, -6008); PlayReady's and Marlin's always
    /// may.
    pub unbound_drms: DrmSet,
    /// How many licences it has left from the time of this setting; none for any number. Each
    /// licence uses one up (-2019), and a token none.
    pub credits: Option<u64>,
}

impl Settings {
    /// The settings of an account as its environment has it: lenient, with every DRM and device
    /// binding, and with plain challenges in the test environment alone.
    #[must_use]
    pub const fn of(environment: Environment) -> Self {
        Self {
            strictness: Strictness::Lenient,
            plain_challenges: matches!(environment, Environment::Test),
            disabled: false,
            disabled_drms: DrmSet::EMPTY,
            unbound_drms: DrmSet::EMPTY,
            credits: None,
        }
    }

    /// Whether the account has a DRM.
    ///
    /// # Errors
    /// -7011, -5002 or -6009 where it has not.
    pub(crate) fn check_drm(&self, drm: Drm) -> Result<(), Refusal> {
        if !self.disabled_drms.contains(drm) {
            return Ok(());
        }
        let code = match drm {
            Drm::Widevine => ErrorCode::WidevineDisabled,
            Drm::PlayReady => ErrorCode::PlayReadyDisabled,
            Drm::FairPlay => ErrorCode::FairPlayDisabled,
            // No code says so of Marlin, so it cannot be disabled.
            Drm::Ms3 | Drm::Broadband => return Ok(()),
        };
        Err(Refusal::from(code).at(AUTHENTICATOR).of_well_formed())
    }
}

/// -2031, of whatever says whose a call is.
pub(crate) fn disabled() -> Refusal {
    Refusal::from(ErrorCode::AccountDisabled).of_well_formed()
}

/// Some of the DRMs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct DrmSet(u8);

impl DrmSet {
    /// None of them.
    pub const EMPTY: Self = Self(0);

    /// Whether it is among them.
    #[must_use]
    pub const fn contains(self, drm: Drm) -> bool {
        self.0 & Self::bit(drm) != 0
    }

    /// These and one more.
    #[must_use]
    pub const fn with(self, drm: Drm) -> Self {
        Self(self.0 | Self::bit(drm))
    }

    /// Those that it holds.
    pub fn iter(self) -> impl Iterator<Item = Drm> {
        Drm::ALL.into_iter().filter(move |drm| self.contains(*drm))
    }

    const fn bit(drm: Drm) -> u8 {
        1 << drm as u8
    }
}

impl FromIterator<Drm> for DrmSet {
    fn from_iter<I: IntoIterator<Item = Drm>>(drms: I) -> Self {
        drms.into_iter().fold(Self::EMPTY, Self::with)
    }
}

/// In a few words, for whoever starts a simulator.
impl fmt::Display for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.plain_challenges {
            true => "plain licence requests too",
            false => "signed licence requests alone",
        })?;
        if self.strictness == Strictness::Strict {
            f.write_str(", strict")?;
        }
        if self.disabled {
            f.write_str(", disabled")?;
        }
        for drm in self.disabled_drms.iter() {
            write!(f, ", no {drm}")?;
        }
        for drm in self.unbound_drms.iter() {
            write!(f, ", no device binding for {drm}")?;
        }
        match self.credits {
            Some(credits) => write!(f, ", {credits} credits"),
            None => Ok(()),
        }
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
    /// An account as the environment has it: see [`Settings::of`].
    #[must_use]
    pub fn new(environment: Environment, authenticator: CustomerAuthenticator) -> Self {
        Self {
            environment,
            authenticator,
            settings: Settings::of(environment),
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

    /// The account's id in tokens and records: fixed by sandbox and incarnation, environment and
    /// customer number, so that it survives a restart and a change of the secret, and no drop.
    #[must_use]
    pub(crate) fn id_in(&self, sandbox: &SandboxName, incarnation: Option<&str>) -> AccountId {
        let account = format!("{}:{}", self.environment, self.authenticator.number());
        let name = match (*sandbox == SandboxName::of_default(), incarnation) {
            (true, _) => account,
            (false, None) => format!("{sandbox}:{account}"),
            (false, Some(incarnation)) => format!("{sandbox}:{incarnation}:{account}"),
        };
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&Sha256::digest(name)[..16]);
        AccountId(uuid::Builder::from_custom_bytes(bytes).into_uuid())
    }
}

/// Reads `test=NUMBER,HEX32` or `production=NUMBER,HEX32`, with any settings behind it:
/// `,strict`, `,plain`, `,no-plain`, `,disabled`, `,credits=NUMBER`, `,no-widevine`,
/// `,no-playready`, `,no-fairplay`, `,no-device-binding` (for Widevine and FairPlay).
impl FromStr for Account {
    type Err = NotAnAccount;

    fn from_str(text: &str) -> Result<Self, NotAnAccount> {
        let (environment, rest) = text.split_once('=').ok_or(NotAnAccount::Environment)?;
        let environment = Environment::named(environment).ok_or(NotAnAccount::Environment)?;
        let mut parts = rest.split(',');
        let (number, secret) = (
            parts.next().unwrap_or_default(),
            parts.next().unwrap_or_default(),
        );
        let authenticator = format!("{number},{secret}")
            .parse()
            .map_err(|_| NotAnAccount::Authenticator)?;
        let mut account = Self::new(environment, authenticator);
        let settings = &mut account.settings;
        for (place, setting) in (1..).zip(parts) {
            match setting.split_once('=').unwrap_or((setting, "")) {
                ("strict", "") => settings.strictness = Strictness::Strict,
                ("plain", "") => settings.plain_challenges = true,
                ("no-plain", "") => settings.plain_challenges = false,
                ("disabled", "") => settings.disabled = true,
                ("credits", number) => {
                    let number = number.parse().map_err(|_| NotAnAccount::Credits)?;
                    settings.credits = Some(number);
                }
                ("no-widevine", "") => disable(settings, Drm::Widevine),
                ("no-playready", "") => disable(settings, Drm::PlayReady),
                ("no-fairplay", "") => disable(settings, Drm::FairPlay),
                ("no-device-binding", "") => {
                    settings.unbound_drms = [Drm::Widevine, Drm::FairPlay].into_iter().collect();
                }
                _ => return Err(NotAnAccount::Setting(place)),
            }
        }
        Ok(account)
    }
}

const fn disable(settings: &mut Settings, drm: Drm) {
    settings.disabled_drms = settings.disabled_drms.with(drm);
}

/// What keeps a text from describing an account. Nothing of it is quoted: it may hold a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotAnAccount {
    /// It begins with no environment.
    #[error("it does not begin with test= or production=; {AN_ACCOUNT}")]
    Environment,
    /// No authenticator follows.
    #[error("what follows its = is no number, a comma and 32 hexadecimal digits; {AN_ACCOUNT}")]
    Authenticator,
    /// A setting that there is not, by its place.
    #[error("its setting in place {0} is none; {AN_ACCOUNT}")]
    Setting(usize),
    /// Credits that are no number.
    #[error("its credits are no whole number; {AN_ACCOUNT}")]
    Credits,
}

const AN_ACCOUNT: &str = "an account is test=NUMBER,HEX32 or production=NUMBER,HEX32, with any of \
    ,strict ,plain ,no-plain ,disabled ,credits=NUMBER ,no-widevine ,no-playready ,no-fairplay \
    ,no-device-binding behind it";

/// An account's id in tokens and records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct AccountId(pub Uuid);

impl fmt::Display for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// The parameter that says whose a call is, and so what it may do.
pub(crate) const AUTHENTICATOR: &str = "customerAuthenticator";

/// The authenticator that a call carries.
///
/// # Errors
/// -2017 for none, -2018 for a text that can be none.
pub(crate) fn read_authenticator(text: Option<&str>) -> Result<CustomerAuthenticator, Refusal> {
    let text = text.filter(|text| !text.is_empty()).ok_or_else(|| {
        Refusal::missing(ErrorCode::AuthenticatorMissing, AUTHENTICATOR)
            .because("it goes into the query, or into a form body")
    })?;
    text.parse()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_is_read_from_a_flag() {
        let secret = "1ad8eed133edf43cbcc185f0236828ae";
        let account: Account = format!("test=201722,{secret}").parse().unwrap();
        assert!(account.settings.plain_challenges);
        let flag = format!(
            "production=201722,{secret},strict,no-device-binding,plain,credits=3,no-playready"
        );
        let Settings {
            strictness,
            plain_challenges,
            disabled,
            disabled_drms,
            unbound_drms,
            credits,
        } = flag.parse::<Account>().unwrap().settings;
        assert_eq!(strictness, Strictness::Strict);
        assert!(plain_challenges && !disabled);
        assert_eq!(disabled_drms.iter().collect::<Vec<_>>(), [Drm::PlayReady]);
        let unbound: Vec<_> = unbound_drms.iter().collect();
        assert_eq!(unbound, [Drm::Widevine, Drm::FairPlay]);
        assert_eq!(credits, Some(3));
        for (wrong, fault) in [
            ("", NotAnAccount::Environment),
            ("test", NotAnAccount::Environment),
            ("test=", NotAnAccount::Authenticator),
            ("prod=1,00", NotAnAccount::Environment),
            ("test=1,00", NotAnAccount::Authenticator),
            (&format!("test=1,{secret},lax"), NotAnAccount::Setting(1)),
            (&format!("test=1,{secret},credits"), NotAnAccount::Credits),
            (
                &format!("test=1,{secret},plain,strict=1"),
                NotAnAccount::Setting(2),
            ),
        ] {
            assert_eq!(wrong.parse::<Account>().unwrap_err(), fault, "{wrong}");
        }
    }

    #[test]
    fn an_accounts_id_outlives_its_secret_but_not_its_environment() {
        let name = SandboxName::of_default();
        let account = |environment, secret| {
            Account::new(environment, CustomerAuthenticator::new(1, secret)).id_in(&name, None)
        };
        let test = account(Environment::Test, [1; 16]);
        assert_eq!(test, account(Environment::Test, [2; 16]));
        assert_ne!(test, account(Environment::Production, [1; 16]));
    }
}
