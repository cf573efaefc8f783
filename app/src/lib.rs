//! Bindery's storefront: pages that the server renders as plain html, and the few islands that
//! live in the browser.
//!
//! | module | where it runs | what |
//! |---|---|---|
//! | [`backend`], [`model`], [`problem`] | both | what the pages ask of the server, the data, and what can go wrong |
//! | [`account`], [`receipt`] | both | what opens an account and what its page shows; an order's receipt and history |
//! | [`api`] | server | the calls that islands make to the server |
//! | `shop`, `json`, `fetch` | browser | the same calls from the other side, and how their answers are read |
//! | [`forms`] | server | the plain html forms: an account's, place an order, choose a language |
//! | [`pages`] | server | one file per route |
//! | [`workflow`] | both | the workflow as it happens, message by message |
//! | [`lab`] | both | attempts to steal one's own film, and what must come of each |
//! | [`presenter`] | both | what a presenter's drawer shows and does |
//! | [`components`] | both | the pieces that pages and islands are made of; they do no I/O |
//! | [`islands`] | both | the device's registration, the player, the workflow view's news, and the lab's buttons |
//! | `cdm` | browser | the device: a simulated CDM with its key and the licence request it signs, or the browser's own |
//! | `player` | browser | Shaka Player, and what its errors mean |
//! | [`shell`], [`policy`], [`public_url`], [`respond`], [`refusal`], [`routes`] | server | the document, its Content-Security-Policy, where the shop is, redirects, refusals, the routes |
//! | [`shelf_query`] | server | what a viewer looks for on the shelf, as it stands in the address |
//! | [`locale`], [`i18n`] | both | which language a viewer reads, and every text in both |
//! | [`slot`] | both | which of the devices in this browser is in use |
//! | [`watching`] | both | what keys do to a film, where to go on from, and its subtitles |
//! | [`local_path`], [`trouble`], [`words`] | both | a path that stays on this site, a problem as shown, times and amounts in words |
//!
//! The server half is feature `ssr`, the browser half `hydrate`. Pages need no wasm: only the
//! pages that hold an island load it.

pub mod account;
pub mod backend;
pub mod components;
pub mod islands;
pub mod lab;
pub mod local_path;
pub mod locale;
pub mod model;
pub mod presenter;
pub mod problem;
pub mod receipt;
pub mod slot;
pub mod trouble;
pub mod watching;
pub mod words;
pub mod workflow;

#[cfg(feature = "ssr")]
pub mod api;
#[cfg(feature = "ssr")]
pub mod forms;
#[cfg(feature = "ssr")]
pub mod pages;
#[cfg(feature = "ssr")]
pub mod policy;
#[cfg(feature = "ssr")]
pub mod public_url;
#[cfg(feature = "ssr")]
pub mod refusal;
#[cfg(feature = "ssr")]
pub mod respond;
#[cfg(feature = "ssr")]
pub mod routes;
#[cfg(feature = "ssr")]
pub mod shelf_query;
#[cfg(feature = "ssr")]
pub mod shell;

#[cfg(feature = "hydrate")]
mod cdm;
#[cfg(feature = "hydrate")]
mod fetch;
#[cfg(feature = "hydrate")]
mod json;
#[cfg(feature = "hydrate")]
mod player;
#[cfg(feature = "hydrate")]
mod shop;

include!(concat!(env!("OUT_DIR"), "/i18n.rs"));

#[cfg(feature = "ssr")]
pub use {policy::LicenceOrigins, public_url::PublicUrl, routes::App, shell::shell};
