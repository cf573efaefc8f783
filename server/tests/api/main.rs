//! A storefront and a simulator as they really run, driven over HTTP.

#![expect(
    clippy::unwrap_used,
    reason = "a test that meets what it does not expect ends there"
)]

#[path = "../common/mod.rs"]
mod common;

mod accounts;
mod client;
mod devices;
mod front;
mod hosts;
mod killed;
mod lab;
mod language;
mod messages;
mod moves;
mod orders;
mod outage;
mod positions;
mod presenter;
mod program;
mod readme;
mod receipts;
mod rental;
#[path = "../../../simulator/tests/api/rot.rs"]
mod rot;
mod sees;
mod sees_program;
mod subtitles;
mod viewers;
mod web;
mod workflow;
