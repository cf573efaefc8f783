//! Buying and renting side by side, with their terms in plain words.

use expressplay::DeviceId;
use leptos::{either::Either, prelude::*};

use crate::{
    components::device_id::ShortDeviceId,
    forms::checkout_path,
    i18n::{Locale, td, td_string},
    locale::locale,
    model::{OrderKind, RentalTerms, Title},
    words::{days, hours, price},
};

/// What a film costs, what one gets for it, and on which device.
#[component]
pub fn Offers(
    /// The film.
    title: Title,
    /// The terms of a rental.
    terms: RentalTerms,
    /// Whether the viewer has it.
    owned: bool,
    /// Whether the viewer has it on this device.
    here: bool,
    /// The device that this browser is, if it is one.
    this_device: Option<DeviceId>,
) -> impl IntoView {
    let locale = locale();
    let heading = match (owned, here) {
        (false, _) => td_string!(locale, title.offer),
        (true, true) => td_string!(locale, title.offer_elsewhere),
        (true, false) => td_string!(locale, title.offer_here),
    };
    let days = days(locale, terms.start_within_days);
    let hours = hours(locale, terms.play_hours);
    let buy = price(locale, title.buy);
    let rent = price(locale, title.rent);
    view! {
        <section class="offers" aria-labelledby="offers-heading">
            <h2 id="offers-heading">{heading}</h2>
            <ForDevice here this_device />
            <div class="offer-row">
                <div class="offer">
                    <h3>{td_string!(locale, title.keep)}</h3>
                    <p class="price" id="price-buy">
                        {buy}
                    </p>
                    <ul class="terms" id="terms-buy">
                        <li>{td_string!(locale, title.keep_time)}</li>
                        <li>{td_string!(locale, title.keep_often)}</li>
                        <li>{td_string!(locale, title.one_device)}</li>
                    </ul>
                    <a
                        class="button"
                        href=checkout_path(&title.slug, OrderKind::Buy).to_string()
                        aria-describedby="price-buy terms-buy"
                    >
                        {td_string!(locale, title.buy)}
                    </a>
                </div>
                <div class="offer">
                    <h3>{td_string!(locale, title.lend)}</h3>
                    <p class="price" id="price-rent">
                        {rent}
                    </p>
                    <ul class="terms" id="terms-rent">
                        <li>{td_string!(locale, title.lend_start, days)}</li>
                        <li>{td_string!(locale, title.lend_time, hours)}</li>
                        <li>{td_string!(locale, title.one_device)}</li>
                    </ul>
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
    }
}

/// Which device it would be for.
#[component]
fn ForDevice(here: bool, this_device: Option<DeviceId>) -> impl IntoView {
    let locale = locale();
    let text = match this_device {
        _ if here => Either::Left(td_string!(locale, title.elsewhere_text)),
        None => Either::Left(td_string!(locale, title.for_some_device)),
        Some(id) => Either::Right(td!(
            locale,
            title.for_device,
            device = move || view! { <ShortDeviceId id /> }
        )),
    };
    view! {
        <p class="for-device">
            {text} " " <a href="/#how">{td_string!(locale, title.why_one)}</a>
        </p>
    }
}

/// The terms of a rental, in a sentence or two.
pub(in crate::pages) fn rental_terms(locale: Locale, terms: RentalTerms) -> String {
    let days = days(locale, terms.start_within_days);
    let hours = hours(locale, terms.play_hours);
    td_string!(locale, title.rent_terms, days, hours)
}
