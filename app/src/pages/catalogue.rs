//! `/`: every film on the shelf.

use leptos::{either::Either, prelude::*};
use leptos_meta::Title as PageTitle;

use crate::{
    api::backend,
    components::{accent::Accents, loaded::loaded, poster::Poster},
    model::{Order, Rental, Title},
    words::{iso_duration, running_time},
};

/// The catalogue.
#[component]
pub fn CataloguePage() -> impl IntoView {
    let load = async {
        let backend = backend()?;
        Ok((backend.titles().await?, backend.orders().await?))
    };
    view! {
        <PageTitle text="" />
        <section class="intro">
            <h1>"Films bound to one device"</h1>
            <p class="lede">
                "A small shop of short films. Each copy is bound to the device that you buy it on, \
                 the way a book is sewn into its cover."
            </p>
            <ol class="intro-steps">
                <li>
                    <strong>"Register"</strong>
                    " Your device plays a short clip, and ExpressPlay records which device it is."
                </li>
                <li>
                    <strong>"Buy or rent"</strong>
                    " The film is bound to the device on that record."
                </li>
                <li>
                    <strong>"Play"</strong>
                    " Any other device asks for a licence, and is refused."
                </li>
            </ol>
        </section>
        {loaded(load, |(titles, orders)| view! { <Shelf titles orders /> })}
    }
}

#[component]
fn Shelf(titles: Vec<Title>, orders: Vec<Order>) -> impl IntoView {
    if titles.is_empty() {
        return Either::Left(view! {
            <div class="empty">
                <h2>"The shelf is empty"</h2>
                <p>"No film has been catalogued yet. Come back soon."</p>
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
                "On the shelf"
            </h2>
            <ul class="shelf">{shelf}</ul>
        </section>
    })
}

#[component]
fn Spine(title: Title, order: Option<Order>, first: bool) -> impl IntoView {
    let href = format!("/title/{}", title.slug);
    view! {
        <li class="card" data-title=title.slug.to_string()>
            <Poster title=title.clone() first />
            <div class="card-text">
                <h3>
                    <a href=href>{title.name}</a>
                </h3>
                <p class="card-tagline">{title.tagline}</p>
                <p class="facts">
                    {format!("{}, {}, ", title.genre, title.year)}
                    <time datetime=iso_duration(title.seconds)>{running_time(title.seconds)}</time>
                </p>
                {match order {
                    Some(order) => {
                        Either::Left(
                            view! {
                                <p class="card-owned">{format!("Yours, on device {}", order.device_id.short())}</p>
                            },
                        )
                    }
                    None => {
                        Either::Right(
                            view! {
                                <p class="card-price">
                                    {format!("Buy {}, rent {}", title.buy, title.rent)}
                                </p>
                            },
                        )
                    }
                }}
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
