//! The shop's front: one film to look at, what is the viewer's, and the whole shelf by genre.

use leptos::prelude::*;

use super::{going_on::GoingOn, hero::Hero, how::How, of_genre, own::Own};
use crate::{
    components::{
        card::{Card, playable, worth},
        row::Row,
        search::{Search, genres},
    },
    i18n::td_string,
    locale::locale,
    model::{Order, Title},
    shelf_query::ShelfQuery,
    watching::position::Position,
};

/// The front.
#[component]
pub fn Front(
    /// Every film.
    shelf: Vec<Title>,
    /// The viewer's orders.
    orders: Vec<Order>,
    /// The films that the viewer is in the middle of.
    positions: Vec<Position>,
) -> impl IntoView {
    let locale = locale();
    let hero = shelf.first().cloned().map(|title| {
        let order = playable(&orders, &title);
        view! { <Hero title order /> }
    });
    view! {
        <div class="intro">
            <h1>{td_string!(locale, catalogue.heading)}</h1>
            <p class="lede">
                {td_string!(locale, catalogue.lede)} " "
                <a href="#how">{td_string!(locale, catalogue.how)}</a>
            </p>
        </div>
        {hero}
        <GoingOn shelf=shelf.clone() positions />
        <Yours shelf=shelf.clone() orders=orders.clone() />
        <div class="shelf-top">
            <h2 id="shelf-heading">{td_string!(locale, catalogue.shelf)}</h2>
            <Search query=ShelfQuery::default() shelf=shelf.clone() />
        </div>
        <Genres shelf orders />
        <How />
    }
}

/// What the viewer has, ready to play.
#[component]
fn Yours(shelf: Vec<Title>, orders: Vec<Order>) -> impl IntoView {
    let locale = locale();
    let yours: Vec<_> = shelf
        .into_iter()
        .filter_map(|title| Some((playable(&orders, &title)?, title)))
        .map(|(order, title)| {
            let film = title.name.clone();
            view! {
                <Own
                    title
                    play=td_string!(locale, title.play)
                    name=td_string!(locale, catalogue.play_film, film)
                >
                    <p class="card-owned">{worth(locale, &order)}</p>
                </Own>
            }
        })
        .collect();
    (!yours.is_empty()).then(|| {
        view! {
            <Row id="yours-heading" heading=td_string!(locale, catalogue.your_films)>
                <ul class="own-shelf">{yours}</ul>
            </Row>
        }
    })
}

/// Every film, a row for each genre. Rows stand side by side where there is room.
#[component]
fn Genres(shelf: Vec<Title>, orders: Vec<Order>) -> impl IntoView {
    let rows = genres(&shelf)
        .into_iter()
        .map(|(genre, name)| {
            let films: Vec<_> = of_genre(&shelf, &genre)
                .cloned()
                .map(|title| {
                    let order = playable(&orders, &title);
                    view! { <Card title order /> }
                })
                .collect();
            view! {
                <Row
                    id=format!("genre-{genre}")
                    heading=name
                    href=ShelfQuery::of_genre(genre).href()
                    films=films.len()
                >
                    <ul class="shelf">{films}</ul>
                </Row>
            }
        })
        .collect_view();
    view! { <div class="rows">{rows}</div> }
}
