//! The top of every page: the mark, the way around, and who is signed in.

use leptos::{either::EitherOf3, prelude::*};

use crate::{
    api::backend,
    components::{device_switch::DeviceSwitch, mark::Mark},
    forms::SIGN_OUT,
    i18n::td_string,
    locale::locale,
    respond::here,
    workflow::view::PAGE,
};

/// The masthead.
#[component]
pub fn Masthead() -> impl IntoView {
    let (locale, place) = (locale(), here());
    let at = |path: &str| place.as_str().split('?').next() == Some(path);
    let (films, devices, workflow) = (at("/"), at("/devices"), at(PAGE));
    // The sign-up page has a link of its own, which goes on to where the viewer was going.
    let (signing_in, account) = (at("/signin") || at("/signup"), at("/account"));
    let slot = backend().ok().and_then(|backend| backend.slot());
    let viewer = OnceResource::new_blocking(async { backend()?.viewer().await });
    view! {
        <header class="masthead">
            <a class="wordmark" href="/">
                <Mark />
                <span>"Bindery"</span>
            </a>
            <nav aria-label=td_string!(locale, masthead.main)>
                <ul>
                    <li>
                        <a href="/" aria-current=films.then_some("page")>
                            {td_string!(locale, masthead.films)}
                        </a>
                    </li>
                    <li>
                        <a href="/devices" aria-current=devices.then_some("page")>
                            {td_string!(locale, masthead.devices)}
                        </a>
                    </li>
                    <li>
                        <a href=PAGE aria-current=workflow.then_some("page")>
                            {td_string!(locale, masthead.workflow)}
                        </a>
                    </li>
                </ul>
            </nav>
            {slot.map(|slot| view! { <DeviceSwitch in_use=slot /> })}
            <div class="masthead-viewer">
                <Suspense>
                    {move || {
                        let sign_in = place.after("/signin");
                        Suspend::new(async move {
                            match viewer.await {
                                Ok(Some(viewer)) => {
                                    let name = viewer.name.clone();
                                    EitherOf3::A(
                                        view! {
                                            <a
                                                class="viewer-name"
                                                href="/account"
                                                title=viewer.email
                                                aria-label=td_string!(
                                                    locale, masthead.account, name = name
                                                )
                                                aria-current=account.then_some("page")
                                            >
                                                {viewer.name}
                                            </a>
                                            <form method="post" action=SIGN_OUT>
                                                <button class="quiet-button" type="submit">
                                                    {td_string!(locale, masthead.sign_out)}
                                                </button>
                                            </form>
                                        },
                                    )
                                }
                                Ok(None) if !signing_in => {
                                    EitherOf3::B(
                                        view! {
                                            <a class="quiet-button" href=sign_in.to_string()>
                                                {td_string!(locale, masthead.sign_in)}
                                            </a>
                                        },
                                    )
                                }
                                Ok(None) | Err(_) => EitherOf3::C(()),
                            }
                        })
                    }}
                </Suspense>
            </div>
        </header>
    }
}
