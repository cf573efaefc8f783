//! `/watch/{slug}`: where a film plays, or where it says why not.

use leptos::{either::Either, prelude::*};
use leptos_meta::Title as PageTitle;
use leptos_router::hooks::use_query_map;

use crate::{
    api::backend,
    components::{
        accent::Accents, alert::Alert, loaded::loaded, order_line::OrderLine, screen::Screen,
    },
    i18n::td_string,
    locale::locale,
    model::{Order, Title, TitlePage},
    pages::slug,
    problem::Problem,
    trouble::Trouble,
};

/// The watch page. With `?play` in its address it starts at once.
#[component]
pub fn WatchPage() -> impl IntoView {
    let slug = slug();
    let at_once = use_query_map().with_untracked(|query| query.get("play").is_some());
    let load = async move {
        let (backend, slug) = (backend()?, slug?);
        let page = backend.title(&slug).await?;
        if backend.viewer().await?.is_none() {
            return Err(Problem::SignedOut);
        }
        let positions = backend.positions().await?;
        let midway = positions.into_iter().find(|it| it.slug == slug);
        Ok((page, midway.map_or(0, |it| it.seconds)))
    };
    loaded(load, move |(page, from)| {
        let TitlePage {
            title,
            orders,
            why_not,
            ..
        } = page;
        let locale = locale();
        let body = match why_not {
            Some(problem) => Either::Left(view! { <NotYours title=title.clone() problem /> }),
            None => Either::Right(view! { <Screening title=title.clone() orders at_once from /> }),
        };
        view! {
            <PageTitle text=td_string!(locale, watch.title, film = title.name.clone()) />
            <Accents titles=vec![title.clone()] />
            <article class="watch-page" data-title=title.slug.to_string()>
                <h1>{title.name}</h1>
                {body}
                <p>
                    <a class="quiet-link" href=format!("/title/{}", title.slug)>
                        {td_string!(locale, watch.about)}
                    </a>
                </p>
            </article>
        }
    })
}

#[component]
fn Screening(title: Title, orders: Vec<Order>, at_once: bool, from: u32) -> impl IntoView {
    let locale = locale();
    view! {
        <Screen title at_once from />
        <p class="note without-script">{td_string!(locale, watch.without_script)}</p>
        {orders.into_iter().map(|order| view! { <OrderLine order may_start=true /> }).collect_view()}
    }
}

#[component]
fn NotYours(title: Title, problem: Problem) -> impl IntoView {
    let locale = locale();
    view! {
        <div class="screen">
            <img class="screen-still" src=title.backdrop alt="" width="1280" height="720" />
            <div class="screen-over">
                <Alert locale trouble=Trouble::about(locale, &title.slug, &problem) />
            </div>
        </div>
    }
}
