//! Everything that can go wrong in this crate, and what of it a viewer gets to see.

use std::{net::SocketAddr, path::PathBuf};

use app::problem::Problem;
use expressplay::{ClientError, ErrorCode};

use crate::catalogue::CatalogueError;

/// Why something did not work.
///
/// The second half is only met when the program starts, and ends it.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A viewer's problem, which says it all.
    #[error(transparent)]
    Viewer(#[from] Problem),
    /// ExpressPlay did not answer, or refused.
    #[error("{}", in_our_words(.0))]
    ExpressPlay(#[from] ClientError),
    /// The database failed.
    #[error("the database failed: {0}")]
    Database(#[from] sqlx::Error),
    /// The session could not be read or kept.
    #[error("the session failed: {0}")]
    Session(#[from] tower_sessions::session::Error),
    /// A password hash could not be made or read.
    #[error("a password hash failed: {0}")]
    PasswordHash(#[from] argon2::password_hash::Error),
    /// Work on another thread came to nothing.
    #[error("a task ended early: {0}")]
    Task(#[from] tokio::task::JoinError),
    /// The embedded simulator does not do what a presenter asks.
    #[error("the embedded ExpressPlay does not do as the presenter asks: {0}")]
    Presenter(simulator::Error),
    /// A row of the database holds what this program would not have written.
    #[error("the database holds a {0} that cannot be read")]
    Row(&'static str),

    /// The command line asks for what does not go together.
    #[error("{0}")]
    Settings(String),
    /// The catalogue cannot be used.
    #[error(transparent)]
    Catalogue(#[from] CatalogueError),
    /// The database cannot be opened.
    #[error(
        "the database {url} cannot be opened: {source}. Choose another with --database, or move that \
         file away if nothing in it is needed"
    )]
    Open {
        /// The database.
        url: String,
        /// Why.
        source: sqlx::Error,
    },
    /// The database is of another version.
    #[error(
        "the database cannot be brought up to date: {0}. Is it another program's, or a newer \
         version's? Choose another with --database"
    )]
    Migrate(#[from] sqlx::migrate::MigrateError),
    /// The address is in use, or not ours.
    #[error(
        "cannot listen on {address}: {source}. Stop what uses it, or choose another address with {flag}"
    )]
    Listen {
        /// The flag that gives the address.
        flag: &'static str,
        /// The address.
        address: SocketAddr,
        /// Why.
        source: std::io::Error,
    },
    /// A file that the entitlement server's TLS needs cannot be used.
    #[error(
        "{flag} {}: it {fault}. `server make-certificates` makes a set for a trial", file.display()
    )]
    TlsFile {
        /// The flag that names the file.
        flag: &'static str,
        /// The file.
        file: PathBuf,
        /// What is wrong with it.
        fault: String,
    },
    /// Certificates for a trial cannot be made.
    #[error("the certificates cannot be made: {0}")]
    Certificates(String),
    /// The signals that stop the program cannot be waited for.
    #[error("signals cannot be waited for: {0}")]
    Signals(std::io::Error),
    /// The embedded simulator does not start.
    #[error("the embedded ExpressPlay does not start: {0}{hint}", hint = simulator_hint(.0))]
    Simulator(#[from] simulator::Error),
}

const fn simulator_hint(fault: &simulator::Error) -> &'static str {
    match fault {
        simulator::Error::Listen { .. } => {
            ". Stop what uses it, or choose another address with --simulator-listen"
        }
        simulator::Error::Database { .. } => " with --simulator-database",
        _ => "",
    }
}

/// A client's error without ExpressPlay's own words: they may repeat what it was sent, the customer
/// authenticator included.
fn in_our_words(fault: &ClientError) -> String {
    match fault {
        ClientError::Refused { code, .. } => {
            let known = ErrorCode::from_number(*code);
            let text = known.map_or("a code that is not in its API", ErrorCode::text);
            format!("ExpressPlay refused with {code}: {text}")
        }
        other => other.to_string(),
    }
}

impl Error {
    /// What the viewer gets to see.
    #[must_use]
    pub fn as_problem(&self) -> Problem {
        match self {
            Self::Viewer(problem) => problem.clone(),
            Self::ExpressPlay(ClientError::Refused { code, .. }) => {
                Problem::ExpressPlayRefused { code: *code }
            }
            Self::ExpressPlay(_) => Problem::ExpressPlayDown,
            _ => Problem::Internal,
        }
    }

    /// What the viewer gets to see; the cause goes to the log and nowhere else.
    #[must_use]
    pub fn into_problem(self) -> Problem {
        match &self {
            Self::Viewer(_) => {}
            Self::ExpressPlay(_) => {
                tracing::warn!(cause = %self, "ExpressPlay does not answer as asked");
            }
            cause => tracing::error!(%cause, "internal error"),
        }
        self.as_problem()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_viewer_sees_expressplays_code_but_no_cause_of_ours() {
        let refused = ClientError::Refused {
            code: -2018,
            message: "no".to_owned(),
        };
        assert_eq!(
            Error::from(refused).into_problem(),
            Problem::ExpressPlayRefused { code: -2018 }
        );
        let down = ClientError::Unreachable("connection refused".to_owned());
        assert_eq!(Error::from(down).into_problem(), Problem::ExpressPlayDown);
        assert_eq!(
            Error::from(sqlx::Error::PoolTimedOut).into_problem(),
            Problem::Internal
        );
        assert_eq!(
            Error::from(Problem::NotBought).into_problem(),
            Problem::NotBought
        );
    }
}
