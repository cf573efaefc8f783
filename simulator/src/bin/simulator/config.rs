//! What `simulator serve` is started with: flags, the environment, a file, defaults, in this order.

use std::{
    fmt,
    net::{Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
    str::FromStr,
};

use clap::Args;
use simulator::{Account, account::NotAnAccount, database, logging::LogFormat, read_address};
use toml::de::{DeTable, DeValue};

#[derive(Args)]
pub(crate) struct Serve {
    /// A file with any of these settings, in TOML, each by its flag's name; flags and environment
    /// go before it.
    #[arg(long, env = "SIMULATOR_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
    /// Where to listen [default: 127.0.0.1:4000].
    #[arg(long, env = "SIMULATOR_LISTEN", value_name = "ADDRESS", value_parser = read_address)]
    listen: Option<SocketAddr>,
    /// The database, such as sqlite://simulator.db [default: in memory].
    #[arg(long, env = "SIMULATOR_DATABASE", value_name = "URL")]
    database: Option<String>,
    /// What returned licence URLs start with [default: the request's own Host].
    #[arg(long, env = "SIMULATOR_PUBLIC_URL", value_name = "URL")]
    public_url: Option<String>,
    /// An account: test=NUMBER,HEX32 or production=NUMBER,HEX32, with any of ,strict ,plain
    /// ,no-plain ,disabled ,credits=NUMBER ,no-widevine ,no-playready ,no-fairplay
    /// ,no-device-binding behind it. Repeatable.
    #[arg(
        long,
        env = "SIMULATOR_ACCOUNTS",
        value_delimiter = ' ',
        hide_env_values = true
    )]
    account: Vec<String>,
    /// How many seconds a record takes to appear [default: 0].
    #[arg(
        long,
        env = "SIMULATOR_RECORD_LAG",
        value_name = "SECONDS",
        value_parser = read_seconds
    )]
    record_lag: Option<u64>,
    /// What calls of the control plane carry as a bearer token; a simulator that listens off loopback
    /// needs one.
    #[arg(
        long,
        env = "SIMULATOR_CONTROL_TOKEN",
        hide_env_values = true,
        value_name = "TOKEN"
    )]
    control_token: Option<String>,
    /// How logs look on standard error: text or json [default: text].
    #[arg(long, env = "SIMULATOR_LOG_FORMAT", value_name = "FORMAT")]
    log_format: Option<LogFormat>,
}

/// All that the simulator is started with.
pub(crate) struct Settings {
    pub(crate) listen: SocketAddr,
    pub(crate) database: String,
    pub(crate) public_url: Option<String>,
    pub(crate) accounts: Vec<Account>,
    pub(crate) record_lag: u64,
    pub(crate) control_token: Option<String>,
    pub(crate) log_format: LogFormat,
}

impl Serve {
    pub(crate) fn settings(self) -> Result<Settings, String> {
        let file = match &self.config {
            Some(path) => File::open(path)?,
            None => File::default(),
        };
        let mut accounts = vec![];
        for (place, account) in self.account.iter().enumerate() {
            // Read here and not by clap, whose message would quote what may be a secret.
            let account = account.parse();
            accounts.push(account.map_err(|fault: NotAnAccount| {
                format!("the account in place {} is none: {fault}", place + 1)
            })?);
        }
        if accounts.is_empty() {
            accounts = file.accounts;
        }
        let default = SocketAddr::from((Ipv4Addr::LOCALHOST, 4000));
        let database = self.database.or(file.database);
        Ok(Settings {
            listen: self.listen.or(file.listen).unwrap_or(default),
            database: database.unwrap_or_else(|| database::IN_MEMORY.to_owned()),
            public_url: self.public_url.or(file.public_url),
            accounts,
            record_lag: self.record_lag.or(file.record_lag).unwrap_or_default(),
            control_token: self.control_token.or(file.control_token),
            log_format: self.log_format.or(file.log_format).unwrap_or_default(),
        })
    }
}

/// What a file says.
#[derive(Default)]
struct File {
    listen: Option<SocketAddr>,
    database: Option<String>,
    public_url: Option<String>,
    accounts: Vec<Account>,
    record_lag: Option<u64>,
    control_token: Option<String>,
    log_format: Option<LogFormat>,
}

/// The keys that a file may have.
const KEYS: &str =
    "listen, database, public-url, account, record-lag, control-token and log-format";

const SECONDS: &str = "a whole number of seconds";

fn read_seconds(text: &str) -> Result<u64, String> {
    text.parse().map_err(|_| format!("it takes {SECONDS}"))
}

impl File {
    fn open(path: &Path) -> Result<Self, String> {
        let shown = path.display();
        let text = std::fs::read_to_string(path)
            .map_err(|cause| format!("the file {shown} cannot be read: {cause}"))?;
        Self::read(&text).map_err(|fault| format!("{shown}, {fault}"))
    }

    /// Reads a file's text. No value is quoted in a fault: it may be a secret, or next to one.
    fn read(text: &str) -> Result<Self, Fault> {
        let line = |at: usize| {
            1 + text.as_bytes()[..at.min(text.len())]
                .iter()
                .filter(|b| **b == b'\n')
                .count()
        };
        let table = DeTable::parse(text).map_err(|error| Fault {
            line: line(error.span().map_or(0, |span| span.start)),
            why: format!("this is no TOML: {}", error.message()),
        })?;
        let mut file = Self::default();
        for (key, value) in table.get_ref().iter() {
            let line = line(key.span().start);
            let key = key.get_ref().as_ref();
            file.set(key, value.get_ref())
                .map_err(|why| Fault { line, why })?;
        }
        Ok(file)
    }

    fn set(&mut self, key: &str, value: &DeValue<'_>) -> Result<(), String> {
        match key {
            "listen" => {
                let what =
                    "an address and a port, such as \"127.0.0.1:4000\" or \"localhost:4000\"";
                let address = value.as_str().and_then(|text| read_address(text).ok());
                self.listen = Some(address.ok_or_else(|| takes(key, what))?);
            }
            "database" => self.database = read(key, value, "a text, as --database")?,
            "public-url" => self.public_url = read(key, value, "a text, as --public-url")?,
            "control-token" => self.control_token = read(key, value, "a text")?,
            "log-format" => self.log_format = read(key, value, "\"text\" or \"json\"")?,
            "record-lag" => {
                let number = value
                    .as_integer()
                    .and_then(|number| u64::from_str_radix(number.as_str(), number.radix()).ok());
                self.record_lag = Some(number.ok_or_else(|| takes(key, SECONDS))?);
            }
            "account" => {
                let what = "a list of texts, such as [\"test=NUMBER,HEX32\"]";
                let accounts = value.as_array().ok_or_else(|| takes(key, what))?;
                for (place, account) in accounts.iter().enumerate() {
                    let text = account.get_ref().as_str().ok_or_else(|| takes(key, what))?;
                    let account = text.parse().map_err(|fault: NotAnAccount| {
                        format!("the account in place {} is none: {fault}", place + 1)
                    })?;
                    self.accounts.push(account);
                }
            }
            other => return Err(format!("there is no key {other}; there are {KEYS}")),
        }
        Ok(())
    }
}

fn read<T: FromStr>(key: &str, value: &DeValue<'_>, what: &str) -> Result<Option<T>, String> {
    let read = value.as_str().and_then(|text| text.parse().ok());
    read.map(Some).ok_or_else(|| takes(key, what))
}

fn takes(key: &str, what: &str) -> String {
    format!("{key} takes {what}")
}

/// What is wrong in a file, and where.
#[derive(Debug)]
struct Fault {
    line: usize,
    why: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.why)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "1ad8eed133edf43cbcc185f0236828ae";

    #[test]
    fn a_file_sets_what_flags_set() {
        let text = format!(
            "# all there is\nlisten = \"0.0.0.0:4500\"\ndatabase = \"sqlite://x.db\"\n\
             public-url = \"https://drm.example.org\"\nrecord-lag = 3\nlog-format = \"json\"\n\
             control-token = \"open sesame\"\n\
             account = [\n  \"test=1,{SECRET},strict\",\n  \"production=2,{SECRET}\",\n]\n"
        );
        let file = File::read(&text).unwrap();
        assert_eq!(file.listen.unwrap().to_string(), "0.0.0.0:4500");
        assert_eq!(file.database.unwrap(), "sqlite://x.db");
        assert_eq!(file.public_url.unwrap(), "https://drm.example.org");
        assert_eq!(file.record_lag, Some(3));
        assert_eq!(file.log_format, Some(LogFormat::Json));
        assert_eq!(file.control_token.unwrap(), "open sesame");
        assert_eq!(file.accounts.len(), 2);
        assert!(File::read("").unwrap().listen.is_none());
        let local = File::read("listen = \"localhost:4500\"").unwrap();
        assert_eq!(local.listen.unwrap().to_string(), "127.0.0.1:4500");
    }

    #[test]
    fn what_is_wrong_in_a_file_is_named_by_key_and_line_and_not_quoted() {
        for (wrong, line, key) in [
            (
                "listen = \"127.0.0.1:4000\"\nlisen = \"secret\"",
                2,
                "no key lisen",
            ),
            ("\n\nlisten = \"secret\"", 3, "listen takes an address"),
            (
                "record-lag = \"secret\"",
                1,
                "record-lag takes a whole number",
            ),
            ("record-lag = -1", 1, "record-lag"),
            (
                "# first\ncontrol-token = 5",
                2,
                "control-token takes a text",
            ),
            ("account = \"test=1,secret\"", 1, "account takes a list"),
            (
                "account = [\n \"test=1,secret\"]",
                1,
                "the account in place 1",
            ),
            ("log-format = \"secret\"", 1, "\"text\" or \"json\""),
            ("[sandbox]\nname = \"secret\"", 1, "no key sandbox"),
            ("listen = \"a\"\ncontrol-token = secret", 2, "no TOML"),
        ] {
            let fault = File::read(wrong).err().unwrap().to_string();
            assert!(
                fault.starts_with(&format!("line {line}: ")),
                "{wrong}: {fault}"
            );
            assert!(fault.contains(key), "{wrong}: {fault}");
            assert!(!fault.contains("secret"), "{wrong}: {fault}");
        }
    }
}
