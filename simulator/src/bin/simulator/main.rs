//! The simulator as a program: `simulator serve` runs ExpressPlay, `simulator device` is a device
//! for the command line.

mod config;
mod device;
mod serve;

use std::{error::Error, process::ExitCode};

use clap::{Parser, Subcommand};
use simulator::logging::LogFormat;

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
    Serve(config::Serve),
    /// Be a device: hold a key, sign licence requests, redeem tokens.
    #[command(subcommand)]
    Device(device::Device),
}

#[tokio::main]
async fn main() -> ExitCode {
    let result = match Cli::parse().command {
        Command::Serve(serve) => match serve.settings() {
            Ok(settings) => {
                settings.log_format.start();
                serve::run(settings).await
            }
            Err(why) => Err(why.into()),
        },
        Command::Device(device) => {
            LogFormat::Text.start();
            device.run().await
        }
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
