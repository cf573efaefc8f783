//! A device that asks for licences over HTTP.

use std::net::SocketAddr;

use expressplay::{
    DeviceId, License, RefusalBody, TokenUrl,
    challenge::KidBytes,
    trace_context::{TRACEPARENT, TraceParent},
};
use server::catalogue::Clip;
use simulator::{Clock, Entropy, SoftDevice};

pub(crate) struct Device {
    key: SoftDevice,
    http: reqwest::Client,
}

impl Device {
    pub(crate) fn new() -> Self {
        Self {
            key: SoftDevice::generate().unwrap(),
            http: super::http().build().unwrap(),
        }
    }

    /// A device that finds these hosts without asking anybody.
    pub(crate) fn knowing(hosts: &[(String, SocketAddr)]) -> Self {
        let http = hosts.iter().fold(super::http(), |http, (host, address)| {
            http.resolve(host, *address)
        });
        Self {
            http: http.build().unwrap(),
            ..Self::new()
        }
    }

    pub(crate) fn id(&self) -> DeviceId {
        self.key.device_id()
    }

    /// Sends a signed licence request for a clip's keys to a token's URL; ExpressPlay's code where
    /// it refuses.
    pub(crate) async fn redeem(&self, token_url: &str, clip: &Clip) -> Result<License, i32> {
        self.try_redeem(token_url, clip).await.unwrap()
    }

    /// Sends a licence request to a service that may die meanwhile.
    pub(crate) async fn try_redeem(
        &self,
        token_url: &str,
        clip: &Clip,
    ) -> Result<Result<License, i32>, reqwest::Error> {
        self.send(token_url, clip, None).await
    }

    /// The same, within a trace.
    pub(crate) async fn redeem_within(
        &self,
        token_url: &str,
        clip: &Clip,
        parent: TraceParent,
    ) -> Result<License, i32> {
        self.send(token_url, clip, Some(parent)).await.unwrap()
    }

    async fn send(
        &self,
        token_url: &str,
        clip: &Clip,
        parent: Option<TraceParent>,
    ) -> Result<Result<License, i32>, reqwest::Error> {
        let url: TokenUrl = token_url.parse().unwrap();
        let kids: Vec<_> = clip
            .keys
            .iter()
            .map(|key| KidBytes(key.kid.clear_key_bytes()))
            .collect();
        let claims = SoftDevice::claims(url.token(), &kids, &Clock::default(), &Entropy::from_os());
        let mut request = self
            .http
            .post(token_url)
            .header("content-type", "application/jose")
            .body(self.key.sign(&claims).unwrap());
        if let Some(parent) = parent {
            request = request.header(TRACEPARENT, parent.to_string());
        }
        let answer = request.send().await?;
        if answer.status().is_success() {
            Ok(Ok(answer.json().await?))
        } else {
            Ok(Err(answer.json::<RefusalBody>().await?.error_code))
        }
    }
}
