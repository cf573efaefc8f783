//! The workflow as it happens: who said what to whom, and what came of it.
//!
//! | module | what |
//! |---|---|
//! | [`message`] | one message and its answer, and the occasion that brought it about |
//! | [`report`] | what the browser says of a licence request, which goes past the shop |
//! | [`query`] | what a viewer looks at |
//! | `view` | how it is shown, on the server |
//! | `curl` | a message as a command |

#[cfg(feature = "ssr")]
pub mod curl;
pub mod message;
pub mod query;
pub mod report;
#[cfg(feature = "ssr")]
pub mod view;
#[cfg(feature = "ssr")]
pub(crate) mod words;

pub use message::{Act, Episode, Field, Message, Occasion, Outcome, Party, Value};
pub use query::{Run, Workflow, WorkflowQuery};
pub use report::LicenseReport;
