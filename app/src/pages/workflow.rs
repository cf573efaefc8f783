//! `/workflow`: the workflow on a page of its own, for a second screen.

use leptos::prelude::*;
use leptos_meta::Title as PageTitle;
use leptos_router::hooks::use_query_map;

use crate::{
    api::backend,
    components::loaded::loaded,
    i18n::td_string,
    islands::live_workflow::LiveWorkflow,
    lab,
    locale::locale,
    workflow::{WorkflowQuery, view::WorkflowView},
};

/// The workflow page.
#[component]
pub fn WorkflowPage() -> impl IntoView {
    let query = use_query_map().with_untracked(|query| WorkflowQuery::read(|name| query.get(name)));
    let load = {
        let query = query.clone();
        async move { backend()?.workflow(&query).await }
    };
    loaded(load, move |workflow| {
        let locale = locale();
        let query = query.clone();
        let href = query.href();
        view! {
            <PageTitle text=td_string!(locale, workflow.name) />
            <div class="workflow-page" data-href=href>
                <h1>{td_string!(locale, workflow.heading)}</h1>
                <p class="lede">{td_string!(locale, workflow.lede)}</p>
                <p>
                    <a class="quiet-link" href=lab::PAGE>
                        {td_string!(locale, workflow.lab)}
                    </a>
                </p>
                <LiveWorkflow>
                    <WorkflowView workflow query />
                </LiveWorkflow>
            </div>
        }
    })
}
