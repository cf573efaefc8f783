//! The workflow beside the pages that take part in it.

use leptos::prelude::*;

use crate::{
    api::backend,
    i18n::td_string,
    islands::live_workflow::{LiveWorkflow, PANEL_COOKIE},
    lab,
    locale::locale,
    respond::{here, left_open},
    workflow::{WorkflowQuery, view, view::WorkflowView},
};

/// The paths that take part in the workflow.
const TAKE_PART: [&str; 5] = ["/watch/", "/checkout/", "/devices", "/move/", lab::PAGE];

/// Whether a page takes part in the workflow.
#[must_use]
pub fn takes_part(path: &str) -> bool {
    TAKE_PART.iter().any(|start| path.starts_with(start))
}

/// The panel: beside the page where there is room, over its foot where there is not. Closed, it
/// costs nothing but its name.
#[component]
pub fn WorkflowPanel() -> impl IntoView {
    if !takes_part(here().as_str()) {
        return None;
    }
    let open = left_open(PANEL_COOKIE);
    let workflow = OnceResource::new_blocking(async move {
        let backend = backend()?;
        match backend.viewer().await? {
            None => Ok(None),
            Some(_) if !open => Ok(Some(None)),
            Some(_) => Ok(Some(Some(
                backend.workflow(&WorkflowQuery::default()).await?,
            ))),
        }
        .inspect_err(|_: &crate::problem::Problem| ())
    });
    Some(view! {
        <Suspense>
            {move || {
                Suspend::new(async move {
                    let locale = locale();
                    // Without it the page is the same.
                    let workflow = workflow.await.ok().flatten()?;
                    let query = WorkflowQuery::default();
                    let href = query.href();
                    let shown = workflow.map(|workflow| view! { <WorkflowView workflow query /> });
                    Some(
                        view! {
                            <aside class="workflow-aside" aria-label=td_string!(locale, workflow.name)>
                                <details class="workflow-panel" open=open>
                                    <summary class="drawer-name">{td_string!(locale, workflow.name)}</summary>
                                    <div class="workflow-panel-body" data-href=href>
                                        <LiveWorkflow>{shown}</LiveWorkflow>
                                        <p>
                                            <a class="quiet-link" href=view::PAGE target="bindery-workflow">
                                                {td_string!(locale, workflow.open)}
                                            </a>
                                        </p>
                                    </div>
                                </details>
                            </aside>
                        },
                    )
                })
            }}
        </Suspense>
    })
}
