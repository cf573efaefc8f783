//! The routes, and what every page has around it.

use leptos::prelude::*;
use leptos_meta::{Title, provide_meta_context};
use leptos_router::{
    ParamSegment, SsrMode, StaticSegment,
    components::{FlatRoutes, Route, Router},
};

use crate::{
    components::{footer::Footer, masthead::Masthead, workflow_panel::WorkflowPanel},
    i18n::td_string,
    locale::locale,
    pages::{
        catalogue::CataloguePage, checkout::CheckoutPage, devices::DevicesPage, lab::LabPage,
        moving::MovePage, not_found::NotFoundPage, signin::SignInPage, title::TitlePage,
        watch::WatchPage, workflow::WorkflowPage,
    },
    presenter::drawer::PresenterDrawer,
};

/// The whole site.
///
/// Every route is rendered in one piece, so that pages read without script, and so that a page
/// can still decide its status and redirect.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    view! {
        <Title formatter=|page: String| {
            if page.is_empty() { "Bindery".to_owned() } else { format!("{page} · Bindery") }
        } />
        <a class="skip" href="#main">
            {td_string!(locale(), document.skip)}
        </a>
        <Masthead />
        <main id="main" tabindex="-1">
            <Router>
                <FlatRoutes fallback=NotFoundPage>
                    <Route path=StaticSegment("") view=CataloguePage ssr=SsrMode::Async />
                    <Route
                        path=(StaticSegment("title"), ParamSegment("slug"))
                        view=TitlePage
                        ssr=SsrMode::Async
                    />
                    <Route
                        path=(StaticSegment("checkout"), ParamSegment("slug"), ParamSegment("kind"))
                        view=CheckoutPage
                        ssr=SsrMode::Async
                    />
                    <Route
                        path=(StaticSegment("watch"), ParamSegment("slug"))
                        view=WatchPage
                        ssr=SsrMode::Async
                    />
                    <Route
                        path=(StaticSegment("move"), ParamSegment("order"))
                        view=MovePage
                        ssr=SsrMode::Async
                    />
                    <Route path=StaticSegment("workflow") view=WorkflowPage ssr=SsrMode::Async />
                    <Route path=StaticSegment("lab") view=LabPage ssr=SsrMode::Async />
                    <Route path=StaticSegment("devices") view=DevicesPage ssr=SsrMode::Async />
                    <Route path=StaticSegment("signin") view=SignInPage ssr=SsrMode::Async />
                </FlatRoutes>
            </Router>
        </main>
        <WorkflowPanel />
        <PresenterDrawer />
        <Footer />
    }
}
