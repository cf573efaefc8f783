//! `/`: every film on the shelf.

use leptos::{either::Either, prelude::*};
use leptos_meta::Title as PageTitle;

use crate::{
    api::backend,
    components::{accent::Accents, loaded::loaded, poster::Poster},
    i18n::td_string,
    locale::locale,
    model::{Order, Rental, Title},
    words::{iso_duration, price, running_time},
};

/// The catalogue.
#[component]
pub fn CataloguePage() -> impl IntoView {
    let locale = locale();
    let load = async {
        let backend = backend()?;
        Ok((backend.titles().await?, backend.orders().await?))
    };
    view! {
        <PageTitle text="" />
        <section class="intro">
            <h1>{td_string!(locale, catalogue.heading)}</h1>
            <p class="lede">{td_string!(locale, catalogue.lede)}</p>
            <ol class="intro-steps">
                <li>
                    <strong>{td_string!(locale, catalogue.register)}</strong>
                    " "
                    {td_string!(locale, catalogue.register_text)}
                </li>
                <li>
                    <strong>{td_string!(locale, catalogue.buy_or_rent)}</strong>
                    " "
                    {td_string!(locale, catalogue.buy_or_rent_text)}
                </li>
                <li>
                    <strong>{td_string!(locale, catalogue.play)}</strong>
                    " "
                    {td_string!(locale, catalogue.play_text)}
                </li>
            </ol>
        </section>
        {loaded(load, |(titles, orders)| view! { <Shelf titles orders /> })}
    }
}

#[component]
fn Shelf(titles: Vec<Title>, orders: Vec<Order>) -> impl IntoView {
    let locale = locale();
    if titles.is_empty() {
        return Either::Left(view! {
            <div class="empty">
                <h2>{td_string!(locale, catalogue.empty)}</h2>
                <p>{td_string!(locale, catalogue.empty_text)}</p>
            </div>
        });
    }
    let accents = titles.clone();
    let shelf = titles
        .into_iter()
        .enumerate()
        .map(|(place, title)| {
            let order = playable(&orders, &title);
            view! { <Spine title order first=place < 4 /> }
        })
        .collect_view();
    Either::Right(view! {
        <Accents titles=accents />
        <section aria-labelledby="shelf-heading">
            <h2 id="shelf-heading" class="shelf-heading">
                {td_string!(locale, catalogue.shelf)}
            </h2>
            <ul class="shelf">{shelf}</ul>
        </section>
    })
}

#[component]
fn Spine(title: Title, order: Option<Order>, first: bool) -> impl IntoView {
    let locale = locale();
    let href = format!("/title/{}", title.slug);
    let about = title.about.clone();
    let worth = match order {
        Some(order) => {
            let device = order.device_id.short();
            let yours = td_string!(locale, catalogue.yours, device);
            Either::Left(view! { <p class="card-owned">{yours}</p> })
        }
        None => {
            let (buy, rent) = (price(locale, title.buy), price(locale, title.rent));
            let prices = td_string!(locale, catalogue.prices, buy, rent);
            Either::Right(view! { <p class="card-price">{prices}</p> })
        }
    };
    view! {
        <li class="card" data-title=title.slug.to_string()>
            <Poster title=title.clone() first />
            <div class="card-text">
                <h3>
                    <a href=href>{title.name}</a>
                </h3>
                <p class="card-tagline">{about.tagline}</p>
                <p class="facts">
                    {format!("{}, {}, ", about.genre, title.year)}
                    <time datetime=iso_duration(title.seconds)>{running_time(title.seconds)}</time>
                </p>
                {worth}
            </div>
        </li>
    }
}

/// The newest order of the title that can still be played.
fn playable(orders: &[Order], title: &Title) -> Option<Order> {
    orders
        .iter()
        .find(|o| o.slug == title.slug && !matches!(o.rental, Some(Rental::Over { .. })))
        .cloned()
}
