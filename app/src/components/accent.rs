//! Each title's own cloth colour, as a style block that the policy lets through.

use leptos::prelude::*;
use leptos_meta::Style;

use crate::model::Title;

/// Gives every element with `data-title` its title's `--accent`, and its pictures a name by which
/// they move from one page to the next.
#[component]
pub fn Accents(
    /// The titles on the page.
    titles: Vec<Title>,
) -> impl IntoView {
    let rules: String = titles.iter().filter_map(rule).collect();
    view! { <Style>{rules}</Style> }
}

/// The title's rule; none where its accent is not `#rrggbb`.
fn rule(title: &Title) -> Option<String> {
    let digits = title.accent.strip_prefix('#')?;
    let fits = digits.len() == 6 && digits.bytes().all(|b| b.is_ascii_hexdigit());
    fits.then(|| {
        let slug = &title.slug;
        format!(
            "[data-title=\"{slug}\"]{{--accent:#{digits}}}\
             [data-title=\"{slug}\"] .volume:not(.volume-again){{view-transition-name:volume-{slug}}}\
             [data-title=\"{slug}\"] .wide{{view-transition-name:wide-{slug}}}"
        )
    })
}
