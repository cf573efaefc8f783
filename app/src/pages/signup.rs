//! `/signup`: an account of one's own, and on to where the viewer was going.

use leptos::prelude::*;
use leptos_meta::Title as PageTitle;

use crate::{
    account::NewPassword,
    api::backend,
    components::{alert::Alert, field::Field, loaded::loaded},
    forms::SIGN_UP,
    i18n::td_string,
    local_path::LocalPath,
    locale::locale,
    model::Failure,
    pages::next,
    respond::see_other,
    trouble::Trouble,
};

/// The sign-up page.
#[component]
pub fn SignUpPage() -> impl IntoView {
    let next = next();
    let load = async {
        let backend = backend()?;
        Ok((backend.viewer().await?, backend.take_failure().await?))
    };
    view! {
        <PageTitle text=td_string!(locale(), signup.heading) />
        {loaded(
            load,
            move |(viewer, failure)| {
                let next = next.clone().unwrap_or_else(LocalPath::home);
                if viewer.is_some() {
                    see_other(&next);
                }
                view! { <Form next failure /> }
            },
        )}
    }
}

#[component]
fn Form(next: LocalPath, failure: Option<Failure>) -> impl IntoView {
    let locale = locale();
    let (problem, email, name) = failure.map_or((None, None, None), |failure| {
        (Some(failure.problem), failure.typed, failure.name)
    });
    let faults = problem
        .as_ref()
        .map_or(vec![], |problem| problem.faults().to_vec());
    let least = NewPassword::LEAST_CHARACTERS;
    view! {
        <div class="plain-page narrow">
            <h1>{td_string!(locale, signup.heading)}</h1>
            <p class="lede">{td_string!(locale, signup.lede)}</p>
            {problem
                .map(|problem| {
                    view! { <Alert locale trouble=Trouble::of(locale, &problem) /> }
                })}
            // Not checked by the browser, so that what is wrong is told all at once, in the page's
            // own words.
            <form class="form" method="post" action=SIGN_UP novalidate>
                <input type="hidden" name="next" value=next.to_string() />
                <Field
                    locale
                    name="name"
                    label=td_string!(locale, signup.name)
                    kind="text"
                    autocomplete="name"
                    value=name
                    hint=Some(td_string!(locale, signup.name_hint).to_owned())
                    faults=faults.clone()
                />
                <Field
                    locale
                    name="email"
                    label=td_string!(locale, signin.email)
                    kind="email"
                    autocomplete="username"
                    value=email
                    hint=None
                    faults=faults.clone()
                />
                <Field
                    locale
                    name="new_password"
                    label=td_string!(locale, signin.password)
                    kind="password"
                    autocomplete="new-password"
                    value=None
                    hint=Some(td_string!(locale, signup.password_hint, least))
                    faults
                />
                <button class="button" type="submit">
                    {td_string!(locale, signup.sign_up)}
                </button>
            </form>
            <p class="form-other">
                {td_string!(locale, signup.have_one)} " "
                <a href=next.after("/signin").to_string()>{td_string!(locale, signin.sign_in)}</a>
            </p>
        </div>
    }
}
