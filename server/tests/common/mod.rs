//! A real storefront with a real simulator, and browsers and devices to use them with.

pub(crate) mod browser;
pub(crate) mod curl;
pub(crate) mod device;
pub(crate) mod gateway;
pub(crate) mod log;
pub(crate) mod program;
pub(crate) mod shop;

pub(crate) use browser::Browser;
pub(crate) use device::Device;
pub(crate) use gateway::{Gateway, Mood};
pub(crate) use shop::TestShop;

pub(crate) const ALICE: &str = "alice@example.com";
pub(crate) const BOB: &str = "bob@example.com";
pub(crate) const GOOD_CARD: &str = "4242 4242 4242 4242";
pub(crate) const DECLINED_CARD: &str = "4000000000000002";

/// An HTTP client to be set up. reqwest comes with TLS here, which wants to be told whose.
pub(crate) fn http() -> reqwest::ClientBuilder {
    // An error means that it was told already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder()
}
