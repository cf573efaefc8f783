//! `simulator device`: a device for the command line. Its key is a file.

use std::{
    error::Error,
    fs::OpenOptions,
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use axum::body::{Body, to_bytes};
use clap::{Args, Subcommand};
use expressplay::{
    ActionToken, CompoundUrl, Drm, KeyId, License, RefusalBody, TokenUrl,
    challenge::{KidBytes, SIGNED_TYPE},
    token::PlayReadyToken,
};
use http::{Request, header};
use hyper_util::{client::legacy::Client, rt::TokioExecutor};
use simulator::{Clock, Entropy, SoftDevice};

/// No answer of ExpressPlay's is longer.
const LONGEST_ANSWER: usize = 1 << 20;

type Done = Result<(), Box<dyn Error>>;

#[derive(Subcommand)]
pub(crate) enum Device {
    /// Makes a device with a new key, and prints its device_id. Who has the file is the device.
    New {
        /// Where the key goes, as PEM; nothing is overwritten.
        file: PathBuf,
    },
    /// Prints a device's device_id.
    Id {
        /// Its key.
        file: PathBuf,
    },
    /// Prints a signed licence request for a token: it goes to the token's URL, once, as
    /// application/jose.
    Sign(Ask),
    /// Sends a licence request to a token's URL, and prints the licence.
    Redeem(Ask),
}

#[derive(Args)]
pub(crate) struct Ask {
    /// The device's key.
    file: PathBuf,
    /// What ExpressPlay answered a token request with: a URL, PlayReady's JSON, or Marlin
    /// Broadband's XML.
    #[arg(value_name = "ANSWER")]
    answer: String,
    /// The key id to ask for: 32 hexadecimal digits, or ^ and a name. Repeatable.
    #[arg(long, required = true)]
    kid: Vec<String>,
}

impl Device {
    pub(crate) async fn run(self) -> Done {
        match self {
            Self::New { file } => make(&file),
            Self::Id { file } => say(&load(&file)?.device_id().to_string()),
            Self::Sign(ask) => say(&ask.read()?.challenge),
            Self::Redeem(ask) => ask.read()?.redeem().await,
        }
    }
}

fn make(file: &Path) -> Done {
    let device = SoftDevice::generate()?;
    let mut options = OpenOptions::new();
    let created = options.write(true).create_new(true).mode(0o600).open(file);
    created
        .and_then(|mut created| created.write_all(device.to_pem().as_bytes()))
        .map_err(|cause| match cause.kind() {
            io::ErrorKind::AlreadyExists => format!(
                "{} is there already, and is not overwritten: use it as it is, or choose another name",
                file.display()
            ),
            _ => format!("{} cannot be written: {cause}", file.display()),
        })?;
    say(&device.device_id().to_string())
}

fn load(file: &Path) -> Result<SoftDevice, Box<dyn Error>> {
    let text = std::fs::read_to_string(file)
        .map_err(|cause| format!("{} cannot be read: {cause}", file.display()))?;
    let device = SoftDevice::from_pem(&text);
    Ok(device.map_err(|refusal| format!("{}: {refusal}", file.display()))?)
}

/// A licence request, ready to be sent.
struct Ready {
    url: TokenUrl,
    challenge: String,
}

impl Ask {
    fn read(&self) -> Result<Ready, Box<dyn Error>> {
        let device = load(&self.file)?;
        let url = read_answer(self.answer.trim())?;
        let kids: Result<Vec<_>, _> = self
            .kid
            .iter()
            .map(|kid| Ok(KidBytes(kid.parse::<KeyId>()?.clear_key_bytes())))
            .collect();
        let kids = kids.map_err(|refusal: expressplay::Refusal| format!("--kid: {refusal}"))?;
        let claims = SoftDevice::claims(url.token(), &kids, &Clock::default(), &Entropy::from_os());
        let challenge = device.sign(&claims)?;
        Ok(Ready { url, challenge })
    }
}

/// Where a token is redeemed, whichever DRM's answer it came in.
fn read_answer(answer: &str) -> Result<TokenUrl, Box<dyn Error>> {
    if let Ok(refusal) = serde_json::from_str::<RefusalBody>(answer) {
        return Err(format!("this is no token: {}", refused(&refusal)).into());
    }
    if answer.contains("<h1>Error ") {
        return Err(
            "this is no token but a refusal of ExpressPlay's in html: ask with \
                    errorFormat=json, and it is shown here"
                .into(),
        );
    }
    if answer.starts_with('{') {
        let PlayReadyToken {
            license_acquisition_url,
            token,
        } = serde_json::from_str(answer).map_err(|_| "this JSON is no answer of PlayReady's")?;
        return Ok(TokenUrl::new(&license_acquisition_url, token)?);
    }
    if answer.starts_with("ms3") {
        return Err(
            "ms3 and ms3hs stand for https, which this does not speak: ask for a token \
                    without ms3Scheme and ms3SchemeType"
                .into(),
        );
    }
    if answer.starts_with('<') {
        let action: ActionToken = answer.parse()?;
        let (base, _) = action
            .resource_location
            .split_once("/mbs/")
            .ok_or("the action token points to no configuration of a simulator's")?;
        let endpoint = format!("{base}{}", Drm::Broadband.license_path());
        return Ok(TokenUrl::new(&endpoint, action.token)?);
    }
    let compound: CompoundUrl = answer.parse()?;
    Ok(compound.license().clone())
}

impl Ready {
    async fn redeem(self) -> Done {
        let url = self.url.reveal();
        if !url.starts_with("http://") {
            return Err(
                "this speaks http alone; over https, send what `simulator device sign` prints, \
                 as application/jose"
                    .into(),
            );
        }
        let request = Request::post(url)
            .header(header::CONTENT_TYPE, SIGNED_TYPE)
            .body(Body::from(self.challenge))?;
        let client = Client::builder(TokioExecutor::new()).build_http();
        let answer = client
            .request(request)
            .await
            .map_err(|_| format!("{} does not answer", self.url.endpoint()))?;
        let status = answer.status();
        let body = to_bytes(Body::new(answer.into_body()), LONGEST_ANSWER).await?;
        let text = String::from_utf8_lossy(&body);
        if status.is_success() && serde_json::from_slice::<License>(&body).is_ok() {
            return say(text.trim());
        }
        let why = match serde_json::from_slice::<RefusalBody>(&body) {
            Ok(refusal) => refused(&refusal),
            Err(_) if status.is_success() => {
                format!(
                    "ExpressPlay answered with what is no licence: {}",
                    text.trim()
                )
            }
            Err(_) => format!("ExpressPlay answered {status}: {}", text.trim()),
        };
        Err(why.into())
    }
}

fn refused(refusal: &RefusalBody) -> String {
    let RefusalBody {
        error_code,
        error_message,
        ..
    } = refusal;
    format!("ExpressPlay refused with {error_code}: {error_message}")
}

fn say(text: &str) -> Done {
    writeln!(io::stdout().lock(), "{text}")?;
    Ok(())
}
