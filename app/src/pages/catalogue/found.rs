//! What a search finds, or that it finds nothing.

use leptos::{either::Either, prelude::*};

use super::of_genre;
use crate::{
    components::{
        card::{Card, playable},
        loose_leaf::Gap,
        search::{Search, genres},
    },
    i18n::{Locale, td_string},
    locale::locale,
    model::{Order, Title},
    shelf_query::ShelfQuery,
};

/// What was found, and how many: the page's title says it first, for those who listen.
#[component]
pub fn Found(
    /// What was looked for.
    query: ShelfQuery,
    /// Every film.
    shelf: Vec<Title>,
    /// Those that were found.
    found: Vec<Title>,
    /// The viewer's orders.
    orders: Vec<Order>,
) -> impl IntoView {
    let locale = locale();
    let heading = heading(locale, &query, &shelf, found.len());
    let result = if found.is_empty() {
        Either::Left(view! { <Nothing shelf=shelf.clone() /> })
    } else {
        let cards = found
            .into_iter()
            .enumerate()
            .map(|(place, title)| {
                let order = playable(&orders, &title);
                view! { <Card title order first=place < 4 /> }
            })
            .collect_view();
        Either::Right(view! { <ul class="shelf">{cards}</ul> })
    };
    view! {
        <h1 class="found-heading">{td_string!(locale, search.name)}</h1>
        <Search query shelf />
        <section class="found" aria-labelledby="shelf-heading">
            <div class="found-top">
                <h2 id="shelf-heading">{heading}</h2>
                <a class="quiet-link" href="/">
                    {td_string!(locale, search.all)}
                </a>
            </div>
            {result}
        </section>
    }
}

/// A gap on the shelf, and where to look instead.
#[component]
fn Nothing(shelf: Vec<Title>) -> impl IntoView {
    let locale = locale();
    let genres = genres(&shelf)
        .into_iter()
        .map(|(genre, name)| {
            let count = of_genre(&shelf, &genre).count();
            view! {
                <li>
                    <a class="quiet-button" href=ShelfQuery::of_genre(genre).href()>
                        {name}
                        <span class="count">{count}</span>
                    </a>
                </li>
            }
        })
        .collect_view();
    view! {
        <div class="nothing">
            <Gap />
            <div>
                <p>{td_string!(locale, search.nothing_text)}</p>
                <ul class="genres">{genres}</ul>
            </div>
        </div>
    }
}

/// `3 films for “sea”`, `2 films, Nature`, `No film for “sea”, Nature`.
pub(super) fn heading(locale: Locale, query: &ShelfQuery, shelf: &[Title], count: usize) -> String {
    let counted = match count {
        0 => td_string!(locale, search.none).to_owned(),
        1 => td_string!(locale, search.one).to_owned(),
        _ => td_string!(locale, search.many, count),
    };
    let counted = match query.words() {
        "" => counted,
        words => td_string!(locale, search.with_words, counted, words),
    };
    let genre = query
        .genre()
        .and_then(|genre| of_genre(shelf, genre).next());
    match genre {
        Some(title) => format!("{counted}, {}", title.about.genre),
        None => counted,
    }
}
