//! A row of the shop's front.

use leptos::prelude::*;

/// A heading, and what stands under it.
#[component]
pub fn Row(
    /// What the heading is known by on the page.
    #[prop(into)]
    id: String,
    /// The heading.
    #[prop(into)]
    heading: String,
    /// Where the heading leads, if it does.
    #[prop(optional, into)]
    href: Option<String>,
    /// How many films stand in it, where rows stand side by side.
    #[prop(optional)]
    films: Option<usize>,
    /// What stands under it.
    children: Children,
) -> impl IntoView {
    let heading = match href {
        Some(href) => view! { <a href=href>{heading}</a> }.into_any(),
        None => heading.into_any(),
    };
    let labelled = id.clone();
    view! {
        <section class="row" aria-labelledby=labelled data-films=films>
            <h2 class="row-heading" id=id>
                {heading}
            </h2>
            {children()}
        </section>
    }
}
