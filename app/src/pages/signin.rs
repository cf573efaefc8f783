//! `/signin`: email and password, and on to where the viewer was going.

use leptos::prelude::*;
use leptos_meta::Title as PageTitle;

use crate::{
    api::backend,
    components::{alert::Alert, loaded::loaded},
    forms::SIGN_IN,
    local_path::LocalPath,
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
        Ok::<(Option<Viewer>, Option<Failure>), Problem>((
            backend.viewer().await?,
            backend.take_failure().await?,
        ))
    };
    view! {
        <PageTitle text="Sign in" />
        {loaded(
            load,
            move |(viewer, failure)| {
                if viewer.is_some() {
                    see_other(&next.clone().unwrap_or_else(LocalPath::home));
                }
                view! { <Form next=next.clone() failure /> }
            },
        )}
    }
}

#[component]
fn Form(next: Option<LocalPath>, failure: Option<Failure>) -> impl IntoView {
    let failed = failure.is_some();
    let email = failure.as_ref().and_then(|failure| failure.typed.clone());
    let described = failed.then_some("failure");
    view! {
        <div class="plain-page narrow">
            <h1>"Sign in"</h1>
            <p class="lede">"Your films and your devices belong to your account."</p>
            {failure
                .map(|failure| view! { <Alert id="failure" trouble=Trouble::from(&failure.problem) /> })}
            <form class="form" method="post" action=SIGN_IN>
                <input type="hidden" name="next" value=next.map(|next| next.to_string()) />
                <div class="field">
                    <label for="email">"Email"</label>
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
                    <label for="password">"Password"</label>
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
                    "Sign in"
                </button>
            </form>
        </div>
    }
}
