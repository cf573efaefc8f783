//! `/checkout/{slug}/{buy|rent}`: the device first, then the card.

use expressplay::DeviceId;
use leptos::{either::Either, prelude::*};
use leptos_meta::Title as PageTitle;

use crate::{
    api::backend,
    components::{
        accent::Accents, alert::Alert, device_id::ShortDeviceId, loaded::loaded, poster::Poster,
        register_first::RegisterFirst,
    },
    forms::PLACE_ORDER,
    i18n::{Locale, td, td_string},
    local_path::LocalPath,
    locale::locale,
    model::{Checkout, Device, Failure, OrderKind},
    pages::{not_found::NotFoundPage, param, slug, title::offers::rental_terms},
    problem::Problem,
    respond::here,
    trouble::Trouble,
    words::{self, day},
};

/// The checkout.
#[component]
pub fn CheckoutPage() -> impl IntoView {
    let slug = slug();
    let Some(kind) = OrderKind::from_path(&param("kind")) else {
        return Either::Left(view! { <NotFoundPage /> });
    };
    let load = async move {
        let backend = backend()?;
        Ok((
            backend.checkout(&slug?, kind).await?,
            backend.take_failure().await?,
        ))
    };
    Either::Right(loaded(
        load,
        |(checkout, failure)| view! { <Counter checkout failure /> },
    ))
}

#[component]
fn Counter(checkout: Checkout, failure: Option<Failure>) -> impl IntoView {
    let Checkout {
        title,
        kind,
        price,
        terms,
        cdm,
        had,
        ..
    } = checkout.clone();
    let (locale, here) = (locale(), here());
    let (mine, others): (Vec<_>, Vec<_>) = checkout
        .devices
        .iter()
        .cloned()
        .partition(|device| device.this_browser);
    let problem = failure.map(|failure| failure.problem);
    let alert = problem
        .clone()
        .map(|problem| trouble(locale, &problem, &here));
    let card_failed = problem.as_ref().is_some_and(is_about_the_card);
    let form =
        move |choice: Choice| view! { <Payment checkout=checkout.clone() choice card_failed /> };
    let body = match mine.into_iter().next() {
        Some(device) => Either::Left(form(Choice::This(device))),
        None => Either::Right(view! {
            <RegisterFirst cdm why=td_string!(locale, checkout.register_text) />
            {(!others.is_empty()).then(|| view! { <Elsewhere form=form(Choice::OneOf(others)) /> })}
        }),
    };
    let film = title.name.clone();
    let (heading, terms) = match kind {
        OrderKind::Buy => (
            td_string!(locale, checkout.buy, film),
            td_string!(locale, checkout.for_ever).to_owned(),
        ),
        OrderKind::Rent => (
            td_string!(locale, checkout.rent, film),
            rental_terms(locale, terms),
        ),
    };
    view! {
        <PageTitle text=heading.clone() />
        <Accents titles=vec![title.clone()] />
        <div class="checkout" data-title=title.slug.to_string()>
            <div class="checkout-main">
                <h1>{heading}</h1>
                {alert.map(|trouble| view! { <Alert id="failure" locale trouble /> })}
                {had.then(|| view! { <AlreadyYours path=format!("/watch/{}?play", title.slug) /> })}
                {body}
            </div>
            <aside class="summary" aria-label=td_string!(locale, checkout.order)>
                <Poster title=title.clone() first=true />
                <div>
                    <p class="price">{words::price(locale, price)}</p>
                    <p>{terms}</p>
                </div>
            </aside>
        </div>
    }
}

/// A note to who orders what is there already.
#[component]
fn AlreadyYours(path: String) -> impl IntoView {
    let locale = locale();
    view! {
        <p class="note">
            {td_string!(locale, checkout.had)} " "
            <a href=path>{td_string!(locale, checkout.had_link)}</a>
        </p>
    }
}

/// Which devices the order can be for.
#[derive(Clone)]
enum Choice {
    /// This browser's own.
    This(Device),
    /// One of these, as the viewer says.
    OneOf(Vec<Device>),
}

#[component]
fn Elsewhere(form: impl IntoView + 'static) -> impl IntoView {
    view! {
        <section class="step" aria-labelledby="elsewhere-heading">
            <h2 id="elsewhere-heading">{td_string!(locale(), checkout.elsewhere)}</h2>
            {form}
        </section>
    }
}

#[component]
fn Payment(checkout: Checkout, choice: Choice, card_failed: bool) -> impl IntoView {
    let locale = locale();
    let described = if card_failed {
        "failure card-hint"
    } else {
        "card-hint"
    };
    view! {
        <form class="form" method="post" action=PLACE_ORDER>
            <input type="hidden" name="slug" value=checkout.title.slug.to_string() />
            <input type="hidden" name="kind" value=checkout.kind.as_path() />
            <input type="hidden" name="order_key" value=checkout.order_key.to_string() />
            <DeviceChoice choice />
            <div class="field">
                <label for="card">{td_string!(locale, checkout.card)}</label>
                <input
                    id="card"
                    name="card_number"
                    type="text"
                    inputmode="numeric"
                    autocomplete="cc-number"
                    required
                    aria-describedby=described
                    aria-invalid=card_failed.then_some("true")
                />
                <p class="hint" id="card-hint">
                    {td_string!(locale, checkout.card_hint)}
                </p>
            </div>
            <button class="button" type="submit">
                {td_string!(locale, checkout.pay)}
            </button>
        </form>
    }
}

#[component]
fn DeviceChoice(choice: Choice) -> impl IntoView {
    let locale = locale();
    let short = |id: DeviceId| move || view! { <ShortDeviceId id /> };
    match choice {
        Choice::This(device) => Either::Left(view! {
            <p class="bound-to">
                {td!(locale, checkout.this_device, device = short(device.device_id))}
            </p>
        }),
        Choice::OneOf(devices) => Either::Right(view! {
            <fieldset class="choices">
                <legend>{td_string!(locale, checkout.which)}</legend>
                {devices
                    .into_iter()
                    .map(|device| {
                        let date = day(locale, device.registered_at);
                        let id = device.id.to_string();
                        let device = short(device.device_id);
                        view! {
                            <label class="choice">
                                <input
                                    type="radio"
                                    name="device"
                                    value=id
                                    required
                                />
                                <span>
                                    {td!(locale, checkout.choice, date, device)}
                                </span>
                            </label>
                        }
                    })
                    .collect_view()}
                <p class="hint">{td_string!(locale, checkout.not_here)}</p>
            </fieldset>
        }),
    }
}

/// The problem, with a way back here from wherever it can be mended.
fn trouble(locale: Locale, problem: &Problem, here: &LocalPath) -> Trouble {
    let trouble = Trouble::of(locale, problem);
    match problem {
        Problem::TwoDevices => {
            let devices = here.after("/devices").to_string();
            trouble.with_link(devices, td_string!(locale, alert.devices))
        }
        Problem::NotRegistered | Problem::NoSuchDevice => Trouble {
            link: None,
            ..trouble
        },
        _ => trouble,
    }
}

/// Whether the card's number is what the viewer has to look at.
fn is_about_the_card(problem: &Problem) -> bool {
    matches!(problem, Problem::CardInvalid | Problem::CardDeclined)
}
