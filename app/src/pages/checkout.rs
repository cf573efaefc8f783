//! `/checkout/{slug}/{buy|rent}`: the device first, then the card.

use leptos::{either::Either, prelude::*};
use leptos_meta::Title as PageTitle;

use crate::{
    api::backend,
    components::{
        accent::Accents, alert::Alert, device_id::ShortDeviceId, loaded::loaded, poster::Poster,
    },
    forms::PLACE_ORDER,
    islands::register_device::RegisterDevice,
    local_path::LocalPath,
    model::{Cdm, Checkout, Device, Failure, OrderKind},
    pages::{
        devices::WithoutScript,
        not_found::NotFoundPage,
        param, slug,
        title::{heading, rental_terms},
    },
    problem::Problem,
    respond::here,
    trouble::Trouble,
    words::day,
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
    let here = here();
    let (mine, others): (Vec<_>, Vec<_>) = checkout
        .devices
        .iter()
        .cloned()
        .partition(|device| device.this_browser);
    let problem = failure.map(|failure| failure.problem);
    let alert = problem.clone().map(|problem| trouble(&problem, &here));
    let card_failed = problem.as_ref().is_some_and(is_about_the_card);
    let form =
        move |choice: Choice| view! { <Payment checkout=checkout.clone() choice card_failed /> };
    let body = match mine.into_iter().next() {
        Some(device) => Either::Left(form(Choice::This(device))),
        None => Either::Right(view! {
            <FirstStep cdm />
            {(!others.is_empty()).then(|| view! { <Elsewhere form=form(Choice::OneOf(others)) /> })}
        }),
    };
    view! {
        <PageTitle text=match kind {
            OrderKind::Buy => format!("Buy {}", title.name),
            OrderKind::Rent => format!("Rent {}", title.name),
        } />
        <Accents titles=vec![title.clone()] />
        <div class="checkout" data-title=title.slug.to_string()>
            <div class="checkout-main">
                <h1>{heading(kind)} {title.name.clone()}</h1>
                {alert.map(|trouble| view! { <Alert id="failure" trouble /> })}
                {had.then(|| view! { <AlreadyYours path=format!("/watch/{}?play", title.slug) /> })}
                {body}
            </div>
            <aside class="summary" aria-label="Your order">
                <Poster title=title.clone() first=true />
                <div>
                    <p class="price">{price.to_string()}</p>
                    <p>
                        {match kind {
                            OrderKind::Buy => "Yours for ever, on one device.".to_owned(),
                            OrderKind::Rent => rental_terms(terms),
                        }}
                    </p>
                </div>
            </aside>
        </div>
    }
}

/// A note to who orders what is there already.
#[component]
fn AlreadyYours(path: String) -> impl IntoView {
    view! {
        <p class="note">
            "This film is yours on this device already. Ordering it again charges nothing. "
            <a href=path>"Watch it"</a>
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
fn FirstStep(cdm: Cdm) -> impl IntoView {
    view! {
        <section class="step" aria-labelledby="register-heading">
            <h2 id="register-heading">"First, register this device"</h2>
            <p>
                "The film will play only on the device that you buy it for. So ExpressPlay must \
                 know this one: it plays a two-second clip and keeps a record. You pay after that."
            </p>
            <RegisterDevice registered=None cdm next=None reload=true />
            <WithoutScript />
        </section>
    }
}

#[component]
fn Elsewhere(form: impl IntoView + 'static) -> impl IntoView {
    view! {
        <section class="step" aria-labelledby="elsewhere-heading">
            <h2 id="elsewhere-heading">"Or order it for a device that you registered earlier"</h2>
            {form}
        </section>
    }
}

#[component]
fn Payment(checkout: Checkout, choice: Choice, card_failed: bool) -> impl IntoView {
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
                <label for="card">"Card number"</label>
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
                    "No real card is charged. 4242424242424242 succeeds; 4000000000000002 is declined."
                </p>
            </div>
            <button class="button" type="submit">
                "Pay"
            </button>
        </form>
    }
}

#[component]
fn DeviceChoice(choice: Choice) -> impl IntoView {
    match choice {
        Choice::This(device) => Either::Left(view! {
            <p class="bound-to">
                "Plays only on this device " <ShortDeviceId id=device.device_id /> "."
            </p>
        }),
        Choice::OneOf(devices) => Either::Right(view! {
            <fieldset class="choices">
                <legend>"Which device is it for?"</legend>
                {devices
                    .into_iter()
                    .map(|device| {
                        view! {
                            <label class="choice">
                                <input
                                    type="radio"
                                    name="device"
                                    value=device.id.to_string()
                                    required
                                />
                                <span>
                                    "Device " <ShortDeviceId id=device.device_id />
                                    {format!(", registered on {}", day(device.registered_at))}
                                </span>
                            </label>
                        }
                    })
                    .collect_view()}
                <p class="hint">"It will not play on this one."</p>
            </fieldset>
        }),
    }
}

/// The problem, with a way back here from wherever it can be mended.
fn trouble(problem: &Problem, here: &LocalPath) -> Trouble {
    let trouble = Trouble::from(problem);
    match problem {
        Problem::TwoDevices => {
            trouble.with_link(here.after("/devices").to_string(), "Go to your devices")
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
