//! The search over the shelf: a plain form, whose answer is an address.

use leptos::prelude::*;

use crate::{
    i18n::{Locale, td_string},
    locale::locale,
    model::{Slug, Title},
    shelf_query::{ShelfQuery, Sort},
};

/// Words, a genre and an order.
#[component]
pub fn Search(
    /// What is looked for now.
    query: ShelfQuery,
    /// The whole shelf, for its genres.
    shelf: Vec<Title>,
) -> impl IntoView {
    let locale = locale();
    let (chosen, sort) = (query.genre().cloned(), query.sort());
    let genres = genres(&shelf)
        .into_iter()
        .map(|(genre, name)| {
            let selected = chosen.as_ref() == Some(&genre);
            view! {
                <option value=genre.to_string() selected=selected>
                    {name}
                </option>
            }
        })
        .collect_view();
    let sorts = Sort::ALL.map(|it| {
        view! {
            <option value=it.as_str() selected=it == sort>
                {sort_name(locale, it)}
            </option>
        }
    });
    view! {
        <form
            class="search"
            role="search"
            action="/"
            aria-label=td_string!(locale, search.name)
        >
            <Words value=query.words().to_owned() />
            <div class="search-choice">
                <label for="search-genre">{td_string!(locale, search.genre)}</label>
                <select id="search-genre" name=ShelfQuery::GENRE>
                    <option value="">{td_string!(locale, search.any_genre)}</option>
                    {genres}
                </select>
            </div>
            <div class="search-choice">
                <label for="search-sort">{td_string!(locale, search.sort)}</label>
                <select id="search-sort" name=ShelfQuery::SORT>
                    {sorts.collect_view()}
                </select>
            </div>
            <Go />
        </form>
    }
}

/// Words alone, for a page that has nothing else to offer.
#[component]
pub fn SearchWords() -> impl IntoView {
    view! {
        <form
            class="search"
            role="search"
            action="/"
            aria-label=td_string!(locale(), search.name)
        >
            <Words value=String::new() />
            <Go />
        </form>
    }
}

#[component]
fn Words(value: String) -> impl IntoView {
    view! {
        <div class="search-words">
            <label for="search-words">{td_string!(locale(), search.words)}</label>
            <input
                id="search-words"
                type="search"
                name=ShelfQuery::WORDS
                value=value
                maxlength=ShelfQuery::MAX_CHARS.to_string()
                autocomplete="off"
                enterkeyhint="search"
            />
        </div>
    }
}

#[component]
fn Go() -> impl IntoView {
    view! {
        <button class="button button-second" type="submit">
            {td_string!(locale(), search.go)}
        </button>
    }
}

/// The shelf's genres in the order that they stand there: in URLs, and as the viewer reads them.
#[must_use]
pub fn genres(shelf: &[Title]) -> Vec<(Slug, String)> {
    let mut genres: Vec<(Slug, String)> = vec![];
    for title in shelf {
        if genres.iter().all(|(genre, _)| *genre != title.genre) {
            genres.push((title.genre.clone(), title.about.genre.clone()));
        }
    }
    genres
}

fn sort_name(locale: Locale, sort: Sort) -> &'static str {
    match sort {
        Sort::Shelf => td_string!(locale, search.by_shelf),
        Sort::Name => td_string!(locale, search.by_name),
        Sort::Length => td_string!(locale, search.by_length),
        Sort::Price => td_string!(locale, search.by_price),
    }
}
