//! The one way in which anything that went wrong is shown.

use leptos::{either::Either, prelude::*};

use crate::{
    i18n::{Locale, td_string},
    trouble::Trouble,
};

/// An alert: the code where there is one, what happened, what to do next, and a link that helps.
#[component]
pub fn Alert(
    /// The language of the page.
    locale: Locale,
    /// What to show.
    trouble: Trouble,
    /// The id that form fields name in `aria-describedby`.
    #[prop(optional, into)]
    id: Option<String>,
) -> impl IntoView {
    let Trouble {
        code,
        what,
        quoted,
        next,
        link,
    } = trouble;
    let code = code.map(|code| td_string!(locale, alert.code, code));
    view! {
        <div class="alert" role="alert" id=id>
            {code.map(|code| view! { <p class="alert-code">{code}</p> })}
            <p class="alert-what">{in_english(what, quoted)}</p>
            <p class="alert-next">
                {next} {link.map(|link| view! { " " <a href=link.href>{link.text}</a> })}
            </p>
        </div>
    }
}

/// The text, with what is quoted in it marked as English, for those who listen to the page.
fn in_english(text: String, quoted: Option<String>) -> impl IntoView {
    let quoted = quoted.and_then(|quoted| {
        let (before, after) = text.split_once(&quoted)?;
        Some((before.to_owned(), quoted, after.to_owned()))
    });
    match quoted {
        Some((before, quoted, after)) => {
            Either::Left(view! { {before} <span lang="en">{quoted}</span> {after} })
        }
        None => Either::Right(text),
    }
}
