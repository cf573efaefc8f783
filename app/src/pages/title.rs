//! `/title/{slug}`: one film, what it costs, and whether it is yours.

use leptos::prelude::*;
use leptos_meta::Title as PageTitle;

use crate::{
    api::backend,
    components::{accent::Accents, loaded::loaded, order_line::OrderLine, poster::Poster},
    forms::checkout_path,
    i18n::{Locale, td_string},
    locale::locale,
    model::{Order, OrderKind, RentalTerms, Slug, TitlePage as Data},
    pages::slug,
    words::{days, hours, iso_duration, price, running_time},
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
    let locale = locale();
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
        (false, _) => td_string!(locale, title.offer),
        (true, true) => td_string!(locale, title.offer_elsewhere),
        (true, false) => td_string!(locale, title.offer_here),
    };
    let about = title.about.clone();
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
                    <p class="lede">{about.tagline}</p>
                    <p class="facts">
                        {format!("{}, {}, ", about.genre, title.year)}
                        <time datetime=iso_duration(title.seconds)>
                            {running_time(title.seconds)}
                        </time>
                    </p>
                    <p class="synopsis">{about.synopsis}</p>
                    {owned.then(|| view! { <Yours slug=title.slug.clone() orders here /> })}
                    <section class="offers" aria-labelledby="offers-heading">
                        <h2 id="offers-heading">{offer}</h2>
                        {here
                            .then(|| {
                                view! {
                                    <p class="hint">{td_string!(locale, title.elsewhere_text)}</p>
                                }
                            })}
                        <div class="offer-row">
                            <div class="offer">
                                <p class="price" id="price-buy">
                                    {price(locale, title.buy)}
                                </p>
                                <p id="terms-buy">{td_string!(locale, title.buy_terms)}</p>
                                <a
                                    class="button"
                                    href=checkout_path(&title.slug, OrderKind::Buy).to_string()
                                    aria-describedby="price-buy terms-buy"
                                >
                                    {td_string!(locale, title.buy)}
                                </a>
                            </div>
                            <div class="offer">
                                <p class="price" id="price-rent">
                                    {price(locale, title.rent)}
                                </p>
                                <p id="terms-rent">{rental_terms(locale, terms)}</p>
                                <a
                                    class="button button-second"
                                    href=checkout_path(&title.slug, OrderKind::Rent).to_string()
                                    aria-describedby="price-rent terms-rent"
                                >
                                    {td_string!(locale, title.rent)}
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

/// The terms of a rental, in a sentence or two.
pub(super) fn rental_terms(locale: Locale, terms: RentalTerms) -> String {
    let days = days(locale, terms.start_within_days);
    let hours = hours(locale, terms.play_hours);
    td_string!(locale, title.rent_terms, days, hours)
}
