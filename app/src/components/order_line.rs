//! What an order is worth, in a sentence.

use leptos::prelude::*;

use crate::{
    components::device_id::ShortDeviceId,
    model::{Order, OrderKind, Rental},
    words::{day, moment},
};

/// `Bought on 3 November 2026. Plays on device 3f2a…91c0, for ever.`
#[component]
pub fn OrderLine(
    /// The order.
    order: Order,
    /// Whether a rental that waits may start at any moment: then it says what stays true.
    #[prop(optional)]
    may_start: bool,
) -> impl IntoView {
    let verb = match order.kind {
        OrderKind::Buy => "Bought",
        OrderKind::Rent => "Rented",
    };
    let terms = match order.rental {
        None => ", for ever.".to_owned(),
        Some(Rental::Waiting { .. }) if may_start => ", for a time once started.".to_owned(),
        Some(Rental::Waiting { start_by }) => format!(". Start it by {}.", moment(start_by)),
        Some(Rental::Started { ends_at }) => format!(", until {}.", moment(ends_at)),
        Some(Rental::Over { ended_at }) => format!(". It ended on {}.", moment(ended_at)),
    };
    view! {
        <p class="order-line">
            {format!("{verb} on {}. Plays only on device ", day(order.ordered_at))}
            <ShortDeviceId id=order.device_id /> {terms}
        </p>
    }
}
