//! Data for a page, fetched on the server before the html goes out.

use http::StatusCode;
use leptos::{either::Either, prelude::*};
use leptos_meta::Title;
use serde::{Serialize, de::DeserializeOwned};

use crate::{
    components::{alert::Alert, loose_leaf::LooseLeaf, search::SearchWords},
    i18n::td_string,
    locale::locale,
    problem::Problem,
    respond::{here, see_other, status, status_of},
    trouble::Trouble,
};

/// Waits for the page's data, then shows it, or the problem in its place.
pub fn loaded<T, V>(
    load: impl Future<Output = Result<T, Problem>> + Send + 'static,
    show: impl Fn(T) -> V + Clone + Send + Sync + 'static,
) -> impl IntoView
where
    T: Clone + Serialize + DeserializeOwned + Send + Sync + 'static,
    V: IntoView + 'static,
{
    let data = OnceResource::new_blocking(load);
    view! {
        <Suspense>
            {move || {
                let show = show.clone();
                Suspend::new(async move {
                    match data.await {
                        Ok(data) => Either::Left(show(data)),
                        Err(problem) => Either::Right(view! { <ProblemPage problem /> }),
                    }
                })
            }}
        </Suspense>
    }
}

/// A page that has nothing but a problem to show. Nobody signed in: on to the sign-in page.
#[component]
pub fn ProblemPage(
    /// The problem.
    problem: Problem,
) -> impl IntoView {
    let (locale, place) = (locale(), here());
    if problem == Problem::SignedOut {
        see_other(&place.after("/signin"));
    } else {
        status(status_of(&problem));
    }
    let missing = status_of(&problem) == StatusCode::NOT_FOUND;
    let heading = match status_of(&problem) {
        StatusCode::NOT_FOUND => td_string!(locale, problem_page.not_found),
        StatusCode::SERVICE_UNAVAILABLE | StatusCode::BAD_GATEWAY => {
            td_string!(locale, problem_page.unavailable)
        }
        StatusCode::INTERNAL_SERVER_ERROR => td_string!(locale, problem_page.ours),
        _ => td_string!(locale, problem_page.other),
    };
    view! {
        <Title text=heading />
        <div class="missing-leaf">
            <LooseLeaf loose=!missing />
            <div>
                <p class="folio" aria-hidden="true">
                    {status_of(&problem).as_u16()}
                </p>
                <h1>{heading}</h1>
                <Alert locale trouble=Trouble::of(locale, &problem) />
                {missing.then(|| view! { <SearchWords /> })}
                <p>
                    <a class="quiet-link" href="/">
                        {td_string!(locale, problem_page.all)}
                    </a>
                </p>
            </div>
        </div>
    }
}
