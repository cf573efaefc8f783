//! How long ExpressPlay's calls take against the simulator, over HTTP, one at a time, with a
//! database on disk.

#![expect(missing_docs, reason = "what criterion's macros make has none")]
#![expect(
    clippy::unwrap_used,
    reason = "a benchmark that cannot run has nothing to say"
)]

use criterion::{Criterion, criterion_group, criterion_main};
use expressplay::{TokenUrl, challenge::KidBytes};
use reqwest::{Client, Response};
use simulator::{Account, Entropy, Simulator, SoftDevice};
use tokio::runtime::Runtime;

const KID: [u8; 16] = [7; 16];
const COOKIE: &str = "0123456789abcdef0123456789abcdef";

struct Bench {
    runtime: Runtime,
    simulator: Simulator,
    http: Client,
    authenticator: String,
    entropy: Entropy,
    _folder: tempfile::TempDir,
}

impl Bench {
    fn start() -> Self {
        let runtime = Runtime::new().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let database = format!("sqlite://{}/simulator.db", folder.path().display());
        let simulator = runtime
            .block_on(Simulator::builder().database(database).start())
            .unwrap();
        Self {
            authenticator: Account::defaults()[1].authenticator.reveal(),
            http: Client::new(),
            entropy: Entropy::from_os(),
            runtime,
            simulator,
            _folder: folder,
        }
    }

    async fn make_token(&self, device: &SoftDevice) -> TokenUrl {
        let (kid, device_id) = (hex::encode(KID), device.device_id().to_string());
        let form = [
            ("customerAuthenticator", self.authenticator.as_str()),
            ("kid", &kid),
            ("contentKey", "000102030405060708090a0b0c0d0e0f"),
            ("cookie", COOKIE),
            ("deviceId", &device_id),
        ];
        let call = self
            .http
            .post(format!("{}/hms/wv/token", self.simulator.url()))
            .form(&form);
        call.send()
            .await
            .unwrap()
            .text()
            .await
            .unwrap()
            .parse()
            .unwrap()
    }

    async fn redeem(&self, url: &TokenUrl, device: &SoftDevice) -> Response {
        let claims = SoftDevice::claims(
            url.token(),
            &[KidBytes(KID)],
            self.simulator.clock(),
            &self.entropy,
        );
        let call = self
            .http
            .post(url.reveal())
            .header("content-type", "application/jose");
        call.body(device.sign(&claims).unwrap())
            .send()
            .await
            .unwrap()
            .error_for_status()
            .unwrap()
    }

    async fn records(&self) -> usize {
        let query = [
            ("customerAuthenticator", self.authenticator.as_str()),
            ("cookie", COOKIE),
        ];
        let url = format!("{}/cmiapi/getrecord/", self.simulator.url());
        self.http
            .get(url)
            .query(&query)
            .send()
            .await
            .unwrap()
            .bytes()
            .await
            .unwrap()
            .len()
    }
}

fn calls(criterion: &mut Criterion) {
    let bench = Bench::start();
    let device = SoftDevice::generate().unwrap();
    let url = bench.runtime.block_on(bench.make_token(&device));
    criterion.bench_function("make a token", |b| {
        b.iter(|| bench.runtime.block_on(bench.make_token(&device)));
    });
    criterion.bench_function("redeem it, signed and durable", |b| {
        b.iter(|| bench.runtime.block_on(bench.redeem(&url, &device)));
    });
    criterion.bench_function("retrieve 32 records by cookie", |b| {
        b.iter(|| bench.runtime.block_on(bench.records()));
    });
}

criterion_group!(benches, calls);
criterion_main!(benches);
