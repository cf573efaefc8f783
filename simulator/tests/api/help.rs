//! What the tests share: a bench with a simulator, its accounts, and calls by name.

use std::time::Duration;

use expressplay::{
    ActionToken, CompoundUrl, CustomerAuthenticator, Drm, License, RefusalBody, TokenUrl,
    challenge::{ClearKeyRequest, KidBytes, PlainChallenge, SessionType},
    record::{Record, Records},
    token::PlayReadyToken,
    token_request::Strictness,
};
use reqwest::{Client, Response, StatusCode};
use simulator::{Account, Builder, Clock, Entropy, Environment, Simulator, SoftDevice};

pub(crate) const KID: &str = "00112233445566778899aabbccddeeff";
/// [`KID`], as Marlin writes it.
pub(crate) const CONTENT_ID: &str = "urn:marlin:kid:00112233445566778899aabbccddeeff";
pub(crate) const OTHER_KID: &str = "10112233445566778899aabbccddeeff";
pub(crate) const KEY: &str = "000102030405060708090a0b0c0d0e0f";
pub(crate) const KEK: &str = "11111111111111111111111111111111";
pub(crate) const EK: &str = "61A9D3B082AAB5A918EBB86461DA475BD80CA4A83CEA16B6";
pub(crate) const COOKIE: &str = "0123456789abcdef0123456789abcdef";

/// Asks again until it is so. What never comes to be so fails the test, and does not hang it.
pub(crate) async fn until(is_so: impl AsyncFn() -> bool) {
    let asked = async { while !is_so().await {} };
    let patience = Duration::from_secs(30);
    tokio::time::timeout(patience, asked).await.unwrap();
}

/// Which of the bench's accounts a call uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Who {
    /// Test environment, lenient.
    Test,
    /// Production: signed challenges alone.
    Production,
    /// Test environment, `securityLevel` and `hdcpOutputControl` required.
    Strict,
    /// Test environment, no device binding.
    Unbound,
    /// Test environment, disabled.
    Disabled,
    /// Test environment, with every DRM disabled that can be.
    WithoutDrms,
    /// Test environment, no credits left.
    WithoutCredits,
}

impl Who {
    const ALL: [Self; 7] = [
        Self::Test,
        Self::Production,
        Self::Strict,
        Self::Unbound,
        Self::Disabled,
        Self::WithoutDrms,
        Self::WithoutCredits,
    ];
}

/// A simulator with one account of each kind.
pub(crate) struct Bench {
    pub(crate) simulator: Simulator,
    pub(crate) http: Client,
    pub(crate) entropy: Entropy,
}

impl Bench {
    pub(crate) async fn start() -> Self {
        Self::with(Simulator::builder()).await
    }

    pub(crate) async fn with(mut builder: Builder) -> Self {
        for who in Who::ALL {
            builder = builder.account(account(who));
        }
        Self::of(builder).await
    }

    /// A simulator with the accounts that it is built with.
    pub(crate) async fn of(builder: Builder) -> Self {
        // Where the whole workspace is built, reqwest comes with TLS, which wants to be told whose.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let simulator = builder.start().await.unwrap();
        let http = Client::builder()
            .timeout(Duration::from_secs(20))
            .build()
            .unwrap();
        Self {
            simulator,
            http,
            entropy: Entropy::from_os(),
        }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.simulator.url())
    }

    pub(crate) fn clock(&self) -> &Clock {
        self.simulator.clock()
    }

    /// Posts a token request as a form.
    pub(crate) async fn token_call(&self, who: Who, drm: Drm, pairs: &[(&str, &str)]) -> Response {
        let authenticator = authenticator(who);
        let mut form = vec![("customerAuthenticator", authenticator.as_str())];
        form.extend_from_slice(pairs);
        self.http
            .post(self.url(drm.token_path()))
            .form(&form)
            .send()
            .await
            .unwrap()
    }

    /// A token of a DRM for [`KID`] and [`KEY`], with more parameters.
    pub(crate) async fn token(&self, who: Who, drm: Drm, more: &[(&str, &str)]) -> TokenUrl {
        let mut pairs = base_form(drm);
        pairs.retain(|(name, _)| !more.iter().any(|(other, _)| name == other));
        pairs.extend_from_slice(more);
        self.token_from(who, drm, &pairs).await
    }

    /// A token of exactly these parameters.
    pub(crate) async fn token_from(&self, who: Who, drm: Drm, pairs: &[(&str, &str)]) -> TokenUrl {
        let response = self.token_call(who, drm, pairs).await;
        let status = response.status();
        let body = response.text().await.unwrap();
        assert_eq!(status, StatusCode::OK, "{body}");
        match drm {
            Drm::PlayReady => {
                let answer: PlayReadyToken = serde_json::from_str(&body).unwrap();
                TokenUrl::new(&answer.license_acquisition_url, answer.token).unwrap()
            }
            Drm::Widevine | Drm::FairPlay => body.parse().unwrap(),
            Drm::Ms3 => body.parse::<CompoundUrl>().unwrap().license().clone(),
            Drm::Broadband => {
                let action: ActionToken = body.parse().unwrap();
                TokenUrl::new(&self.url(drm.license_path()), action.token).unwrap()
            }
        }
    }

    /// Redeems with a signed challenge.
    pub(crate) async fn redeem(
        &self,
        url: &TokenUrl,
        device: &SoftDevice,
        kids: &[&str],
    ) -> Response {
        self.post_challenge(url, self.challenge(url, device, kids))
            .await
    }

    /// The licence that a signed challenge earns.
    pub(crate) async fn licence(
        &self,
        url: &TokenUrl,
        device: &SoftDevice,
        kids: &[&str],
    ) -> License {
        let response = self.redeem(url, device, kids).await;
        assert_eq!(response.status(), StatusCode::OK);
        response.json().await.unwrap()
    }

    pub(crate) fn challenge(&self, url: &TokenUrl, device: &SoftDevice, kids: &[&str]) -> String {
        let claims = SoftDevice::claims(url.token(), &kid_bytes(kids), self.clock(), &self.entropy);
        device.sign(&claims).unwrap()
    }

    pub(crate) async fn post_challenge(&self, url: &TokenUrl, compact: String) -> Response {
        self.http
            .post(url.reveal())
            .header("content-type", "application/jose")
            .body(compact)
            .send()
            .await
            .unwrap()
    }

    /// Redeems with a plain challenge.
    pub(crate) async fn redeem_plain(
        &self,
        url: &TokenUrl,
        device_id: Option<expressplay::DeviceId>,
        kids: &[&str],
    ) -> Response {
        let request = ClearKeyRequest {
            kids: kid_bytes(kids),
            session: SessionType::Temporary,
        };
        let challenge = PlainChallenge { request, device_id };
        self.http
            .post(url.reveal())
            .json(&challenge)
            .send()
            .await
            .unwrap()
    }

    pub(crate) async fn records_call(&self, who: Who, pairs: &[(&str, &str)]) -> Response {
        let authenticator = authenticator(who);
        self.http
            .get(self.url("/cmiapi/getrecord/"))
            .query(&[("customerAuthenticator", authenticator.as_str())])
            .query(pairs)
            .send()
            .await
            .unwrap()
    }

    pub(crate) async fn records(&self, who: Who, pairs: &[(&str, &str)]) -> Vec<Record> {
        let response = self.records_call(who, pairs).await;
        assert_eq!(response.status(), StatusCode::OK);
        response.json::<Records>().await.unwrap().records
    }
}

pub(crate) fn account(who: Who) -> Account {
    let environment = match who {
        Who::Production => Environment::Production,
        _ => Environment::Test,
    };
    let number = 1 + who as u8;
    let authenticator = CustomerAuthenticator::new(number.into(), [number; 16]);
    let mut account = Account::new(environment, authenticator);
    let settings = &mut account.settings;
    match who {
        Who::Test | Who::Production => {}
        Who::Strict => settings.strictness = Strictness::Strict,
        Who::Unbound => {
            settings.unbound_drms = [Drm::Widevine, Drm::FairPlay].into_iter().collect();
        }
        Who::Disabled => settings.disabled = true,
        Who::WithoutDrms => {
            let can_be = [Drm::Widevine, Drm::PlayReady, Drm::FairPlay];
            settings.disabled_drms = can_be.into_iter().collect();
        }
        Who::WithoutCredits => settings.credits = Some(0),
    }
    account
}

pub(crate) fn authenticator(who: Who) -> String {
    account(who).authenticator.reveal()
}

/// The least that a token of a DRM takes.
pub(crate) fn base_form(drm: Drm) -> Vec<(&'static str, &'static str)> {
    let mut pairs = vec![("kid", KID), ("contentKey", KEY)];
    match drm {
        Drm::Widevine => {}
        Drm::PlayReady => pairs.extend([
            ("rightsType", "BuyToOwn"),
            ("analogVideoOPL", "100"),
            ("compressedDigitalAudioOPL", "100"),
            ("compressedDigitalVideoOPL", "100"),
            ("uncompressedDigitalAudioOPL", "100"),
            ("uncompressedDigitalVideoOPL", "100"),
        ]),
        Drm::FairPlay => pairs.push(("iv", KID)),
        Drm::Ms3 => {
            pairs[0] = ("contentId", CONTENT_ID);
            pairs.push(("contentURL", "https://cdn.example.org/a film.mpd"));
        }
        Drm::Broadband => {
            pairs[0] = ("contentId", CONTENT_ID);
            pairs.extend([("actionTokenType", "1"), ("rightsType", "BuyToOwn")]);
        }
    }
    pairs
}

pub(crate) fn kid_bytes(kids: &[&str]) -> Vec<KidBytes> {
    kids.iter()
        .map(|kid| KidBytes(kid.parse::<expressplay::KeyId>().unwrap().clear_key_bytes()))
        .collect()
}

pub(crate) fn device() -> SoftDevice {
    SoftDevice::generate().unwrap()
}

/// The code of a refusal in JSON.
pub(crate) async fn code(response: Response) -> i32 {
    let status = response.status();
    let body = response.text().await.unwrap();
    assert!(status.is_client_error(), "{status}: {body}");
    serde_json::from_str::<RefusalBody>(&body)
        .unwrap_or_else(|_| panic!("{body}"))
        .error_code
}
