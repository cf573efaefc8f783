//! What is known of a device, and from where; and what is bound to it.

use leptos::prelude::*;

use crate::{
    forms::move_path,
    i18n::{Locale, td, td_string},
    locale::locale,
    model::{Device, Order, OrderKind},
    words::{day, moment},
    workflow::WorkflowQuery,
};

/// When and how a device was learned of, and the films that play on it.
#[component]
pub fn DeviceFacts(
    /// The device.
    device: Device,
    /// All of the viewer's orders that can be played.
    orders: Vec<Order>,
) -> AnyView {
    let locale = locale();
    let bound: Vec<_> = orders
        .into_iter()
        .filter(|order| order.device_id == device.device_id)
        .collect();
    let moment = moment(locale, device.registered_at);
    let cookie = {
        let whole = device.cookie.to_string();
        move || {
            let short = short(&whole);
            view! { <code title=whole.clone()>{short}</code> }
        }
    };
    let run = WorkflowQuery {
        run: Some(device.cookie),
        ..WorkflowQuery::default()
    };
    view! {
        <div class="device-facts">
            <p class="facts">
                {td!(locale, devices.learned, moment, cookie)} " "
                <a href=run.href()>{td_string!(locale, devices.see)}</a>
            </p>
            {bound_here(bound, !device.this_browser)}
        </div>
    }
    .into_any()
}

fn bound_here(orders: Vec<Order>, elsewhere: bool) -> AnyView {
    let (locale, empty) = (locale(), orders.is_empty());
    let rows = orders
        .into_iter()
        .map(|order| {
            let mv = elsewhere && order.kind == OrderKind::Buy;
            let film = order.title.clone();
            view! {
                <li>
                    <a href=format!("/title/{}", order.slug)>{order.title.clone()}</a>
                    <span>{since(locale, &order)}</span>
                    {mv.then(|| {
                        view! {
                            <a
                                class="quiet-link"
                                href=move_path(order.id).to_string()
                                aria-label=td_string!(locale, devices.move_film, film)
                            >
                                {td_string!(locale, devices.move_here)}
                            </a>
                        }
                    })}
                </li>
            }
        })
        .collect_view();
    let list = match empty {
        true => {
            view! { <p class="empty-line">{td_string!(locale, devices.bound_none)}</p> }.into_any()
        }
        false => view! { <ul class="device-list">{rows}</ul> }.into_any(),
    };
    view! {
        <p class="device-bound">{td_string!(locale, devices.bound)}</p>
        {list}
    }
    .into_any()
}

/// The beginning of a cookie, which tells it from others.
fn short(cookie: &str) -> String {
    cookie.chars().take(8).chain(['…']).collect()
}

/// How a film came to be bound there, and when.
fn since(locale: Locale, order: &Order) -> String {
    let date = day(locale, order.ordered_at);
    match order.kind {
        OrderKind::Rent => td_string!(locale, devices.bound_rented, date),
        OrderKind::Buy if order.bound_at == order.ordered_at => {
            td_string!(locale, devices.bound_bought, date)
        }
        OrderKind::Buy => {
            let moved = day(locale, order.bound_at);
            td_string!(locale, devices.bound_moved, date, moved)
        }
    }
}
