//! Certificates for a trial of the entitlement server, made by `server make-certificates`: an
//! authority that signs two and is then forgotten, one certificate for the server, one for a client.

use std::{
    collections::BTreeSet,
    fs::{DirBuilder, OpenOptions},
    io::Write,
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
    time::Duration,
};

use jiff::{SignedDuration, Timestamp};
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa,
    KeyPair, KeyUsagePurpose, date_time_ymd,
};
use rustls::pki_types::ServerName;
use simulator::Clock;
use uuid::Uuid;

use crate::{error::Error, mutual_tls};

/// How long they are good.
const GOOD_FOR: SignedDuration = SignedDuration::from_hours(24 * 90);
/// And so long before they were made, for a client whose clock is behind.
const GOOD_BEFORE: SignedDuration = SignedDuration::from_hours(1);
/// What the server is called on the machine that it runs on.
const THIS_MACHINE: [&str; 3] = ["localhost", "127.0.0.1", "::1"];
/// Where it listens, in what is shown to do next.
const LISTEN: &str = "127.0.0.1:3443";

const CA: &str = "ca.pem";
const SERVER: &str = "server.pem";
const SERVER_KEY: &str = "server-key.pem";
const CLIENT: &str = "client.pem";
const CLIENT_KEY: &str = "client-key.pem";

/// The certificates of a trial, in their folder.
#[derive(Debug, Clone)]
pub struct Trial {
    folder: PathBuf,
    hosts: Vec<String>,
    until: Timestamp,
}

/// Makes a trial's certificates. Private keys are for their owner alone; nothing is overwritten.
///
/// # Errors
/// [`Error::Certificates`]: a host that is none, a file that is there, a folder that cannot be
/// written.
pub fn make(folder: &Path, hosts: &[String], clock: &Clock) -> Result<Trial, Error> {
    let mut names: Vec<_> = THIS_MACHINE.map(str::to_owned).into();
    names.extend_from_slice(hosts);
    let mut seen = BTreeSet::new();
    names.retain(|name| seen.insert(name.clone()));
    if let Some(none) = names
        .iter()
        .find(|name| ServerName::try_from(name.as_str()).is_err())
    {
        return Err(Error::Certificates(format!(
            "--host takes a host name or an IP address, and {none} is neither"
        )));
    }
    let now = clock.now();
    let trial = Trial {
        folder: folder.to_owned(),
        hosts: names,
        until: now.saturating_add(GOOD_FOR).unwrap_or(Timestamp::MAX),
    };
    let from = now
        .saturating_sub(GOOD_BEFORE)
        .unwrap_or(Timestamp::UNIX_EPOCH);
    let files = trial
        .sign(from)
        .map_err(|cause| Error::Certificates(cause.to_string()))?;
    write_all(folder, &files)?;
    Ok(trial)
}

/// A file to be written: its name, what goes in, and who may read it.
struct NewFile {
    name: &'static str,
    pem: String,
    mode: u32,
}

impl NewFile {
    fn certificate(name: &'static str, pem: String) -> Self {
        let mode = 0o644;
        Self { name, pem, mode }
    }

    fn key(name: &'static str, key: &KeyPair) -> Self {
        Self {
            name,
            pem: key.serialize_pem(),
            mode: 0o600,
        }
    }
}

impl Trial {
    fn sign(&self, from: Timestamp) -> Result<[NewFile; 5], rcgen::Error> {
        let date_time = |at: Timestamp| {
            let seconds = u64::try_from(at.as_second()).unwrap_or_default();
            date_time_ymd(1970, 1, 1) + Duration::from_secs(seconds)
        };
        let of = |name: &str, hosts: &[String]| -> Result<CertificateParams, rcgen::Error> {
            let mut params = CertificateParams::new(hosts)?;
            params.not_before = date_time(from);
            params.not_after = date_time(self.until);
            params.distinguished_name.push(DnType::CommonName, name);
            Ok(params)
        };
        let mut authority = of("Bindery trial authority", &[])?;
        authority.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        authority.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        // rcgen draws keys from the system alone, so they are no Entropy's.
        let authority = CertifiedIssuer::self_signed(authority, KeyPair::generate()?)?;
        let signed = |mut params: CertificateParams, usage| {
            params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
            params.extended_key_usages = vec![usage];
            params.is_ca = IsCa::ExplicitNoCa;
            params.use_authority_key_identifier_extension = true;
            let key = KeyPair::generate()?;
            let certificate = params.signed_by(&key, &authority)?;
            Ok::<_, rcgen::Error>((certificate.pem(), key))
        };
        let server = of("Bindery trial entitlement server", &self.hosts)?;
        let (server, server_key) = signed(server, ExtendedKeyUsagePurpose::ServerAuth)?;
        let client = of("Bindery trial client", &[])?;
        let (client, client_key) = signed(client, ExtendedKeyUsagePurpose::ClientAuth)?;
        Ok([
            NewFile::certificate(CA, authority.pem()),
            NewFile::certificate(SERVER, server),
            NewFile::key(SERVER_KEY, &server_key),
            NewFile::certificate(CLIENT, client),
            NewFile::key(CLIENT_KEY, &client_key),
        ])
    }

    /// What the server reads of it.
    #[must_use]
    pub fn server_files(&self) -> mutual_tls::Files {
        mutual_tls::Files {
            certificate: self.folder.join(SERVER),
            key: self.folder.join(SERVER_KEY),
            client_ca: self.folder.join(CA),
        }
    }

    /// What to do next: how to start the server, and a call that works. `program` is what the server
    /// was called as, `message` any GUID, `content` a title's, if one is known.
    #[must_use]
    pub fn next_steps(&self, program: &str, message: Uuid, content: Option<Uuid>) -> String {
        let path = |name: &str| quoted(&self.folder.join(name).to_string_lossy());
        let content = content.map_or("CONTENT-ID".to_owned(), |id| id.to_string());
        let (ca, server, server_key) = (path(CA), path(SERVER), path(SERVER_KEY));
        let (client, client_key) = (path(CLIENT), path(CLIENT_KEY));
        let [certificate_flag, key_flag, client_ca_flag] = mutual_tls::FLAGS;
        let port = LISTEN.split(':').next_back().unwrap_or_default();
        format!(
            "Made in {folder}, good until {until}:

  {CA:28}of the authority that signed the other two; its key is gone
  {SERVER}, {SERVER_KEY:16}for the entitlement server: {hosts}
  {CLIENT}, {CLIENT_KEY:16}for whoever may ask it: a secret, like the other key

Next, start the server with them:

  {program} --entitlement-listen {LISTEN} {certificate_flag} {server} \\
    {key_flag} {server_key} {client_ca_flag} {ca}

Then ask it for a token:

  curl --cacert {ca} --cert {client} --key {client_key} https://localhost:{port}/entitlement \\
    -d '{{\"messageID\": \"{message}\", \"version\": 1, \"requestType\": 1, \"contentID\": \"{content}\"}}'",
            folder = self.folder.display(),
            until = self.until.strftime("%F"),
            hosts = self.hosts.join(", "),
            program = quoted(program),
        )
    }
}

/// Writes every file or none.
fn write_all(folder: &Path, files: &[NewFile]) -> Result<(), Error> {
    let cannot = |path: &Path, cause: std::io::Error| {
        let next = match cause.kind() {
            std::io::ErrorKind::AlreadyExists => {
                ": nothing is overwritten. Choose another folder, or move that file away"
            }
            _ => "",
        };
        let path = path.display();
        Error::Certificates(format!("{path} cannot be written: {cause}{next}"))
    };
    let mut maker = DirBuilder::new();
    maker.recursive(true).mode(0o700);
    maker
        .create(folder)
        .map_err(|cause| cannot(folder, cause))?;
    let mut written = vec![];
    for file in files {
        let path = folder.join(file.name);
        let mut options = OpenOptions::new();
        options.write(true).create_new(true).mode(file.mode);
        let opened = options.open(&path).inspect(|_| written.push(path.clone()));
        let done = opened.and_then(|mut new| {
            new.write_all(file.pem.as_bytes())?;
            new.sync_all()
        });
        if let Err(cause) = done {
            for path in written {
                // Half a set is of no use; one that stays is told when the next is made.
                let _ = std::fs::remove_file(path);
            }
            return Err(cannot(&path, cause));
        }
    }
    Ok(())
}

/// A word as a shell reads it.
fn quoted(word: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/._-+:@%".contains(&byte);
    if !word.is_empty() && word.bytes().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}
