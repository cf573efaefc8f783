//! What the web host says in plain text, where no page can be shown.

use crate::i18n::{Locale, td_string};

/// To a form that another site sent.
#[must_use]
pub fn other_site(locale: Locale) -> String {
    format!("{}\n", td_string!(locale, refusal.other_site))
}

/// To a request that is longer than any form of the shop's.
#[must_use]
pub fn too_long(locale: Locale) -> String {
    format!("{}\n", td_string!(locale, refusal.too_long))
}
