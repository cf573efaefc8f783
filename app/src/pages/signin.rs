//! `/signin`: email and password, and on to where the viewer was going.

use leptos::prelude::*;
use leptos_meta::Title as PageTitle;

use crate::{
    account::Notice,
    api::backend,
    components::{alert::Alert, loaded::loaded, notice::NoticeLine},
    forms::SIGN_IN,
    i18n::td_string,
    local_path::LocalPath,
    locale::locale,
    model::{Failure, Viewer},
    pages::next,
    problem::Problem,
    respond::see_other,
    trouble::Trouble,
};

/// The sign-in page.
#[component]
pub fn SignInPage() -> impl IntoView {
    let next = next();
    let load = async {
        let backend = backend()?;
        Ok::<(Option<Viewer>, Option<Failure>, Option<Notice>), Problem>((
            backend.viewer().await?,
            backend.take_failure().await?,
            backend.take_notice().await?,
        ))
    };
    view! {
        <PageTitle text=td_string!(locale(), signin.heading) />
        {loaded(
            load,
            move |(viewer, failure, notice)| {
                if viewer.is_some() {
                    see_other(&next.clone().unwrap_or_else(LocalPath::home));
                }
                view! { <Form next=next.clone() failure notice /> }
            },
        )}
    }
}

#[component]
fn Form(
    next: Option<LocalPath>,
    failure: Option<Failure>,
    notice: Option<Notice>,
) -> impl IntoView {
    let locale = locale();
    let sign_up = next
        .clone()
        .unwrap_or_else(LocalPath::home)
        .after("/signup");
    let failed = failure.is_some();
    let email = failure.as_ref().and_then(|failure| failure.typed.clone());
    let described = failed.then_some("failure");
    view! {
        <div class="plain-page narrow">
            <h1>{td_string!(locale, signin.heading)}</h1>
            <p class="lede">{td_string!(locale, signin.lede)}</p>
            {notice.map(|notice| view! { <NoticeLine locale notice /> })}
            {failure
                .map(|failure| {
                    let trouble = Trouble::of(locale, &failure.problem);
                    view! { <Alert id="failure" locale trouble /> }
                })}
            <form class="form" method="post" action=SIGN_IN>
                <input type="hidden" name="next" value=next.map(|next| next.to_string()) />
                <div class="field">
                    <label for="email">{td_string!(locale, signin.email)}</label>
                    <input
                        id="email"
                        name="email"
                        type="email"
                        autocomplete="username"
                        required
                        value=email
                        aria-describedby=described
                        aria-invalid=failed.then_some("true")
                    />
                </div>
                <div class="field">
                    <label for="password">{td_string!(locale, signin.password)}</label>
                    <input
                        id="password"
                        name="password"
                        type="password"
                        autocomplete="current-password"
                        required
                        aria-describedby=described
                        aria-invalid=failed.then_some("true")
                    />
                </div>
                <button class="button" type="submit">
                    {td_string!(locale, signin.sign_in)}
                </button>
            </form>
            <p class="form-other">
                {td_string!(locale, signin.none_yet)} " "
                <a href=sign_up.to_string()>{td_string!(locale, signup.sign_up)}</a>
            </p>
        </div>
    }
}
