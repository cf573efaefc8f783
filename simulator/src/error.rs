//! How the simulator says no (API section 2, "HTTP statuses").

use axum::{
    Json,
    response::{Html, IntoResponse, Response},
};
use expressplay::{ErrorCode, Refusal, RefusalBody, parameter};
use http::StatusCode;

use crate::{database::Trouble, log::LogError};

/// A refusal with everything that its answer needs.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) status: StatusCode,
    pub(crate) format: ErrorFormat,
    pub(crate) refusal: Refusal,
    /// What ends the simulator, where that is why.
    pub(crate) trouble: Option<Trouble>,
}

/// How an error is written: `errorFormat`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ErrorFormat {
    Html,
    Json,
}

impl ErrorFormat {
    /// The format asked for.
    ///
    /// # Errors
    /// -3004 where there is no such format.
    pub(crate) fn read(text: Option<&str>, default: Self) -> Result<Self, Refusal> {
        match text {
            None => Ok(default),
            Some("html") => Ok(Self::Html),
            Some("json") => Ok(Self::Json),
            Some(text) => Err(Refusal::wrong(ErrorCode::ErrorFormat, "errorFormat", text)),
        }
    }
}

impl Failure {
    /// A refusal of a token, record or key storage call: 401 for a bad authenticator, else 400.
    pub(crate) fn of_call(refusal: Refusal, format: ErrorFormat) -> Self {
        let status = match refusal.code {
            ErrorCode::AuthenticatorMissing | ErrorCode::AuthenticatorInvalid => {
                StatusCode::UNAUTHORIZED
            }
            _ => StatusCode::BAD_REQUEST,
        };
        Self {
            status,
            format,
            refusal,
            trouble: None,
        }
    }

    /// A refusal of a licence: 403.
    pub(crate) fn of_license(refusal: Refusal, format: ErrorFormat) -> Self {
        Self {
            status: StatusCode::FORBIDDEN,
            format,
            refusal,
            trouble: None,
        }
    }

    /// Our own fault: 500. The cause goes to the log; what ends the simulator is told, too.
    pub(crate) fn internal(error: &(dyn std::error::Error + 'static), format: ErrorFormat) -> Self {
        tracing::error!(error, "the simulator failed");
        let log_error = error.downcast_ref::<LogError>();
        let trouble = match log_error {
            Some(LogError::Broken(trouble)) => Some(*trouble),
            _ => error.downcast_ref().and_then(Trouble::of),
        };
        let detail = match (trouble, log_error) {
            (Some(trouble), _) => {
                format!("{trouble}: nothing is granted any more, and the simulator stops")
            }
            (None, Some(why @ (LogError::Stopping | LogError::Full))) => why.to_string(),
            (None, _) => "the simulator's log says more".to_owned(),
        };
        Self {
            status: StatusCode::INTERNAL_SERVER_ERROR,
            format,
            refusal: Refusal::new(ErrorCode::AdminError, detail),
            trouble,
        }
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let Self {
            status,
            format,
            refusal,
            ..
        } = self;
        // Not what was sent: it may be anything, and a log's lines are its own.
        let parameter = refusal.parameter.as_deref();
        tracing::info!(code = refusal.code.number(), parameter, "refused");
        match format {
            ErrorFormat::Json => (status, Json(body(&refusal))).into_response(),
            ErrorFormat::Html => (status, Html(page(&body(&refusal)))).into_response(),
        }
    }
}

/// Where every code is explained.
pub(crate) const PAGE: &str = "/errors";

fn body(refusal: &Refusal) -> RefusalBody {
    RefusalBody {
        documentation: Some(format!("{PAGE}#{}", refusal.code)),
        ..RefusalBody::from(refusal)
    }
}

fn page(body: &RefusalBody) -> String {
    let (code, text) = (body.error_code, escape(&body.error_message));
    let rows: String = [
        ("Parameter", &body.parameter),
        ("It got", &body.got),
        ("It takes", &body.wants),
    ]
    .into_iter()
    .filter_map(|(name, value)| Some((name, escape(value.as_ref()?))))
    .map(|(name, value)| format!("<dt>{name}</dt><dd>{value}</dd>"))
    .collect();
    let read_on = body.documentation.as_deref().unwrap_or(PAGE);
    format!(
        "<!doctype html>\n<html lang=\"en\"><head><title>Error {code}</title></head>\
         <body><h1>Error {code}</h1><p>{text}</p><dl>{rows}</dl>\
         <p><a href=\"{read_on}\">What earns {code}</a></p></body></html>\n"
    )
}

/// `GET /errors`: every code, what it means, and the parameters that can earn it.
pub(crate) async fn page_of_codes() -> Html<String> {
    let codes: String = ErrorCode::ALL.iter().map(|code| explained(*code)).collect();
    Html(include_str!("errors.html").replace("{codes}", &codes))
}

fn explained(code: ErrorCode) -> String {
    let earned: String = parameter::that_earn(code)
        .map(|it| {
            format!(
                "<li><code>{}</code> takes {}.</li>",
                it.name,
                escape(it.takes)
            )
        })
        .collect();
    let earned = match earned.is_empty() {
        true => "<p>No parameter: it is the account, or the service itself.</p>".to_owned(),
        false => format!("<ul>{earned}</ul>"),
    };
    let text = escape(code.text());
    format!("<section id=\"{code}\"><h2>{code}: {text}</h2>{earned}</section>\n")
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

/// Why a simulator does not start, does not go on, or does not do what its control plane is asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The address cannot be listened on.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// The address.
        address: std::net::SocketAddr,
        /// What the system says.
        source: std::io::Error,
    },
    /// The database cannot be used.
    #[error("cannot use the simulator's database {url}: {source}. {advice}", advice = advice(source))]
    Database {
        /// Its URL.
        url: String,
        /// What SQLite says.
        source: sqlx::Error,
    },
    /// It cannot go on, and has stopped: what was answered is kept, and what was not was not done.
    #[error("the simulator cannot go on: {why}")]
    Broken {
        /// Why.
        why: String,
    },
    /// The public URL is none that paths can be appended to.
    #[error("the public URL is http or https without query, and {text} is not")]
    PublicUrl {
        /// What was given.
        text: String,
    },
    /// An empty control token, which everybody knows.
    #[error(
        "an empty control token would open the control plane to everybody: give it a text, or \
         leave it out"
    )]
    EmptyControlToken,
    /// Two sandboxes with one name.
    #[error("there is a sandbox {name} already")]
    SameSandbox {
        /// The name.
        name: crate::SandboxName,
    },
    /// What the control plane was asked for cannot be done.
    #[error("{why}")]
    Control {
        /// Why.
        why: String,
    },
    /// Two accounts with one number in one environment.
    #[error("two accounts have the number {number} in the {environment} environment")]
    SameAccount {
        /// The number.
        number: u64,
        /// The environment.
        environment: crate::Environment,
    },
    /// An account whose authenticator another sandbox has.
    #[error(
        "sandbox {sandbox} has account {number} ({environment}) already, with the same \
         authenticator: drop that sandbox, or take another authenticator; an export keeps its own, \
         so import it elsewhere"
    )]
    TakenAccount {
        /// The number.
        number: u64,
        /// Its environment there.
        environment: crate::Environment,
        /// The sandbox that has it.
        sandbox: crate::SandboxName,
    },
}

fn advice(error: &sqlx::Error) -> &'static str {
    match (Trouble::of(error), error) {
        (Some(trouble), _) => trouble.advice(),
        (None, sqlx::Error::Migrate(_)) => {
            "Is it another program's, or a newer version's? Choose another"
        }
        (None, _) => "Choose another",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_a_caller_sent_becomes_markup() {
        let refusal = Refusal::wrong(ErrorCode::Cookie, "cookie", "<script>&").because("<b>");
        let page = page(&body(&refusal));
        assert!(page.contains("<dd>&lt;script&gt;&amp;</dd>"), "{page}");
        assert!(
            !page.contains("<script>") && !page.contains("<b>"),
            "{page}"
        );
    }
}
