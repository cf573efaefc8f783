//! The simulator as a program: `simulator serve` runs ExpressPlay, `simulator device` is a device
//! for the command line.

mod device;
mod serve;

use std::{error::Error, io::IsTerminal, process::ExitCode};

use clap::{Parser, Subcommand};
use tracing_subscriber::EnvFilter;

/// ExpressPlay, offline: a stand-in for the DRM licence service.
#[derive(Parser)]
#[command(version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serve ExpressPlay's API over HTTP until told to stop.
    Serve(serve::Serve),
    /// Be a device: hold a key, sign licence requests, redeem tokens.
    #[command(subcommand)]
    Device(device::Device),
}

#[tokio::main]
async fn main() -> ExitCode {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .init();
    let result = match Cli::parse().command {
        Command::Serve(serve) => serve.run().await,
        Command::Device(device) => device.run().await,
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say_error(error.as_ref());
            ExitCode::FAILURE
        }
    }
}

#[expect(
    clippy::print_stderr,
    reason = "a program that does not do what it was asked says why"
)]
fn say_error(error: &dyn Error) {
    eprintln!("It did not work: {error}.");
}
