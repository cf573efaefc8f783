//! `/title/{slug}`: one film, what it costs, and whether it is yours.

use leptos::{either::Either, prelude::*};
use leptos_meta::Title as PageTitle;

use crate::{
    api::backend,
    components::{accent::Accents, loaded::loaded, order_line::OrderLine, poster::Poster},
    forms::checkout_path,
    model::{Order, OrderKind, RentalTerms, Slug, TitlePage as Data},
    pages::slug,
    words::{count, iso_duration, running_time},
};

/// A title's own page.
#[component]
pub fn TitlePage() -> impl IntoView {
    let slug = slug();
    loaded(
        async move { backend()?.title(&slug?).await },
        |data| view! { <Volume data /> },
    )
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
    let offer = match (owned, here) {
        (false, _) => "Make it yours",
        (true, true) => "Have it on another device",
        (true, false) => "Have it on this device too",
    };
    view! {
        <PageTitle text=title.name.clone() />
        <Accents titles=vec![title.clone()] />
        <article class="title-page" data-title=title.slug.to_string()>
            <div class="backdrop">
                <img src=title.backdrop.clone() alt="" width="1280" height="720" />
            </div>
            <div class="title-body">
                <Poster title=title.clone() first=true />
                <div class="title-text">
                    <h1>{title.name.clone()}</h1>
                    <p class="lede">{title.tagline.clone()}</p>
                    <p class="facts">
                        {format!("{}, {}, ", title.genre, title.year)}
                        <time datetime=iso_duration(title.seconds)>
                            {running_time(title.seconds)}
                        </time>
                    </p>
                    <p class="synopsis">{title.synopsis.clone()}</p>
                    {owned.then(|| view! { <Yours slug=title.slug.clone() orders here /> })}
                    <section class="offers" aria-labelledby="offers-heading">
                        <h2 id="offers-heading">{offer}</h2>
                        {here
                            .then(|| {
                                view! {
                                    <p class="hint">
                                        "Sign in on that device, and buy or rent it there. Here it is \
                                         yours already: nothing that you have is charged again."
                                    </p>
                                }
                            })}
                        <div class="offer-row">
                            <div class="offer">
                                <p class="price" id="price-buy">
                                    {title.buy.to_string()}
                                </p>
                                <p id="terms-buy">
                                    "Yours for ever, on the one device that you buy it for."
                                </p>
                                <a
                                    class="button"
                                    href=checkout_path(&title.slug, OrderKind::Buy).to_string()
                                    aria-describedby="price-buy terms-buy"
                                >
                                    "Buy"
                                </a>
                            </div>
                            <div class="offer">
                                <p class="price" id="price-rent">
                                    {title.rent.to_string()}
                                </p>
                                <p id="terms-rent">{rental_terms(terms)}</p>
                                <a
                                    class="button button-second"
                                    href=checkout_path(&title.slug, OrderKind::Rent).to_string()
                                    aria-describedby="price-rent terms-rent"
                                >
                                    "Rent"
                                </a>
                            </div>
                        </div>
                    </section>
                </div>
            </div>
        </article>
    }
}

#[component]
fn Yours(slug: Slug, orders: Vec<Order>, here: bool) -> impl IntoView {
    view! {
        <section class="yours" aria-labelledby="yours-heading">
            <h2 id="yours-heading">{if here { "Yours" } else { "Yours, on another device" }}</h2>
            {orders.into_iter().map(|order| view! { <OrderLine order /> }).collect_view()}
            <a class="button button-play" href=format!("/watch/{slug}?play")>
                "Play"
            </a>
        </section>
    }
}

/// The terms of a rental, in a sentence or two.
pub(super) fn rental_terms(terms: RentalTerms) -> String {
    format!(
        "On one device. Start it within {}; once started, it is yours for {}.",
        count(terms.start_within_days, "day"),
        count(terms.play_hours, "hour"),
    )
}

/// What is bought or rented, in a word.
pub(super) fn heading(kind: OrderKind) -> impl IntoView {
    match kind {
        OrderKind::Buy => Either::Left("Buy "),
        OrderKind::Rent => Either::Right("Rent "),
    }
}
