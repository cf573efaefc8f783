//! The simulator's API, over HTTP, against real servers on free ports.

#![expect(
    clippy::unwrap_used,
    reason = "a test that meets what it does not expect ends there"
)]

mod codes;
mod control;
mod coverage;
mod crowd;
mod faults;
mod handle;
mod hardships;
mod help;
mod journal;
mod keys;
mod licenses;
mod marlin;
mod metrics;
mod openapi;
mod process;
mod program;
mod readme;
mod records;
mod restarts;
mod rot;
mod sandboxes;
mod snapshots;
mod tokens;
