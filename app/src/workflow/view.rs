//! The view.

use super::{Workflow, WorkflowQuery};

/// The view as html.
#[must_use]
pub fn to_html(workflow: Workflow, query: WorkflowQuery) -> String {
    format!("{:?} {:?}", workflow.runs.len(), query)
}
