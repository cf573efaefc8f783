//! The one way in which anything that went wrong is shown.

use leptos::prelude::*;

use crate::trouble::Trouble;

/// An alert: the code where there is one, what happened, what to do next, and a link that helps.
#[component]
pub fn Alert(
    /// What to show.
    trouble: Trouble,
    /// The id that form fields name in `aria-describedby`.
    #[prop(optional, into)]
    id: Option<String>,
) -> impl IntoView {
    let Trouble {
        code,
        what,
        next,
        link,
    } = trouble;
    view! {
        <div class="alert" role="alert" id=id>
            {code.map(|code| view! { <p class="alert-code">{format!("Refused, code {code}")}</p> })}
            <p class="alert-what">{what}</p>
            <p class="alert-next">
                {next} {link.map(|link| view! { " " <a href=link.href>{link.text}</a> })}
            </p>
        </div>
    }
}
