//! What an order is worth, in a sentence.

use leptos::prelude::*;

use crate::{
    components::device_id::ShortDeviceId,
    i18n::{td, td_string},
    locale::locale,
    model::{Order, Rental},
    words::{day, moment},
};

/// `Bought on 3 November 2026. Plays only on device 3f2a…91c0, for ever. Receipt` A purchase has no
/// rental.
#[component]
pub fn OrderLine(
    /// The order.
    order: Order,
    /// Whether a rental that waits may start at any moment: then it says what stays true.
    #[prop(optional)]
    may_start: bool,
) -> impl IntoView {
    let (locale, id) = (locale(), order.device_id);
    let device = move || view! { <ShortDeviceId id /> };
    let date = day(locale, order.ordered_at);
    let receipt = format!("/orders/{}", order.id);
    let receipt_of = td_string!(locale, order.receipt_of, film = order.title);
    let sentence = match order.rental {
        None => td!(locale, order.bought, date, device).into_any(),
        Some(Rental::Waiting { .. }) if may_start => {
            td!(locale, order.rented, date, device).into_any()
        }
        Some(Rental::Waiting { start_by }) => {
            let moment = moment(locale, start_by);
            td!(locale, order.rented_waiting, date, moment, device).into_any()
        }
        Some(Rental::Started { ends_at }) => {
            let moment = moment(locale, ends_at);
            td!(locale, order.rented_started, date, moment, device).into_any()
        }
        Some(Rental::Over { ended_at }) => {
            let moment = moment(locale, ended_at);
            td!(locale, order.rented_over, date, moment, device).into_any()
        }
    };
    view! {
        <p class="order-line">
            {sentence} " "
            <a href=receipt aria-label=receipt_of>
                {td_string!(locale, order.receipt)}
            </a>
        </p>
    }
}
