//! Runs the storefront until it is told to stop.

use std::{path::Path, process::ExitCode};

use clap::Parser;
use server::{
    Error, Settings, Storefront,
    catalogue::Catalogue,
    certificates,
    config::{Args, Command},
    demo,
};
use simulator::{Clock, Entropy};
use tokio::signal::unix::{SignalKind, signal};

#[tokio::main]
async fn main() -> ExitCode {
    let args = Args::parse();
    args.log_format.start();
    match run(args).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say_error(&error);
            ExitCode::FAILURE
        }
    }
}

async fn run(mut args: Args) -> Result<(), Error> {
    match args.command.take() {
        Some(Command::AddViewer { email, name }) => {
            add_viewer(&args.try_into()?, &email, name).await
        }
        // Before there is what the rest of the settings may ask for.
        Some(Command::MakeCertificates { folder, hosts }) => {
            make_certificates(&args, &folder, &hosts)
        }
        None => open(args.try_into()?).await,
    }
}

#[expect(
    clippy::print_stdout,
    reason = "whoever adds a viewer reads that it was done"
)]
async fn add_viewer(settings: &Settings, email: &str, name: Option<String>) -> Result<(), Error> {
    let mut password = String::new();
    std::io::stdin()
        .read_line(&mut password)
        .map_err(|cause| Error::Settings(format!("the password cannot be read: {cause}")))?;
    let name = name.unwrap_or_else(|| email.split('@').next().unwrap_or(email).to_owned());
    let password = password.trim_end_matches(['\r', '\n']);
    server::add_viewer(settings, email, &name, password).await?;
    println!("{email} can sign in.");
    Ok(())
}

#[expect(
    clippy::print_stdout,
    reason = "whoever makes certificates reads what to do with them"
)]
fn make_certificates(args: &Args, folder: &Path, hosts: &[String]) -> Result<(), Error> {
    let trial = certificates::make(folder, hosts, &Clock::default())?;
    let program = std::env::args().next().unwrap_or_default();
    let message = Entropy::from_os().uuid();
    // Where the catalogue cannot be read the shop says so, when it starts.
    let catalogue = Catalogue::read(&args.catalogue).ok();
    let title = catalogue.and_then(|catalogue| Some(catalogue.titles.first()?.clip.content_id));
    println!("{}", trial.next_steps(&program, message, title));
    Ok(())
}

async fn open(settings: Settings) -> Result<(), Error> {
    let with_demo_data = settings.has_demo_data();
    let missing_site = (!settings.has_site()).then(|| settings.site.clone());
    let cannot_listen = |source| Error::Signals(source);
    let mut terminate = signal(SignalKind::terminate()).map_err(cannot_listen)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(cannot_listen)?;
    let storefront = Storefront::start(settings).await?;
    welcome(&storefront, with_demo_data, missing_site.as_deref());
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    storefront.stop().await;
    Ok(())
}

#[expect(
    clippy::print_stdout,
    reason = "whoever starts the shop reads here where it is"
)]
fn welcome(storefront: &Storefront, with_demo_data: bool, missing_site: Option<&Path>) {
    println!("\nBindery is open: {}\n", storefront.url());
    if let Some(simulator) = storefront.simulator() {
        println!("ExpressPlay, simulated: {}", simulator.url());
    }
    if let Some(url) = storefront.entitlement_url() {
        println!("The entitlement server, over mutual TLS: {url}");
    }
    if with_demo_data {
        let emails: Vec<_> = demo::VIEWERS.iter().map(|(email, _)| *email).collect();
        println!(
            "Demo viewers: {}, password {}",
            emails.join(" and "),
            demo::PASSWORD
        );
        println!(
            "\nNext: sign in, register this device, and buy a film with the card 4242 4242 4242 4242."
        );
        println!(
            "Then open the shop in a second browser as the same viewer: there it will not play."
        );
    }
    if let Some(site) = missing_site {
        println!(
            "\nThere is no built site in {}: the pages have neither styles nor scripts.\n\
             `make build` makes it, and hash.txt beside the program; --site says where else it is.",
            site.display()
        );
    }
    println!("\nCtrl-C stops it.");
}

#[expect(
    clippy::print_stderr,
    reason = "a program that does not start says why"
)]
fn say_error(error: &Error) {
    eprintln!("It did not work: {error}.");
}
