//! `/account`: who one is here, the password, and where one is signed in.

use leptos::{either::Either, prelude::*};
use leptos_meta::Title as PageTitle;

use crate::{
    account::{AccountPage as Data, Fault, NewPassword, SignIn},
    api::backend,
    components::{alert::Alert, field::Field, loaded::loaded, notice::NoticeLine},
    forms::{CHANGE_PASSWORD, SIGN_OUT, SIGN_OUT_EVERYWHERE},
    i18n::td_string,
    locale::locale,
    model::Viewer,
    trouble::Trouble,
    words::moment,
};

/// The account page.
#[component]
pub fn AccountPage() -> impl IntoView {
    let load = async {
        let backend = backend()?;
        let account = backend.account().await?;
        Ok((
            account,
            backend.take_failure().await?,
            backend.take_notice().await?,
        ))
    };
    loaded(load, |(account, failure, notice)| {
        let locale = locale();
        let Data {
            viewer,
            demo,
            sign_ins,
        } = account;
        let problem = failure.map(|failure| failure.problem);
        let faults = problem
            .as_ref()
            .map_or(vec![], |problem| problem.faults().to_vec());
        view! {
            <PageTitle text=td_string!(locale, account.heading) />
            <div class="plain-page">
                <h1>{td_string!(locale, account.heading)}</h1>
                {notice.map(|notice| view! { <NoticeLine locale notice /> })}
                {problem
                    .map(|problem| {
                        view! { <Alert locale trouble=Trouble::of(locale, &problem) /> }
                    })}
                <Who viewer=viewer.clone() />
                <section aria-labelledby="password-heading">
                    <h2 id="password-heading">{td_string!(locale, account.password)}</h2>
                    {if demo {
                        Either::Left(
                            view! {
                                <p class="note">{td_string!(locale, account.demo)}</p>
                            },
                        )
                    } else {
                        Either::Right(view! { <Password email=viewer.email faults /> })
                    }}
                </section>
                <SignedIn sign_ins />
            </div>
        }
    })
}

#[component]
fn Who(viewer: Viewer) -> impl IntoView {
    let locale = locale();
    view! {
        <dl class="facts-list">
            <div>
                <dt>{td_string!(locale, signup.name)}</dt>
                <dd>{viewer.name}</dd>
            </div>
            <div>
                <dt>{td_string!(locale, signin.email)}</dt>
                <dd>{viewer.email}</dd>
            </div>
        </dl>
        <p class="account-links">
            <a class="button" href="/orders">
                {td_string!(locale, orders.heading)}
            </a>
            <a class="button button-second" href="/devices">
                {td_string!(locale, devices.heading)}
            </a>
        </p>
    }
}

#[component]
fn Password(email: String, faults: Vec<Fault>) -> impl IntoView {
    let locale = locale();
    let least = NewPassword::LEAST_CHARACTERS;
    view! {
        <p>{td_string!(locale, account.password_text)}</p>
        <form class="form" method="post" action=CHANGE_PASSWORD novalidate>
            // For the browser, which keeps passwords by it.
            <input type="text" name="email" value=email autocomplete="username" hidden readonly />
            <Field
                locale
                name="current_password"
                label=td_string!(locale, account.current_password)
                kind="password"
                autocomplete="current-password"
                value=None
                hint=None
                faults=faults.clone()
            />
            <Field
                locale
                name="new_password"
                label=td_string!(locale, account.new_password)
                kind="password"
                autocomplete="new-password"
                value=None
                hint=Some(td_string!(locale, signup.password_hint, least))
                faults
            />
            <button class="button" type="submit">
                {td_string!(locale, account.change_password)}
            </button>
        </form>
    }
}

#[component]
fn SignedIn(sign_ins: Vec<SignIn>) -> impl IntoView {
    let locale = locale();
    let rows = sign_ins
        .into_iter()
        .map(
            |SignIn {
                 begun_at,
                 this_browser,
             }| {
                let since = moment(locale, begun_at);
                let which = match this_browser {
                    true => td_string!(locale, account.this_browser),
                    false => td_string!(locale, account.other_browser),
                };
                view! {
                    <li>
                        <strong>{which}</strong>
                        <span>{td_string!(locale, account.since, since)}</span>
                    </li>
                }
            },
        )
        .collect_view();
    view! {
        <section aria-labelledby="signed-in-heading">
            <h2 id="signed-in-heading">{td_string!(locale, account.signed_in)}</h2>
            <ul class="device-list">{rows}</ul>
            <p class="hint">{td_string!(locale, account.everywhere_text)}</p>
            <div class="account-links">
                <form method="post" action=SIGN_OUT>
                    <button class="button button-second" type="submit">
                        {td_string!(locale, account.sign_out_here)}
                    </button>
                </form>
                <form method="post" action=SIGN_OUT_EVERYWHERE>
                    <button class="button button-second" type="submit">
                        {td_string!(locale, account.sign_out_everywhere)}
                    </button>
                </form>
            </div>
        </section>
    }
}
