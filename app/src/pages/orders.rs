//! `/orders`: all that a viewer has bought and rented, newest first.

use leptos::{either::Either, prelude::*};
use leptos_meta::Title as PageTitle;

use crate::{
    api::backend,
    components::{loaded::loaded, order_line::OrderLine},
    i18n::td_string,
    locale::locale,
    model::{Order, Title},
    problem::Problem,
    words::price,
};

/// The order history.
#[component]
pub fn OrdersPage() -> impl IntoView {
    let load = async {
        let backend = backend()?;
        if backend.viewer().await?.is_none() {
            return Err(Problem::SignedOut);
        }
        Ok((backend.orders().await?, backend.titles().await?))
    };
    loaded(load, |(orders, titles)| {
        let locale = locale();
        view! {
            <PageTitle text=td_string!(locale, orders.heading) />
            <div class="plain-page">
                <h1>{td_string!(locale, orders.heading)}</h1>
                <Orders orders titles />
            </div>
        }
    })
}

#[component]
fn Orders(orders: Vec<Order>, titles: Vec<Title>) -> impl IntoView {
    let locale = locale();
    if orders.is_empty() {
        return Either::Left(view! {
            <div class="empty">
                <p class="empty-heading">{td_string!(locale, orders.none)}</p>
                <p>{td_string!(locale, orders.none_text)}</p>
                <a class="button" href="/">
                    {td_string!(locale, not_found.all)}
                </a>
            </div>
        });
    }
    let rows = orders
        .into_iter()
        .map(|order| {
            let title = titles.iter().find(|title| title.slug == order.slug);
            let cover = title.map(|title| title.poster.clone());
            view! { <Row order cover /> }
        })
        .collect_view();
    Either::Right(view! { <ul class="order-list">{rows}</ul> })
}

#[component]
fn Row(order: Order, cover: Option<String>) -> impl IntoView {
    let locale = locale();
    let film = order.title.clone();
    let plays = order.still_plays();
    let play = format!("/watch/{}?play", order.slug);
    view! {
        <li>
            // The film's name is beside it.
            {cover
                .map(|cover| {
                    view! {
                        <img
                            class="order-cover"
                            src=cover
                            alt=""
                            width="400"
                            height="600"
                            loading="lazy"
                        />
                    }
                })}
            <div class="order-text">
                <h2>{film.clone()}</h2>
                <p class="order-worth">{price(locale, order.price)}</p>
                <OrderLine order />
                {plays
                    .then(|| {
                        view! {
                            <a
                                class="button button-play"
                                href=play
                                aria-label=td_string!(locale, orders.play, film)
                            >
                                {td_string!(locale, title.play)}
                            </a>
                        }
                    })}
            </div>
        </li>
    }
}
