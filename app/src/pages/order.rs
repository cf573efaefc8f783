//! `/orders/{number}`: an order's receipt, made to be printed, and below it what became of it.

use leptos::prelude::*;
use leptos_meta::Title as PageTitle;
use uuid::Uuid;

use super::title::offers::rental_terms;
use crate::{
    api::backend,
    components::{
        alert::Alert, device_id::WholeDeviceId, loaded::loaded, mark::Mark,
        order_history::OrderHistory,
    },
    i18n::{Locale, td_string},
    locale::locale,
    model::{Failure, Order, OrderKind, Rental},
    pages::param,
    problem::Problem,
    receipt::{OrderPage as Data, Payment},
    trouble::Trouble,
    words::{instant, moment, price},
};

/// An order's own page.
#[component]
pub fn OrderPage() -> impl IntoView {
    let id = param("order").parse().map_err(|_| Problem::NoSuchOrder);
    let load = async move {
        let backend = backend()?;
        // Whoever is signed out hears nothing of which orders there are.
        if backend.viewer().await?.is_none() {
            return Err(Problem::SignedOut);
        }
        let id: Uuid = id?;
        Ok((backend.order(id).await?, backend.take_failure().await?))
    };
    loaded(load, |(data, failure): (Data, Option<Failure>)| {
        let locale = locale();
        let order = data.order.clone();
        let film = order.title.clone();
        let (id, plays) = (order.id, order.still_plays());
        let history = data.history.clone();
        view! {
            <PageTitle text=td_string!(locale, receipt.title, film) />
            <div class="order-page">
                <div>
                <Receipt data />
                <p class="order-links">
                    {plays
                        .then(|| {
                            view! {
                                <a
                                    class="button button-play"
                                    href=format!("/watch/{}?play", order.slug)
                                >
                                    {td_string!(locale, title.play)}
                                </a>
                            }
                        })} <a class="quiet-link" href="/orders">
                        {td_string!(locale, receipt.all)}
                    </a>
                </p>
                </div>
                <section class="order-history" id="history" aria-labelledby="history-heading">
                    <h2 id="history-heading">{td_string!(locale, history.heading)}</h2>
                    {failure
                        .map(|failure| {
                            view! { <Alert locale trouble=Trouble::of(locale, &failure.problem) /> }
                        })}
                    <OrderHistory order=id history />
                </section>
            </div>
        }
    })
}

/// The receipt: all of what is printed.
#[component]
fn Receipt(data: Data) -> impl IntoView {
    let locale = locale();
    let Data {
        order,
        viewer,
        terms,
        payment,
        ..
    } = data;
    let Payment {
        amount,
        card_last_four,
        paid_at,
    } = payment;
    let terms = match order.kind {
        OrderKind::Buy => td_string!(locale, checkout.for_ever).to_owned(),
        OrderKind::Rent => rental_terms(locale, terms),
    };
    let stands = stands(locale, &order);
    view! {
        <article class="receipt" aria-labelledby="receipt-heading">
            <header class="receipt-head">
                <p class="receipt-shop">
                    <Mark />
                    "Bindery"
                </p>
                <h1 id="receipt-heading">{td_string!(locale, receipt.heading)}</h1>
            </header>
            <div class="receipt-goods">
                <div>
                    <p class="receipt-film">{order.title.clone()}</p>
                    <p class="facts">{kind(locale, order.kind)} ". " {terms}</p>
                </div>
                <p class="price">{price(locale, order.price)}</p>
            </div>
            <dl class="facts-list">
                {fact(td_string!(locale, receipt.number), order.id.to_string())}
                {fact(td_string!(locale, receipt.ordered), moment(locale, order.ordered_at))}
                {fact(
                    td_string!(locale, receipt.viewer),
                    format!("{}, {}", viewer.name, viewer.email),
                )}
                {fact(td_string!(locale, receipt.paid), price(locale, amount))}
                {fact(td_string!(locale, receipt.paid_at), instant(locale, paid_at))}
                {fact(
                    td_string!(locale, receipt.card),
                    td_string!(locale, receipt.card_ends, digits = card_last_four),
                )}
                {fact(
                    td_string!(locale, receipt.device),
                    view! { <WholeDeviceId id=order.device_id /> },
                )}
                {stands.map(|stands| fact(td_string!(locale, receipt.rental), stands))}
            </dl>
            <p class="hint">{td_string!(locale, receipt.demonstration)}</p>
        </article>
    }
}

fn fact(name: &'static str, value: impl IntoView) -> impl IntoView {
    view! {
        <div>
            <dt>{name}</dt>
            <dd>{value}</dd>
        </div>
    }
}

/// Where a rental stands.
fn stands(locale: Locale, order: &Order) -> Option<String> {
    Some(match order.rental? {
        Rental::Waiting { start_by } => {
            td_string!(locale, receipt.waiting, time = moment(locale, start_by))
        }
        Rental::Started { ends_at } => {
            td_string!(locale, receipt.started, time = moment(locale, ends_at))
        }
        Rental::Over { ended_at } => {
            td_string!(locale, receipt.over, time = moment(locale, ended_at))
        }
    })
}

/// Bought or rented, in a word.
fn kind(locale: Locale, kind: OrderKind) -> &'static str {
    match kind {
        OrderKind::Buy => td_string!(locale, receipt.bought),
        OrderKind::Rent => td_string!(locale, receipt.rented),
    }
}
