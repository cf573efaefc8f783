//! Mutual TLS: who connects shows a certificate that a known authority signed, or gets nothing.
//!
//! Each handshake has a task of its own and little time, so that no other client waits for one that
//! is slow or fails. TLS 1.2 and 1.3, by rustls with ring.

use std::{
    collections::VecDeque,
    fmt, io,
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use axum::{extract::connect_info::Connected, serve::IncomingStream};
use rustls::{
    RootCertStore, ServerConfig,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
    server::{NoServerSessionStorage, WebPkiClientVerifier},
};
use sha2::{Digest, Sha256};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::mpsc,
    task::{AbortHandle, JoinHandle},
};
use tokio_rustls::{TlsAcceptor, server::TlsStream};

use crate::error::Error;

/// How long a handshake may take.
const HANDSHAKE: Duration = Duration::from_secs(5);
/// How many may be under way; for who comes then, the one that has lasted longest is ended.
const HANDSHAKES: usize = 256;
/// How many connections may wait, their handshakes done, to be served.
const WAITING: usize = 16;

/// The flags that name the three files.
pub const FLAGS: [&str; 3] = [
    "--entitlement-certificate",
    "--entitlement-key",
    "--entitlement-client-ca",
];

/// The files that a server with mutual TLS needs, all in PEM.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Files {
    /// The server's certificate, and those between it and its authority, if there are any.
    pub certificate: PathBuf,
    /// Its private key.
    pub key: PathBuf,
    /// The authorities that sign clients' certificates.
    pub client_ca: PathBuf,
}

impl Files {
    /// Reads them.
    ///
    /// # Errors
    /// [`Error::TlsFile`], which says which file is unfit, and why.
    pub(crate) fn read(&self) -> Result<Arc<ServerConfig>, Error> {
        let [certificate, key, client_ca] = [
            File::read(FLAGS[0], &self.certificate)?,
            File::read(FLAGS[1], &self.key)?,
            File::read(FLAGS[2], &self.client_ca)?,
        ];
        let mut authorities = RootCertStore::empty();
        for authority in client_ca.certificates()? {
            authorities.add(authority).map_err(|cause| {
                client_ca.unfit(format!("holds no usable certificate: {cause}"))
            })?;
        }
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let clients =
            WebPkiClientVerifier::builder_with_provider(authorities.into(), Arc::clone(&provider))
                .build()
                .map_err(|cause| client_ca.unfit(cause.to_string()))?;
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|cause| certificate.unfit(cause.to_string()))?
            .with_client_cert_verifier(clients)
            .with_single_cert(certificate.certificates()?, key.private_key()?)
            .map_err(|cause| match cause {
                rustls::Error::InconsistentKeys(_) => {
                    key.unfit(format!("is not the key of {}", self.certificate.display()))
                }
                rustls::Error::InvalidCertificate(_) => {
                    certificate.unfit(format!("holds no usable certificate: {cause}"))
                }
                cause => key.unfit(format!("holds no usable key: {cause}")),
            })?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        // Every connection shows its certificate anew.
        config.session_storage = Arc::new(NoServerSessionStorage {});
        config.send_tls13_tickets = 0;
        Ok(Arc::new(config))
    }
}

/// One of the files, as it was read.
struct File<'a> {
    flag: &'static str,
    path: &'a Path,
    pem: Vec<u8>,
}

impl<'a> File<'a> {
    fn read(flag: &'static str, path: &'a Path) -> Result<Self, Error> {
        let mut file = Self {
            flag,
            path,
            pem: vec![],
        };
        file.pem =
            std::fs::read(path).map_err(|cause| file.unfit(format!("cannot be read: {cause}")))?;
        Ok(file)
    }

    fn certificates(&self) -> Result<Vec<CertificateDer<'static>>, Error> {
        let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&self.pem).collect();
        found
            .ok()
            .filter(|found| !found.is_empty())
            .ok_or_else(|| self.unfit("holds no certificate in PEM".to_owned()))
    }

    /// What is wrong with a key is not quoted.
    fn private_key(&self) -> Result<PrivateKeyDer<'static>, Error> {
        PrivateKeyDer::from_pem_slice(&self.pem).map_err(|_| {
            let encrypted = self.pem.windows(9).any(|word| word == b"ENCRYPTED");
            self.unfit(match encrypted {
                true => "is locked with a passphrase: give the key without one".to_owned(),
                false => "holds no private key in PEM".to_owned(),
            })
        })
    }

    fn unfit(&self, fault: String) -> Error {
        Error::TlsFile {
            flag: self.flag,
            file: self.path.to_owned(),
            fault,
        }
    }
}

/// A listener whose connections have shown a certificate.
pub(crate) struct Listener {
    address: SocketAddr,
    shown: mpsc::Receiver<Connection>,
    accepting: JoinHandle<()>,
}

type Connection = (TlsStream<TcpStream>, SocketAddr);

impl Listener {
    /// Starts to take connections.
    ///
    /// # Errors
    /// Where the listener has no address any more.
    pub(crate) fn new(listener: TcpListener, config: Arc<ServerConfig>) -> io::Result<Self> {
        let address = listener.local_addr()?;
        let (done, shown) = mpsc::channel(WAITING);
        let accepting = tokio::spawn(accept(listener, config.into(), done));
        Ok(Self {
            address,
            shown,
            accepting,
        })
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

impl axum::serve::Listener for Listener {
    type Io = TlsStream<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> Connection {
        match self.shown.recv().await {
            Some(connection) => connection,
            // The task that accepts ends with this listener and not before.
            None => std::future::pending().await,
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        Ok(self.address)
    }
}

/// Who is at the other end: the SHA-256 of the certificate that was shown, in hexadecimal, as
/// `openssl x509 -fingerprint -sha256` has it.
#[derive(Debug, Clone)]
pub(crate) struct Client(String);

impl fmt::Display for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Connected<IncomingStream<'_, Listener>> for Client {
    fn connect_info(stream: IncomingStream<'_, Listener>) -> Self {
        let (_, tls) = stream.io().get_ref();
        let shown = tls.peer_certificates().and_then(|chain| chain.first());
        // Nobody gets here without one.
        Self(shown.map_or_else(String::new, |shown| hex::encode(Sha256::digest(shown))))
    }
}

async fn accept(mut listener: TcpListener, acceptor: TlsAcceptor, done: mpsc::Sender<Connection>) {
    let mut under_way: VecDeque<AbortHandle> = VecDeque::with_capacity(HANDSHAKES);
    loop {
        let (stream, peer) = axum::serve::Listener::accept(&mut listener).await;
        under_way.retain(|handshake| !handshake.is_finished());
        if under_way.len() == HANDSHAKES
            && let Some(oldest) = under_way.pop_front()
        {
            oldest.abort();
        }
        let (acceptor, done) = (acceptor.clone(), done.clone());
        let handshake = tokio::spawn(async move {
            // Answers are small and whole: nothing is won by waiting for more.
            if let Err(error) = stream.set_nodelay(true) {
                tracing::debug!(%error, "a connection goes without TCP_NODELAY");
            }
            match tokio::time::timeout(HANDSHAKE, acceptor.accept(stream)).await {
                // An error means that the listener is gone, and so is its server.
                Ok(Ok(stream)) => drop(done.send((stream, peer)).await),
                Ok(Err(cause)) => tracing::info!(%peer, %cause, "a connection is not let in"),
                Err(_) => tracing::info!(%peer, "a handshake takes too long"),
            }
        });
        under_way.push_back(handshake.abort_handle());
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use simulator::Clock;
    use tempfile::TempDir;

    use super::*;
    use crate::certificates;

    fn made() -> (TempDir, Files) {
        let folder = tempfile::tempdir().unwrap();
        let trial = certificates::make(folder.path(), &[], &Clock::default()).unwrap();
        (folder, trial.server_files())
    }

    #[test]
    fn a_set_that_goes_together_is_read_and_asks_every_client_for_a_certificate() {
        let (_folder, files) = made();
        let config = files.read().unwrap();
        assert_eq!(config.alpn_protocols, [b"http/1.1"]);
        let (_folder, other) = made();
        let of_other_clients = Files {
            client_ca: other.client_ca,
            ..files
        };
        assert!(of_other_clients.read().is_ok());
    }

    #[test]
    fn a_file_that_is_unfit_is_told_by_its_flag_and_no_key_is_quoted() {
        let (folder, files) = made();
        let (_folder, other) = made();
        let key = fs::read_to_string(&files.key).unwrap();
        let body = key.lines().nth(1).unwrap();
        let written = |name: &str, text: &str| {
            let path = folder.path().join(name);
            fs::write(&path, text).unwrap();
            path
        };
        let broken =
            |label: &str| format!("-----BEGIN {label}-----\nAAAA\n-----END {label}-----\n");
        let as_certificate = |certificate| Files {
            certificate,
            ..files.clone()
        };
        let as_key = |key| Files {
            key,
            ..files.clone()
        };
        let as_ca = |client_ca| Files {
            client_ca,
            ..files.clone()
        };
        for (files, flag, words) in [
            (
                as_certificate(folder.path().join("none")),
                FLAGS[0],
                "it cannot be read: No such file",
            ),
            (
                as_certificate(files.key.clone()),
                FLAGS[0],
                "it holds no certificate in PEM",
            ),
            (
                as_certificate(written("a", &broken("CERTIFICATE"))),
                FLAGS[0],
                "it holds no usable certificate",
            ),
            (
                as_certificate(other.certificate.clone()),
                FLAGS[1],
                "it is not the key of",
            ),
            (as_key(other.key), FLAGS[1], "it is not the key of"),
            (
                as_key(files.certificate.clone()),
                FLAGS[1],
                "it holds no private key in PEM",
            ),
            (
                as_key(written("b", &key.replace("END", "ENT"))),
                FLAGS[1],
                "it holds no private key in PEM",
            ),
            (
                as_key(written("c", &key.replace("PRIVATE", "ENCRYPTED PRIVATE"))),
                FLAGS[1],
                "it is locked with a passphrase",
            ),
            (
                as_key(written("d", &broken("PRIVATE KEY"))),
                FLAGS[1],
                "it holds no usable key",
            ),
            (
                as_ca(written("e", "")),
                FLAGS[2],
                "it holds no certificate in PEM",
            ),
            (
                as_ca(written("f", &broken("CERTIFICATE"))),
                FLAGS[2],
                "it holds no usable certificate",
            ),
        ] {
            let fault = files.read().unwrap_err().to_string();
            assert!(fault.starts_with(&format!("{flag} /")), "{fault}");
            assert!(fault.contains(words), "{fault}");
            assert!(fault.contains("make-certificates"), "{fault}");
            assert!(!fault.contains(body), "{fault}");
        }
    }
}
