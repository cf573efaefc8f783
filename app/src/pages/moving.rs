//! `/move/{order}`: a purchase moves to this browser's device.

use jiff::Timestamp;
use leptos::{either::Either, prelude::*};
use leptos_meta::Title as PageTitle;
use uuid::Uuid;

use crate::{
    api::backend,
    components::{
        accent::Accents, alert::Alert, device_id::WholeDeviceId, loaded::loaded,
        order_line::OrderLine, poster::Poster, register_first::RegisterFirst,
    },
    forms::MOVE_ORDER,
    i18n::td_string,
    locale::locale,
    model::{Failure, Moving, Title},
    pages::param,
    problem::Problem,
    trouble::Trouble,
    words::{days, moment},
};

/// The page.
#[component]
pub fn MovePage() -> impl IntoView {
    let order: Result<Uuid, _> = param("order").parse();
    let load = async move {
        let backend = backend()?;
        let order = order.map_err(|_| Problem::NoSuchOrder)?;
        Ok((backend.moving(order).await?, backend.take_failure().await?))
    };
    loaded(load, |(moving, failure)| view! { <Move moving failure /> })
}

#[component]
fn Move(moving: Moving, failure: Option<Failure>) -> impl IntoView {
    let locale = locale();
    let title = moving.title.clone();
    let (name, film, slug) = (
        title.name.clone(),
        title.name.clone(),
        title.slug.to_string(),
    );
    let heading = td_string!(locale, moving.title, film);
    view! {
        <PageTitle text=heading.clone() />
        <Accents titles=vec![title.clone()] />
        <div class="checkout" data-title=slug>
            <div class="checkout-main">
                <h1>{heading}</h1>
                <p class="lede">{td_string!(locale, moving.lede)}</p>
                {failure
                    .map(|failure| {
                        view! { <Alert locale trouble=Trouble::of(locale, &failure.problem) /> }
                    })}
                <Ends moving=moving.clone() />
                {act(&moving)}
                <p class="move-back">
                    <a class="quiet-link" href="/devices">
                        {td_string!(locale, moving.back)}
                    </a>
                </p>
            </div>
            <aside class="summary" aria-label=name>
                <Poster title first=true />
                <OrderLine order=moving.order />
            </aside>
        </div>
    }
}

/// From which device to which.
#[component]
fn Ends(moving: Moving) -> impl IntoView {
    let locale = locale();
    let there = moving.order.device_id;
    let here = moving.here.map(|device| device.device_id);
    view! {
        <dl class="move-ends">
            <div>
                <dt>{td_string!(locale, moving.from)}</dt>
                <dd>
                    <WholeDeviceId id=there />
                </dd>
            </div>
            {here
                .filter(|here| *here != there)
                .map(|here| {
                    view! {
                        <div>
                            <dt>{td_string!(locale, moving.to)}</dt>
                            <dd>
                                <WholeDeviceId id=here />
                            </dd>
                        </div>
                    }
                })}
        </dl>
    }
}

/// What can be done: one thing, or nothing and why.
fn act(moving: &Moving) -> impl IntoView + use<> {
    let locale = locale();
    let there = moving.order.device_id;
    match (&moving.why_not, &moving.here, moving.again_from) {
        (Some(why), ..) => {
            let trouble = Trouble::about(locale, &moving.title.slug, why);
            Either::Right(view! { <Alert locale trouble /> }.into_any())
        }
        (None, None, _) => {
            let why = td_string!(locale, moving.register_text);
            Either::Left(view! { <RegisterFirst cdm=moving.cdm why /> })
        }
        (None, Some(here), _) if here.device_id == there => Either::Right(is_here(&moving.title)),
        (None, Some(_), Some(from)) => Either::Right(not_before(from)),
        (None, Some(_), None) => Either::Right(deliberately(moving)),
    }
}

fn is_here(title: &Title) -> AnyView {
    let locale = locale();
    view! {
        <p class="note">
            {td_string!(locale, moving.is_here)} " "
            <a href=format!("/watch/{}?play", title.slug)>{td_string!(locale, moving.play)}</a>
        </p>
    }
    .into_any()
}

fn not_before(from: Timestamp) -> AnyView {
    let locale = locale();
    let moment = moment(locale, from);
    view! { <p class="note">{td_string!(locale, moving.not_before, moment)}</p> }.into_any()
}

fn deliberately(moving: &Moving) -> AnyView {
    let locale = locale();
    let (seconds, days) = (moving.token_seconds, days(locale, moving.days_between));
    let steps = [
        td_string!(locale, moving.ask).to_owned(),
        td_string!(locale, moving.bind).to_owned(),
        td_string!(locale, moving.old, seconds),
        td_string!(locale, moving.limit, days),
    ]
    .map(|step| view! { <li>{step}</li> })
    .collect_view();
    let form = view! {
        <form class="form" method="post" action=MOVE_ORDER>
            <input type="hidden" name="order" value=moving.order.id.to_string() />
            <button class="button" type="submit">
                {td_string!(locale, moving.button)}
            </button>
        </form>
    };
    view! {
        <section class="step" aria-labelledby="what-happens">
            <h2 id="what-happens">{td_string!(locale, moving.what)}</h2>
            <ol class="move-steps">{steps}</ol>
            {form.into_any()}
        </section>
    }
    .into_any()
}
