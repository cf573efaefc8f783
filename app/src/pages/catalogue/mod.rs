//! `/`: the shop's front, and what a search finds.

pub mod found;
pub mod front;
pub mod going_on;
pub mod hero;
pub mod how;
pub mod own;

use leptos::{either::EitherOf3, prelude::*};
use leptos_meta::Title as PageTitle;
use leptos_router::hooks::use_query_map;

use self::{
    found::{Found, heading},
    front::Front,
};
use crate::{
    api::backend,
    components::{accent::Accents, loaded::loaded},
    i18n::td_string,
    locale::locale,
    model::{Slug, Title},
    shelf_query::ShelfQuery,
};

/// The catalogue.
#[component]
pub fn CataloguePage() -> impl IntoView {
    let query = use_query_map().with_untracked(|query| ShelfQuery::read(|field| query.get(field)));
    let load = async {
        let backend = backend()?;
        Ok((
            backend.titles().await?,
            backend.orders().await?,
            backend.positions().await?,
        ))
    };
    loaded(load, move |(shelf, orders, positions)| {
        let query = query.clone().on(&shelf);
        if shelf.is_empty() {
            return EitherOf3::A(view! { <Empty /> });
        }
        if query.is_empty() {
            return EitherOf3::B(view! {
                <PageTitle text="" />
                <Accents titles=shelf.clone() />
                <Front shelf orders positions />
            });
        }
        let found = query.find(&shelf);
        EitherOf3::C(view! {
            <PageTitle text=heading(locale(), &query, &shelf, found.len()) />
            <Accents titles=shelf.clone() />
            <Found query shelf found orders />
        })
    })
}

/// A shop without a film.
#[component]
fn Empty() -> impl IntoView {
    let locale = locale();
    view! {
        <PageTitle text="" />
        <div class="empty">
            <h1>{td_string!(locale, catalogue.empty)}</h1>
            <p>{td_string!(locale, catalogue.empty_text)}</p>
        </div>
    }
}

/// A genre's films, in the shelf's order.
fn of_genre<'a>(shelf: &'a [Title], genre: &'a Slug) -> impl Iterator<Item = &'a Title> {
    shelf.iter().filter(move |title| title.genre == *genre)
}
