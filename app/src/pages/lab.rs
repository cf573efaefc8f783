//! `/lab`: attempts to steal a film of one's own, and what catches each.

use expressplay::ErrorCode;
use leptos::prelude::*;
use leptos_meta::Title as PageTitle;
use uuid::Uuid;

use crate::{
    api::backend,
    components::{loaded::loaded, order_line::OrderLine},
    i18n::{Locale, td_string},
    islands::lab::LabBench,
    lab::{Attempt, Check, Ground, Lab, NoSandbox, Promise, words},
    local_path::LocalPath,
    locale::locale,
    model::Order,
    respond::here,
};

/// The lab.
#[component]
pub fn LabPage() -> impl IntoView {
    loaded(
        async { backend()?.lab().await },
        |Lab { ground, no_sandbox }| {
            let locale = locale();
            let body = match ground {
                Ground::Ready { order } => {
                    let tried_on = Some(order.id);
                    view! {
                        <OnTrial order />
                        <LabBench>
                            <TryAll />
                            {attempts_on(tried_on, no_sandbox)}
                        </LabBench>
                    }
                    .into_any()
                }
                missing => view! {
                    <Missing missing />
                    {attempts_on(None, no_sandbox)}
                }
                .into_any(),
            };
            view! {
                <PageTitle text=td_string!(locale, lab.title) />
                <div class="lab-page">
                    <h1>{td_string!(locale, lab.heading)}</h1>
                    <p class="lede">{td_string!(locale, lab.lede)}</p>
                    {body}
                </div>
            }
        },
    )
}

/// What is tried on.
#[component]
fn OnTrial(order: Order) -> impl IntoView {
    let locale = locale();
    let title = order.title.clone();
    view! {
        <section class="lab-trial" aria-labelledby="trial-heading">
            <h2 id="trial-heading">{td_string!(locale, lab.on_trial, title)}</h2>
            <OrderLine order />
            <p class="note without-script">{td_string!(locale, lab.without_script)}</p>
        </section>
    }
}

/// The button for all attempts, and where it says how it goes.
#[component]
fn TryAll() -> impl IntoView {
    view! {
        <div class="lab-all with-script">
            <button class="button" type="button" disabled>
                {td_string!(locale(), lab.try_all)}
            </button>
            <p class="lab-sum" role="status"></p>
        </div>
    }
}

/// The button for one, and where it says what came of it.
#[component]
fn TryIt(attempt: Attempt, name: &'static str, order: Uuid) -> impl IntoView {
    let try_it = td_string!(locale(), lab.try_it);
    view! {
        <div
            class="try"
            data-attempt=attempt.name()
            data-order=order.to_string()
            data-promise="none"
        >
            <button
                class="button button-second with-script"
                type="button"
                disabled
                aria-label=format!("{try_it}: {name}")
            >
                {try_it}
            </button>
            <p class="try-verdict" role="status"></p>
            <div class="try-outcome"></div>
        </div>
    }
}

/// What is missing, and where it can be had.
#[component]
fn Missing(missing: Ground) -> impl IntoView {
    let locale = locale();
    let (what, link) = match missing {
        Ground::Elsewhere { title } => (
            td_string!(locale, lab.missing.elsewhere, title),
            Some((here().after("/devices"), td_string!(locale, alert.devices))),
        ),
        Ground::SignedOut => (
            td_string!(locale, lab.missing.signed_out).to_owned(),
            Some((here().after("/signin"), td_string!(locale, alert.sign_in))),
        ),
        Ground::NoDevice => (
            td_string!(locale, lab.missing.no_device).to_owned(),
            Some((here().after("/devices"), td_string!(locale, alert.devices))),
        ),
        Ground::NoPurchase => (
            td_string!(locale, lab.missing.no_purchase).to_owned(),
            Some((LocalPath::home(), td_string!(locale, alert.catalogue))),
        ),
        Ground::OtherCdm | Ground::Ready { .. } => {
            (td_string!(locale, lab.missing.other_cdm).to_owned(), None)
        }
    };
    view! {
        <p class="note lab-missing">
            {what}
            {link.map(|(to, text)| view! { " " <a href=to.to_string()>{text}</a> })}
        </p>
    }
}

/// The honest try and the thefts, with buttons where there is a purchase that they are made on.
fn attempts_on(tried_on: Option<Uuid>, no_sandbox: Option<NoSandbox>) -> AnyView {
    let locale = locale();
    let card = move |attempt| {
        let why_not = no_sandbox.filter(|_| attempt == Attempt::ExpiredToken);
        card(attempt, tried_on, why_not)
    };
    let thefts = Attempt::ALL
        .into_iter()
        .filter(|attempt| *attempt != Attempt::Rightful)
        .map(card)
        .collect_view();
    view! {
        <section aria-labelledby="honest-heading">
            <h2 id="honest-heading">{td_string!(locale, lab.honest)}</h2>
            <div class="lab-cards">{card(Attempt::Rightful)}</div>
        </section>
        <section aria-labelledby="thefts-heading">
            <h2 id="thefts-heading">{td_string!(locale, lab.thefts)}</h2>
            <div class="lab-cards">{thefts}</div>
        </section>
    }
    .into_any()
}

/// One attempt.
fn card(attempt: Attempt, tried_on: Option<Uuid>, why_not: Option<NoSandbox>) -> AnyView {
    let locale = locale();
    let words::Words {
        name,
        does,
        check,
        without,
    } = words::of(locale, attempt);
    let Check { file, function } = attempt.check();
    let id = format!("{}-heading", attempt.name());
    let labelled = id.clone();
    let (catches, without_it) = match attempt {
        Attempt::Rightful => (
            td_string!(locale, lab.passes),
            td_string!(locale, lab.proves),
        ),
        _ => (
            td_string!(locale, lab.check),
            td_string!(locale, lab.without),
        ),
    };
    let tries = match (tried_on, why_not) {
        (Some(order), None) => view! { <TryIt attempt name order /> }.into_any(),
        (_, Some(why_not)) => {
            view! { <p class="note">{no_sandbox_words(locale, why_not)}</p> }.into_any()
        }
        (None, None) => ().into_any(),
    };
    view! {
        <article class="lab-card" id=attempt.name() aria-labelledby=labelled>
            <h3 id=id>{name}</h3>
            <p>{does}</p>
            <dl>
                <dt>{td_string!(locale, lab.expected)}</dt>
                <dd>
                    <Expected promise=attempt.promise() />
                </dd>
                <dt>{catches}</dt>
                <dd>
                    {check} " "
                    <span class="lab-where" lang="en">
                        <code>{format!("{function}()")}</code>
                        ", "
                        <code>{file}</code>
                    </span>
                </dd>
                <dt>{without_it}</dt>
                <dd>{without}</dd>
            </dl>
            {tries}
        </article>
    }
    .into_any()
}

/// What an attempt must come to.
#[component]
fn Expected(promise: Promise) -> impl IntoView {
    let locale = locale();
    let words = |code: ErrorCode| {
        view! {
            <code class="lab-code">{code.number()}</code>
            " "
            <span lang="en">{code.text()}</span>
        }
    };
    match promise {
        Promise::License => td_string!(locale, lab.expects_license).into_any(),
        Promise::Refused(code) => words(code).into_any(),
        Promise::NoSuchOrder => view! {
            <code class="lab-code">"no-such-order"</code>
            " "
            {td_string!(locale, lab.expects_no_order)}
        }
        .into_any(),
    }
}

fn no_sandbox_words(locale: Locale, why: NoSandbox) -> &'static str {
    match why {
        NoSandbox::RealService => td_string!(locale, lab.no_sandbox.real_service),
        NoSandbox::NoControl => td_string!(locale, lab.no_sandbox.no_control),
    }
}
