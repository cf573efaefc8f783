//! The routes, and what every page has around it.

use leptos::{either::Either, prelude::*};
use leptos_meta::{Title, provide_meta_context};
use leptos_router::{
    ParamSegment, SsrMode, StaticSegment,
    components::{FlatRoutes, Route, Router},
};

use crate::{
    components::{
        footer::Footer, masthead::Masthead, share::ShopShare, workflow_panel::WorkflowPanel,
    },
    i18n::td_string,
    locale::locale,
    pages::{
        account::AccountPage,
        catalogue::CataloguePage,
        checkout::CheckoutPage,
        devices::DevicesPage,
        lab::LabPage,
        moving::MovePage,
        not_found::NotFoundPage,
        order::OrderPage,
        orders::OrdersPage,
        refused::{Refused, RefusedPage},
        signin::SignInPage,
        signup::SignUpPage,
        title::TitlePage,
        watch::WatchPage,
        workflow::WorkflowPage,
    },
    presenter::drawer::PresenterDrawer,
    respond::here,
};

/// The whole site.
///
/// Every route is rendered in one piece, so that pages read without script, and so that a page
/// can still decide its status and redirect.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    let place = here();
    let path = place.as_str().split('?').next().unwrap_or("/").to_owned();
    // A film's page tells of the film.
    let shop = (!path.starts_with("/title/")).then(|| view! { <ShopShare path /> });
    let refused = use_context::<Refused>();
    view! {
        {shop}
        <Title formatter=document_title />
        <a class="skip" href="#main">
            {td_string!(locale(), document.skip)}
        </a>
        <Masthead />
        <main id="main" tabindex="-1">
            {match refused {
                Some(refused) => Either::Left(view! { <RefusedPage refused /> }),
                None => Either::Right(view! { <Pages /> }),
            }}
        </main>
        <WorkflowPanel />
        <PresenterDrawer />
        <Footer />
    }
}

#[component]
fn Pages() -> impl IntoView {
    view! {
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
                    <Route path=StaticSegment("signup") view=SignUpPage ssr=SsrMode::Async />
                    <Route path=StaticSegment("account") view=AccountPage ssr=SsrMode::Async />
                    <Route path=StaticSegment("orders") view=OrdersPage ssr=SsrMode::Async />
                    <Route
                        path=(StaticSegment("orders"), ParamSegment("order"))
                        view=OrderPage
                        ssr=SsrMode::Async
                    />
                </FlatRoutes>
            </Router>
    }
}

/// A page's title and the shop's. leptos_meta writes it into the html as it is, and a search has
/// somebody's words in its title.
fn document_title(page: String) -> String {
    match page.as_str() {
        "" => "Bindery".to_owned(),
        page => {
            let page = page.replace('&', "&amp;").replace('<', "&lt;");
            format!("{page} · Bindery")
        }
    }
}
