//! The simulator, and the bare handler that it is measured by.

use std::{fs, net::SocketAddr, path::PathBuf};

use expressplay::{
    Drm, TokenUrl,
    challenge::{KidBytes, PLAIN_TYPE, SIGNED_TYPE},
};
use simulator::{Account, Clock, Entropy, SoftDevice};

use crate::{
    Bench, Result,
    connection::{Connection, request},
    load::{Plan, Requests},
    report::{Row, Shape},
    subject::{Launch, Subject, free_address},
};

const KID: [u8; 16] = [7; 16];
const FORM: &str = "application/x-www-form-urlencoded";
/// How many devices ask: each has a key, a cookie and a token that is bound to it.
const DEVICES: usize = 64;
/// More signed requests than this are not answered in a second, on any machine that is known.
const MOST_SIGNED: u64 = 25_000;

/// Devices that ask for licences.
pub(crate) struct Devices {
    all: Vec<SoftDevice>,
    entropy: Entropy,
}

/// What the simulator answers, for the others to answer too.
pub(crate) struct Answers {
    devices: Devices,
    tokens: Vec<TokenUrl>,
    token: String,
    pub(crate) license: String,
    records: String,
}

impl Devices {
    fn make() -> Result<Self> {
        let all: std::result::Result<_, _> = (0..DEVICES).map(|_| SoftDevice::generate()).collect();
        Ok(Self {
            all: all?,
            entropy: Entropy::from_os(),
        })
    }

    /// A token request for each.
    fn token_requests(&self, address: SocketAddr) -> Vec<Vec<u8>> {
        let number = |device: usize| {
            let body = format!(
                "customerAuthenticator={}&errorFormat=json&kid={}\
                 &contentKey=000102030405060708090a0b0c0d0e0f&securityLevel=1&hdcpOutputControl=0\
                 &expirationTime=%2B3600&cookie={}&deviceId={}",
                authenticator(),
                "07".repeat(16),
                cookie(device),
                self.all[device].device_id()
            );
            let path = Drm::Widevine.token_path();
            request("POST", path, address, FORM, &body)
        };
        (0..DEVICES).map(number).collect()
    }

    /// A token for each.
    async fn tokens(&self, address: SocketAddr) -> Result<Vec<TokenUrl>> {
        let mut connection = Connection::open(address).await?;
        let mut tokens = vec![];
        for request in self.token_requests(address) {
            let answer = connection.exchange(&request).await?;
            tokens.push(std::str::from_utf8(answer)?.parse()?);
        }
        Ok(tokens)
    }

    /// A plain licence request of each.
    fn plain_requests(&self, address: SocketAddr, tokens: &[TokenUrl]) -> Vec<Vec<u8>> {
        let of_one = |(device, token): (&SoftDevice, &TokenUrl)| {
            let body = format!(
                r#"{{"kids":["BwcHBwcHBwcHBwcHBwcHBw"],"type":"temporary","deviceId":"{}"}}"#,
                device.device_id()
            );
            let target = target_of(token);
            request("POST", &target, address, PLAIN_TYPE, &body)
        };
        self.all.iter().zip(tokens).map(of_one).collect()
    }

    /// So many signed licence requests, the devices in turn.
    fn signed_requests(
        &self,
        address: SocketAddr,
        tokens: &[TokenUrl],
        count: u64,
    ) -> Result<Vec<Vec<u8>>> {
        let clock = Clock::default();
        let in_turn = self.all.iter().zip(tokens).cycle();
        let count = usize::try_from(count)?;
        let mut requests = Vec::with_capacity(count);
        for (device, token) in in_turn.take(count) {
            let kids = [KidBytes(KID)];
            let claims = SoftDevice::claims(token.token(), &kids, &clock, &self.entropy);
            let body = device.sign(&claims)?;
            let target = target_of(token);
            requests.push(request("POST", &target, address, SIGNED_TYPE, &body));
        }
        Ok(requests)
    }
}

impl Answers {
    /// Asks the simulator once for each.
    pub(crate) async fn of_simulator(bench: &Bench) -> Result<Self> {
        let devices = Devices::make()?;
        let subject = Subject::start(bench, launch(bench, "answers")?).await?;
        let address = subject.address;
        let tokens = devices.tokens(address).await?;
        let mut connection = Connection::open(address).await?;
        let plain = devices.plain_requests(address, &tokens).swap_remove(0);
        let license = text(connection.exchange(&plain).await?)?;
        let record = record_request(address, &cookie(0));
        let records = text(connection.exchange(&record).await?)?;
        let token = tokens[0].reveal();
        Ok(Self {
            devices,
            tokens,
            token,
            license,
            records,
        })
    }

    /// A plain licence request of each device.
    pub(crate) fn plain_requests(&self, address: SocketAddr) -> Vec<Vec<u8>> {
        self.devices.plain_requests(address, &self.tokens)
    }
}

/// The bare handler, given the requests of each kind.
pub(crate) async fn bare(bench: &Bench, answers: &Answers) -> Result<Vec<Row>> {
    let folder = bench.folder.path();
    fs::write(folder.join("token"), &answers.token)?;
    fs::write(folder.join("license"), &answers.license)?;
    fs::write(folder.join("records"), &answers.records)?;
    let launch = |_| {
        let address = free_address()?;
        Ok(Launch {
            address,
            program: bench.programs.join("bare").into(),
            arguments: vec![address.to_string().into(), folder.into()],
            probe: request("GET", "/cmiapi/getrecord/", address, "", ""),
        })
    };
    let Answers {
        devices, tokens, ..
    } = answers;
    let mut rows = vec![];
    let name = "bare handler, token request";
    let requests = |address| Ok(devices.token_requests(address));
    rows.extend(
        bench
            .measure_same(Shape::BareToken, name, launch, requests)
            .await?,
    );
    let name = "bare handler, plain licence request";
    let requests = |address| Ok(answers.plain_requests(address));
    rows.extend(
        bench
            .measure_same(Shape::BarePlain, name, launch, requests)
            .await?,
    );
    let name = "bare handler, signed licence request";
    let requests = |address| devices.signed_requests(address, tokens, DEVICES as u64);
    rows.extend(
        bench
            .measure_same(Shape::BareSigned, name, launch, requests)
            .await?,
    );
    Ok(rows)
}

/// Token making.
pub(crate) async fn tokens(bench: &Bench) -> Result<Option<Row>> {
    let devices = Devices::make()?;
    let launch = |start| launch(bench, &format!("tokens-{start}"));
    let requests = |address| Ok(devices.token_requests(address));
    bench
        .measure_same(Shape::Token, "simulator, token", launch, requests)
        .await
}

/// Redemption with plain requests.
pub(crate) async fn plain(bench: &Bench) -> Result<Option<Row>> {
    let devices = Devices::make()?;
    let launch = |start| launch(bench, &format!("plain-{start}"));
    let name = "simulator, licence, plain";
    bench
        .measure(Shape::Plain, name, launch, async |address, _| {
            let tokens = devices.tokens(address).await?;
            let requests = devices.plain_requests(address, &tokens);
            Ok(Requests::again_and_again(requests))
        })
        .await
}

/// Redemption with signed requests, each signed for the run it is used in.
pub(crate) async fn signed(bench: &Bench) -> Result<Option<Row>> {
    let devices = Devices::make()?;
    let launch = |start| launch(bench, &format!("signed-{start}"));
    let name = "simulator, licence, signed";
    bench
        .measure(Shape::Signed, name, launch, async |address, plan: Plan| {
            let tokens = devices.tokens(address).await?;
            let count = MOST_SIGNED * (plan.warm + plan.measured).as_secs();
            let requests = devices.signed_requests(address, &tokens, count)?;
            Ok(Requests::once(requests))
        })
        .await
}

/// One simulator, for what needs no load.
pub(crate) async fn start(bench: &Bench, database: &str) -> Result<Subject> {
    Subject::start(bench, launch(bench, database)?).await
}

/// Has one device redeem a token.
pub(crate) async fn redeem_once(address: SocketAddr) -> Result<()> {
    let devices = Devices::make()?;
    let tokens = devices.tokens(address).await?;
    let request = devices.plain_requests(address, &tokens).swap_remove(0);
    let mut connection = Connection::open(address).await?;
    connection.exchange(&request).await?;
    Ok(())
}

/// How the simulator is started: as its users start it, with a database in the folder.
pub(crate) fn launch(bench: &Bench, database: &str) -> Result<Launch> {
    let address = free_address()?;
    let url = format!("sqlite://{}", file(bench, database).display());
    let arguments = [
        "serve",
        "--listen",
        &address.to_string(),
        "--database",
        &url,
    ];
    Ok(Launch {
        address,
        program: bench.programs.join("simulator").into(),
        arguments: arguments.map(Into::into).to_vec(),
        probe: request("GET", "/readyz", address, "", ""),
    })
}

/// Where a database is.
pub(crate) fn file(bench: &Bench, database: &str) -> PathBuf {
    bench.folder.path().join(format!("{database}.db"))
}

/// A record retrieval by cookie.
pub(crate) fn record_request(address: SocketAddr, cookie: &str) -> Vec<u8> {
    let target = format!(
        "/cmiapi/getrecord/?customerAuthenticator={}&cookie={cookie}",
        authenticator()
    );
    request("GET", &target, address, "", "")
}

/// The test account's, for a query or a form.
fn authenticator() -> String {
    let account = &Account::defaults()[0];
    account.authenticator.reveal().replace(',', "%2C")
}

fn cookie(device: usize) -> String {
    format!("{device:032x}")
}

fn target_of(token: &TokenUrl) -> String {
    let path = Drm::Widevine.license_path();
    format!("{path}?ExpressPlayToken={}", token.token().reveal())
}

fn text(bytes: &[u8]) -> Result<String> {
    Ok(std::str::from_utf8(bytes)?.to_owned())
}
