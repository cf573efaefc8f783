//! One film, as a book that lies open.

use leptos::{either::Either, prelude::*};

use crate::{
    components::card::{Facts, prices, worth},
    i18n::td_string,
    locale::locale,
    model::{Order, Title},
};

/// The picture on one page, and on the other what it is, what it costs and where to go.
#[component]
pub fn Hero(
    /// The film.
    title: Title,
    /// The viewer's order of it that can still be played.
    order: Option<Order>,
) -> impl IntoView {
    let locale = locale();
    let page = format!("/title/{}", title.slug);
    let film = title.name.clone();
    let (worth, to_do) = match order {
        Some(order) => (
            worth(locale, &order),
            Either::Left(view! {
                <a
                    class="button button-play"
                    href=format!("/watch/{}?play", title.slug)
                    aria-label=td_string!(locale, catalogue.play_film, film)
                >
                    {td_string!(locale, title.play)}
                </a>
                <a class="button button-second" href=page aria-describedby="hero-heading">
                    {td_string!(locale, catalogue.about)}
                </a>
            }),
        ),
        None => (
            prices(locale, &title),
            Either::Right(view! {
                <a class="button spread-way" href=page aria-describedby="hero-heading">
                    {td_string!(locale, catalogue.see)}
                </a>
            }),
        ),
    };
    view! {
        <section class="spread" aria-labelledby="hero-heading" data-title=title.slug.to_string()>
            <img
                class="wide"
                src=title.backdrop.clone()
                alt=title.about.poster_alt.clone()
                width="1280"
                height="720"
                fetchpriority="high"
            />
            <div class="spread-leaf">
                <h2 id="hero-heading">{title.name.clone()}</h2>
                <p class="lede">{title.about.tagline.clone()}</p>
                <Facts title=title.clone() />
                <p class="spread-worth">{worth}</p>
                <p class="spread-to-do">{to_do}</p>
            </div>
        </section>
    }
}
