//! A film on the shelf.

use leptos::{either::Either, prelude::*};

use crate::{
    components::poster::Poster,
    i18n::{Locale, td_string},
    locale::locale,
    model::{Order, Rental, Title},
    words::{iso_duration, price, running_time},
};

/// A film as a volume: its poster, what is said of it, and what it costs or that it is the viewer's.
#[component]
pub fn Card(
    /// The film.
    title: Title,
    /// The viewer's order of it that can still be played.
    order: Option<Order>,
    /// Whether it is in view at once.
    #[prop(optional)]
    first: bool,
) -> impl IntoView {
    let locale = locale();
    let href = format!("/title/{}", title.slug);
    let tagline = title.about.tagline.clone();
    view! {
        <li class="card" data-title=title.slug.to_string()>
            <Poster title=title.clone() first />
            <div class="card-text">
                <h3>
                    <a href=href>{title.name.clone()}</a>
                </h3>
                <p class="card-tagline">{tagline}</p>
                <Facts title=title.clone() />
                {match order {
                    Some(order) => {
                        Either::Left(view! { <p class="card-owned">{worth(locale, &order)}</p> })
                    }
                    None => {
                        Either::Right(view! { <p class="card-price">{prices(locale, &title)}</p> })
                    }
                }}
            </div>
        </li>
    }
}

/// Genre, year and length.
#[component]
pub fn Facts(
    /// The film.
    title: Title,
) -> impl IntoView {
    view! {
        <p class="facts">
            {format!("{}, {}, ", title.about.genre, title.year)}
            <time datetime=iso_duration(title.seconds)>{running_time(title.seconds)}</time>
        </p>
    }
}

/// `Buy €9.99, rent €2.99`.
pub fn prices(locale: Locale, title: &Title) -> String {
    let (buy, rent) = (price(locale, title.buy), price(locale, title.rent));
    td_string!(locale, catalogue.prices, buy, rent)
}

/// `Yours, on device 3f2a…91c0`.
pub fn worth(locale: Locale, order: &Order) -> String {
    let device = order.device_id.short();
    td_string!(locale, catalogue.yours, device)
}

/// The newest order of the title that can still be played.
#[must_use]
pub fn playable(orders: &[Order], title: &Title) -> Option<Order> {
    orders
        .iter()
        .find(|o| o.slug == title.slug && !matches!(o.rental, Some(Rental::Over { .. })))
        .cloned()
}
