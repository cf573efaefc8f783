//! `/title/{slug}`: one film, what it costs on which terms, and whether it is yours.

pub mod offers;

use leptos::prelude::*;
use leptos_meta::Title as PageTitle;

use self::offers::Offers;
use crate::{
    api::backend,
    components::{
        accent::Accents,
        card::{Card, Facts, playable},
        loaded::loaded,
        order_line::OrderLine,
        poster::Poster,
        row::Row,
        share::TitleShare,
    },
    i18n::td_string,
    locale::locale,
    model::{Order, Slug, Title, TitlePage as Data},
    pages::slug,
    shelf_query::ShelfQuery,
};

/// As many other films as stand in one row.
const OTHERS: usize = 5;

/// A title's own page.
#[component]
pub fn TitlePage() -> impl IntoView {
    let slug = slug();
    let load = async move {
        let backend = backend()?;
        let data = backend.title(&slug?).await?;
        Ok((data, backend.titles().await?, backend.orders().await?))
    };
    loaded(load, |(data, shelf, all_orders)| {
        let others = others(&data.title, shelf);
        let accents = [vec![data.title.clone()], others.clone()].concat();
        view! {
            <PageTitle text=data.title.name.clone() />
            <TitleShare title=data.title.clone() />
            <Accents titles=accents />
            <Volume data=data.clone() />
            <Others title=data.title others orders=all_orders />
        }
    })
}

#[component]
fn Volume(data: Data) -> impl IntoView {
    let Data {
        title,
        terms,
        orders,
        this_device,
        ..
    } = data;
    let owned = !orders.is_empty();
    let here = orders
        .iter()
        .any(|order| Some(order.device_id) == this_device);
    let (about, slug) = (title.about.clone(), title.slug.to_string());
    view! {
        <article class="title-page" data-title=slug>
            <div class="backdrop">
                <img
                    class="wide"
                    src=title.backdrop.clone()
                    alt=""
                    width="1280"
                    height="720"
                    fetchpriority="high"
                />
            </div>
            <div class="title-body">
                <Poster title=title.clone() first=true />
                <div class="title-text">
                    <h1>{title.name.clone()}</h1>
                    <p class="lede">{about.tagline}</p>
                    <Facts title=title.clone() />
                    <p class="synopsis">{about.synopsis}</p>
                    {owned.then(|| view! { <Yours slug=title.slug.clone() orders here /> })}
                    <Offers title terms owned here this_device />
                </div>
            </div>
        </article>
    }
}

#[component]
fn Yours(slug: Slug, orders: Vec<Order>, here: bool) -> impl IntoView {
    let locale = locale();
    let heading = match here {
        true => td_string!(locale, title.yours),
        false => td_string!(locale, title.yours_elsewhere),
    };
    view! {
        <section class="yours" aria-labelledby="yours-heading">
            <h2 id="yours-heading">{heading}</h2>
            {orders.into_iter().map(|order| view! { <OrderLine order /> }).collect_view()}
            <a class="button button-play" href=format!("/watch/{slug}?play")>
                {td_string!(locale, title.play)}
            </a>
        </section>
    }
}

/// Where to go on to.
#[component]
fn Others(title: Title, others: Vec<Title>, orders: Vec<Order>) -> impl IntoView {
    let locale = locale();
    let alike = others
        .first()
        .is_some_and(|other| other.genre == title.genre);
    let (heading, href) = match alike {
        true => (
            td_string!(locale, title.more_of_genre),
            ShelfQuery::of_genre(title.genre),
        ),
        false => (td_string!(locale, title.more), ShelfQuery::default()),
    };
    let cards: Vec<_> = others
        .into_iter()
        .map(|title| {
            let order = playable(&orders, &title);
            view! { <Card title order /> }
        })
        .collect();
    (!cards.is_empty()).then(|| {
        view! {
            <Row id="others-heading" heading href=href.href()>
                <ul class="shelf">{cards}</ul>
            </Row>
        }
    })
}

/// The others of its genre; where it is the only one, those that stand first on the shelf.
fn others(title: &Title, shelf: Vec<Title>) -> Vec<Title> {
    let others = shelf.into_iter().filter(|other| other.slug != title.slug);
    let (alike, unlike): (Vec<_>, Vec<_>) = others.partition(|other| other.genre == title.genre);
    let mut others = if alike.is_empty() { unlike } else { alike };
    others.truncate(OTHERS);
    others
}
