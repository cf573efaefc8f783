//! The command line and the environment, and the settings that they make.

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    path::PathBuf,
};

use app::{PublicUrl, model::Cdm};
use clap::{
    ArgAction, Parser, Subcommand,
    builder::{FalseyValueParser, PossibleValuesParser, TypedValueParser},
};
use expressplay::{CustomerAuthenticator, client::BaseUrl};
use simulator::{Entropy, logging::LogFormat, read_address};

use crate::{
    entitlement::Patience,
    error::Error,
    mutual_tls::{FLAGS, Files},
    web,
};

/// The number of the embedded simulator's account; its secret is random unless given.
const EMBEDDED_ACCOUNT: u64 = 100_001;
const SIMULATOR_LISTEN: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 4000);

/// Bindery's storefront: films that play only on the device they were bought on.
#[derive(Debug, Parser)]
#[command(name = "server", version)]
pub struct Args {
    /// What to do; without a word, the shop opens.
    #[command(subcommand)]
    pub command: Option<Command>,

    /// Where the storefront listens.
    #[arg(
        long,
        env = "BINDERY_LISTEN",
        default_value = "127.0.0.1:3000",
        value_name = "ADDRESS",
        value_parser = read_address
    )]
    pub listen: SocketAddr,

    /// The storefront's database; file and folder are made where they are missing.
    #[arg(
        long,
        env = "BINDERY_DATABASE",
        default_value = "sqlite://data/bindery.db"
    )]
    pub database: String,

    /// Where the embedded simulator listens [default: 127.0.0.1:4000].
    #[arg(
        long,
        env = "BINDERY_SIMULATOR_LISTEN",
        conflicts_with = "expressplay_url",
        value_name = "ADDRESS",
        value_parser = read_address
    )]
    pub simulator_listen: Option<SocketAddr>,

    /// The embedded simulator's database [default: a file beside the storefront's].
    #[arg(
        long,
        env = "BINDERY_SIMULATOR_DATABASE",
        conflicts_with = "expressplay_url"
    )]
    pub simulator_database: Option<String>,

    /// What the simulator's licence URLs start with, where browsers do not reach it by its own
    /// address; for a simulator elsewhere, its own --public-url.
    #[arg(long, env = "BINDERY_SIMULATOR_PUBLIC_URL")]
    pub simulator_public_url: Option<String>,

    /// Another ExpressPlay than the embedded simulator: a template such as
    /// https://{host}.test.expressplay.com for the real service, or the one base URL of a
    /// simulator elsewhere (its account must be a production one).
    #[arg(
        long,
        env = "BINDERY_EXPRESSPLAY_URL",
        value_name = "TEMPLATE",
        requires = "customer_authenticator"
    )]
    pub expressplay_url: Option<BaseUrl>,

    /// The customer authenticator, NUMBER,HEX32; for the embedded simulator random unless given.
    #[arg(
        long,
        env = "BINDERY_CUSTOMER_AUTHENTICATOR",
        hide_env_values = true,
        allow_hyphen_values = true,
        value_name = "NUMBER,HEX32"
    )]
    pub customer_authenticator: Option<Secret>,

    /// What the player uses.
    #[arg(
        long,
        env = "BINDERY_CDM",
        default_value = Cdm::Simulated.name(),
        value_parser = PossibleValuesParser::new(Cdm::ALL.map(Cdm::name)).try_map(|name| name.parse::<Cdm>())
    )]
    pub cdm: Cdm,

    /// Lets the storefront follow the embedded simulator's clock, which tests put forward.
    #[arg(
        long,
        env = "BINDERY_TEST_CONTROLS",
        conflicts_with = "expressplay_url",
        action = ArgAction::SetTrue,
        value_parser = FalseyValueParser::new()
    )]
    pub test_controls: bool,

    /// Gives whoever opens the shop the presenter's drawer: clock, troubles, a fresh start. Only on
    /// loopback, and with the embedded simulator.
    #[arg(
        long,
        env = "BINDERY_PRESENTER",
        conflicts_with = "expressplay_url",
        action = ArgAction::SetTrue,
        value_parser = FalseyValueParser::new()
    )]
    pub presenter: bool,

    /// Leaves out the demo viewers.
    #[arg(
        long,
        env = "BINDERY_NO_DEMO_DATA",
        action = ArgAction::SetTrue,
        value_parser = FalseyValueParser::new()
    )]
    pub no_demo_data: bool,

    /// Browsers reach the storefront by https, through a proxy: cookies are marked Secure.
    #[arg(
        long,
        env = "BINDERY_HTTPS",
        action = ArgAction::SetTrue,
        value_parser = FalseyValueParser::new()
    )]
    pub https: bool,

    /// Where browsers find the storefront, such as https://films.example.com: what a page tells
    /// those who share it [default: where it listens].
    #[arg(long, env = "BINDERY_PUBLIC_URL", value_name = "URL")]
    pub public_url: Option<PublicUrl>,

    /// Where the sample entitlement server listens, over mutual TLS; without, there is none.
    #[arg(
        long,
        env = "BINDERY_ENTITLEMENT_LISTEN",
        value_name = "ADDRESS",
        value_parser = read_address
    )]
    pub entitlement_listen: Option<SocketAddr>,

    /// The entitlement server's certificate, in PEM, with those between it and its authority.
    #[arg(long, env = "BINDERY_ENTITLEMENT_CERTIFICATE", value_name = "FILE")]
    pub entitlement_certificate: Option<PathBuf>,

    /// That certificate's private key, in PEM.
    #[arg(long, env = "BINDERY_ENTITLEMENT_KEY", value_name = "FILE")]
    pub entitlement_key: Option<PathBuf>,

    /// The authorities that sign the certificates of the entitlement server's clients, in PEM.
    #[arg(long, env = "BINDERY_ENTITLEMENT_CLIENT_CA", value_name = "FILE")]
    pub entitlement_client_ca: Option<PathBuf>,

    /// The catalogue.
    #[arg(
        long,
        env = "BINDERY_CATALOGUE",
        default_value = "media/catalogue.toml"
    )]
    pub catalogue: PathBuf,

    /// How logs look on standard error: text or json.
    #[arg(
        long,
        env = "BINDERY_LOG_FORMAT",
        default_value_t,
        value_name = "FORMAT"
    )]
    pub log_format: LogFormat,

    /// The built site: wasm, styles, posters and encrypted titles.
    #[arg(long, env = "BINDERY_SITE", default_value = "target/site")]
    pub site: PathBuf,
}

/// What the program does, other than opening the shop.
#[derive(Debug, Clone, Subcommand)]
pub enum Command {
    /// Makes an account for a viewer; the password comes by standard input, as one line.
    AddViewer {
        /// What the viewer signs in with.
        email: String,
        /// What the shop calls the viewer [default: what stands before the @].
        #[arg(long)]
        name: Option<String>,
    },
    /// Makes certificates for a trial of the entitlement server, and says what to do with them.
    MakeCertificates {
        /// Where they go; the folder is made where it is missing, and nothing is overwritten.
        folder: PathBuf,
        /// A name or an IP address that the server is reached by, besides localhost. Repeatable.
        #[arg(long = "host", value_name = "NAME")]
        hosts: Vec<String>,
    },
}

/// A customer authenticator as typed. It is read in [`Settings`], not by clap, which would quote one
/// with a typo.
#[derive(Clone)]
pub struct Secret(String);

/// All that a storefront is started with.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where it listens; port 0 for any that is free.
    pub listen: SocketAddr,
    /// Its database.
    pub database: String,
    /// The ExpressPlay to talk to.
    pub expressplay: ExpressPlay,
    /// How patient calls to ExpressPlay are.
    pub client: expressplay::client::Options,
    /// How long to wait for a late record.
    pub patience: Patience,
    /// What the player uses.
    pub cdm: Cdm,
    /// Whether to leave out the demo viewers even where they are allowed.
    pub no_demo_data: bool,
    /// Whether cookies are marked Secure.
    pub https: bool,
    /// Where browsers find it, unless that is where it listens.
    pub public_url: Option<PublicUrl>,
    /// The sample entitlement server, if there is one.
    pub entitlement: Option<EntitlementServer>,
    /// The catalogue file.
    pub catalogue: PathBuf,
    /// The built site.
    pub site: PathBuf,
    /// Randomness.
    pub entropy: Entropy,
}

/// The sample entitlement server: a listener of its own.
#[derive(Debug, Clone)]
pub struct EntitlementServer {
    /// Where it listens; port 0 for any that is free.
    pub listen: SocketAddr,
    /// By what it and its clients are known.
    pub files: Files,
}

/// The ExpressPlay to talk to.
#[derive(Debug, Clone)]
pub enum ExpressPlay {
    /// A simulator in this process.
    Embedded {
        /// Where it listens.
        listen: SocketAddr,
        /// Its database.
        database: String,
        /// What its licence URLs start with, unless it is its own address.
        public_url: Option<String>,
        /// The storefront's account with it.
        authenticator: CustomerAuthenticator,
        /// Whether tests may move its clock, over HTTP.
        test_controls: bool,
        /// Whether viewers may, and more, from the presenter's drawer.
        presenter: bool,
    },
    /// The real service, or a simulator elsewhere.
    Elsewhere {
        /// Where it is.
        base: BaseUrl,
        /// What its licence URLs start with, unless it is where the storefront finds it.
        public_url: Option<String>,
        /// The storefront's account with it.
        authenticator: CustomerAuthenticator,
    },
}

impl Settings {
    /// Settings for a storefront with an embedded simulator, with everything at its default.
    #[must_use]
    pub fn embedded(listen: SocketAddr, database: &str, simulator_listen: SocketAddr) -> Self {
        let entropy = Entropy::from_os();
        Self {
            listen,
            database: database.to_owned(),
            expressplay: ExpressPlay::Embedded {
                listen: simulator_listen,
                database: beside(database),
                public_url: None,
                authenticator: CustomerAuthenticator::new(EMBEDDED_ACCOUNT, entropy.bytes()),
                test_controls: false,
                presenter: false,
            },
            client: expressplay::client::Options::default(),
            patience: Patience::default(),
            cdm: Cdm::Simulated,
            no_demo_data: false,
            https: false,
            public_url: None,
            entitlement: None,
            catalogue: "media/catalogue.toml".into(),
            site: "target/site".into(),
            entropy,
        }
    }

    /// Whether the demo viewers may exist: only where nobody but this machine can reach the
    /// storefront, and only with a simulator.
    #[must_use]
    pub fn has_demo_data(&self) -> bool {
        let simulated = match &self.expressplay {
            ExpressPlay::Embedded { .. } => true,
            ExpressPlay::Elsewhere { base, .. } => !base.is_template(),
        };
        self.listen.ip().is_loopback() && simulated && !self.no_demo_data
    }

    /// Whether there is a built site where it should be, and this program goes with it.
    #[must_use]
    pub fn has_site(&self) -> bool {
        web::is_built(&self.site)
    }
}

impl TryFrom<Args> for Settings {
    type Error = Error;

    /// # Errors
    /// [`Error::Settings`] for what does not go together.
    fn try_from(args: Args) -> Result<Self, Error> {
        let authenticator = args
            .customer_authenticator
            .as_ref()
            .map(Secret::read)
            .transpose()?;
        if args.cdm == Cdm::Widevine && args.expressplay_url.is_none() {
            return Err(Error::Settings(
                "--cdm widevine needs a licence service that speaks Widevine: give --expressplay-url \
                 and --customer-authenticator of the real ExpressPlay"
                    .to_owned(),
            ));
        }
        if args.presenter && !args.listen.ip().is_loopback() {
            return Err(Error::Settings(
                "--presenter lets whoever opens the shop move its clock and empty it: give --listen \
                 an address that only this machine reaches, such as 127.0.0.1:3000"
                    .to_owned(),
            ));
        }
        let elsewhere = args.expressplay_url.as_ref();
        if let Some(url) = &args.simulator_public_url {
            check_public_url(url, elsewhere.is_some_and(BaseUrl::is_template))?;
        }
        let simulator_listen = args.simulator_listen.unwrap_or(SIMULATOR_LISTEN);
        let everywhere = args.expressplay_url.is_none() && simulator_listen.ip().is_unspecified();
        if everywhere && args.simulator_public_url.is_none() {
            return Err(Error::Settings(
                "--simulator-listen on every address needs --simulator-public-url: browsers must \
                 know where licences are"
                    .to_owned(),
            ));
        }
        let entitlement = EntitlementServer::read(&args)?;
        let mut settings = Self::embedded(args.listen, &args.database, simulator_listen);
        settings.entitlement = entitlement;
        if let (Some(base), Some(authenticator)) = (args.expressplay_url, authenticator.clone()) {
            settings.expressplay = ExpressPlay::Elsewhere {
                base,
                public_url: args.simulator_public_url,
                authenticator,
            };
        } else if let ExpressPlay::Embedded {
            database,
            public_url,
            authenticator: account,
            test_controls,
            presenter,
            ..
        } = &mut settings.expressplay
        {
            if let Some(given) = args.simulator_database {
                *database = given;
            }
            if let Some(given) = authenticator {
                *account = given;
            }
            *public_url = args.simulator_public_url;
            *test_controls = args.test_controls;
            *presenter = args.presenter;
        }
        settings.cdm = args.cdm;
        settings.no_demo_data = args.no_demo_data;
        settings.https = args.https;
        settings.public_url = args.public_url;
        settings.catalogue = args.catalogue;
        settings.site = args.site;
        Ok(settings)
    }
}

impl EntitlementServer {
    /// All of it or nothing: half of it would be a server that somebody believes to be there.
    fn read(args: &Args) -> Result<Option<Self>, Error> {
        let (listen, certificate, key, client_ca) = (
            args.entitlement_listen,
            &args.entitlement_certificate,
            &args.entitlement_key,
            &args.entitlement_client_ca,
        );
        if let (Some(listen), Some(certificate), Some(key), Some(client_ca)) =
            (listen, certificate, key, client_ca)
        {
            let files = Files {
                certificate: certificate.clone(),
                key: key.clone(),
                client_ca: client_ca.clone(),
            };
            return Ok(Some(Self { listen, files }));
        }
        let given = [
            ("--entitlement-listen", listen.is_some()),
            (FLAGS[0], certificate.is_some()),
            (FLAGS[1], key.is_some()),
            (FLAGS[2], client_ca.is_some()),
        ];
        let missing: Vec<_> = given.iter().filter(|(_, given)| !given).collect();
        if missing.len() == given.len() {
            return Ok(None);
        }
        let missing: Vec<_> = missing.iter().map(|(flag, _)| *flag).collect();
        Err(Error::Settings(format!(
            "the entitlement server needs all four of its settings, and these are missing: {}. \
             `server make-certificates FOLDER` makes the files for a trial",
            missing.join(", ")
        )))
    }
}

impl Secret {
    fn read(&self) -> Result<CustomerAuthenticator, Error> {
        self.0.parse().map_err(|_| {
            Error::Settings(
                "--customer-authenticator (or BINDERY_CUSTOMER_AUTHENTICATOR) is a number, a comma \
                 and 32 hexadecimal digits, and what was given is not"
                    .to_owned(),
            )
        })
    }
}

impl From<String> for Secret {
    fn from(typed: String) -> Self {
        Self(typed)
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret([redacted])")
    }
}

/// The simulator's database beside the storefront's: `data/bindery-expressplay.db`; in memory
/// where that is.
fn beside(database: &str) -> String {
    if simulator::database::is_in_memory(database) {
        return simulator::database::IN_MEMORY.to_owned();
    }
    let (file, options) = database.split_at(database.find('?').unwrap_or(database.len()));
    let name = file.rfind(['/', ':']).map_or(0, |at| at + 1);
    let (folder, name) = file.split_at(name);
    let (stem, extension) = name.split_at(name.rfind('.').unwrap_or(name.len()));
    format!("{folder}{stem}-expressplay{extension}{options}")
}

/// A simulator's public URL is one place; the real service has a host for each function.
fn check_public_url(text: &str, real_service: bool) -> Result<(), Error> {
    let usable = text.parse().is_ok_and(|url: BaseUrl| !url.is_template());
    if usable && !real_service {
        return Ok(());
    }
    Err(Error::Settings(if real_service {
        "--simulator-public-url is for a simulator, and --expressplay-url has {host} in it, as the \
         real service has: leave one out"
            .to_owned()
    } else {
        format!("--simulator-public-url is http or https without a query, and {text} is not")
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    const AUTHENTICATOR: &str = "201722,1ad8eed133edf43cbcc185f0236828ae";

    fn args(flags: &[&str]) -> Result<Args, String> {
        Args::try_parse_from([&["server"], flags].concat()).map_err(|error| error.to_string())
    }

    fn settings(flags: &[&str]) -> Settings {
        args(flags).unwrap().try_into().unwrap()
    }

    #[test]
    fn an_address_may_say_localhost_and_one_that_is_none_is_told_how_it_is_written() {
        let flags = ["--listen", "--simulator-listen", "--entitlement-listen"];
        for flag in flags {
            assert!(args(&[flag, "localhost:4500"]).is_ok(), "{flag}");
            let refused = args(&[flag, "4500"]).unwrap_err();
            assert!(refused.contains("such as 127.0.0.1:4000"), "{refused}");
        }
    }

    #[test]
    fn the_defaults_are_a_demo_on_this_machine() {
        let settings = settings(&[]);
        assert_eq!(settings.listen.to_string(), "127.0.0.1:3000");
        assert!(settings.has_demo_data());
        let ExpressPlay::Embedded {
            listen,
            database,
            test_controls,
            ..
        } = settings.expressplay
        else {
            panic!("the simulator is embedded");
        };
        assert_eq!(listen.to_string(), "127.0.0.1:4000");
        assert_eq!(database, "sqlite://data/bindery-expressplay.db");
        assert!(!test_controls);
    }

    #[test]
    fn a_presenter_is_alone_with_the_shop() {
        let elsewhere = args(&["--presenter", "--listen", "0.0.0.0:3000"]).unwrap();
        let fault = Settings::try_from(elsewhere).unwrap_err().to_string();
        assert!(fault.contains("only this machine reaches"), "{fault}");
        let here = settings(&["--presenter"]);
        let ExpressPlay::Embedded { presenter, .. } = here.expressplay else {
            panic!("the simulator is embedded");
        };
        assert!(presenter);
    }

    #[test]
    fn an_embedded_secret_is_random_unless_given() {
        let authenticator = |flags| match settings(flags).expressplay {
            ExpressPlay::Embedded { authenticator, .. }
            | ExpressPlay::Elsewhere { authenticator, .. } => authenticator,
        };
        assert_ne!(authenticator(&[]), authenticator(&[]));
        assert_eq!(
            authenticator(&["--customer-authenticator", AUTHENTICATOR]).reveal(),
            AUTHENTICATOR
        );
    }

    #[test]
    fn what_does_not_go_together_is_said() {
        let real = ["--expressplay-url", "https://{host}.test.expressplay.com"];
        let fault = args(&real).unwrap_err();
        assert!(fault.contains("--customer-authenticator"), "{fault}");

        let real = [real[0], real[1], "--customer-authenticator", AUTHENTICATOR];
        for flag in [
            "--test-controls",
            "--presenter",
            "--simulator-listen=127.0.0.1:0",
            "--simulator-database=x",
        ] {
            let fault = args(&[&real[..], &[flag]].concat()).unwrap_err();
            assert!(fault.contains("cannot be used with"), "{fault}");
        }
        let public = ["--simulator-public-url", "https://licences.example.com"];
        let fault = Settings::try_from(args(&[&real[..], &public].concat()).unwrap()).unwrap_err();
        assert!(fault.to_string().contains("is for a simulator"), "{fault}");
        let relative = args(&["--simulator-public-url", "licences.example.com"]).unwrap();
        let fault = Settings::try_from(relative).unwrap_err().to_string();
        assert!(fault.contains("licences.example.com is not"), "{fault}");

        let everywhere = args(&["--simulator-listen", "0.0.0.0:4000"]).unwrap();
        let fault = Settings::try_from(everywhere).unwrap_err();
        assert!(fault.to_string().contains("--simulator-public-url"));
        let fault = Settings::try_from(args(&["--cdm", "widevine"]).unwrap()).unwrap_err();
        assert!(fault.to_string().contains("--expressplay-url"));
        assert!(
            Settings::try_from(args(&[&real[..], &["--cdm", "widevine"]].concat()).unwrap())
                .is_ok()
        );
    }

    #[test]
    fn a_wrong_authenticator_is_not_quoted() {
        let secret = "1ad8eed133edf43cbcc185f0236828a";
        let args = args(&["--customer-authenticator", &format!("1,{secret}")]).unwrap();
        assert!(!format!("{args:?}").contains(secret));
        let fault = Settings::try_from(args).unwrap_err().to_string();
        assert!(fault.contains("32 hexadecimal digits"), "{fault}");
        assert!(!fault.contains(secret), "{fault}");
    }

    #[test]
    fn demo_viewers_exist_only_on_loopback_and_only_with_a_simulator() {
        let with = |flags: &[&str]| {
            let known = ["--customer-authenticator", AUTHENTICATOR];
            settings(&[&known[..], flags].concat()).has_demo_data()
        };
        assert!(with(&["--expressplay-url", "http://127.0.0.1:4000"]));
        assert!(with(&["--expressplay-url", "http://localhost:4000"]));
        assert!(with(&[
            "--expressplay-url",
            "https://simulator.example.com"
        ]));
        assert!(!with(&[
            "--expressplay-url",
            "https://{host}.test.expressplay.com"
        ]));
        assert!(!with(&[
            "--expressplay-url",
            "http://{host}.localhost:4000"
        ]));
        assert!(!with(&["--listen", "0.0.0.0:3000"]));
        assert!(!with(&["--no-demo-data"]));
    }

    #[test]
    fn the_entitlement_server_is_off_or_whole() {
        assert!(settings(&[]).entitlement.is_none());
        let flags = [
            "--entitlement-listen=127.0.0.1:3443",
            "--entitlement-certificate=server.pem",
            "--entitlement-key=server-key.pem",
            "--entitlement-client-ca=ca.pem",
        ];
        let whole = settings(&flags).entitlement.unwrap();
        assert_eq!(whole.listen.port(), 3443);
        assert_eq!(whole.files.client_ca, PathBuf::from("ca.pem"));
        for left_out in 0..flags.len() {
            let mut half = flags.to_vec();
            let flag = half.remove(left_out).split('=').next().unwrap();
            let fault = Settings::try_from(args(&half).unwrap()).unwrap_err();
            let missing = format!("these are missing: {flag}. ");
            assert!(fault.to_string().contains(&missing), "{fault}");
        }
        let fault = Settings::try_from(args(&flags[..1]).unwrap()).unwrap_err();
        assert!(
            fault
                .to_string()
                .contains("--entitlement-key, --entitlement-client-ca"),
            "{fault}"
        );
    }

    #[test]
    fn the_simulators_database_stands_beside_the_storefronts() {
        assert_eq!(
            beside("sqlite:///var/lib/shop.db"),
            "sqlite:///var/lib/shop-expressplay.db"
        );
        assert_eq!(
            beside("sqlite://shop?mode=rwc"),
            "sqlite://shop-expressplay?mode=rwc"
        );
        assert_eq!(
            beside("sqlite:../a.b/shop.db"),
            "sqlite:../a.b/shop-expressplay.db"
        );
    }
}
