//! A problem as a viewer sees it: what happened, what to do next, and a link that helps.

use crate::{
    i18n::{Locale, td_string},
    model::Slug,
    problem::Problem,
};

/// What an alert says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    /// ExpressPlay's code, where it is a refusal.
    pub code: Option<i32>,
    /// What happened, and why.
    pub what: String,
    /// The part of it that is ExpressPlay's own words, which are English.
    pub quoted: Option<String>,
    /// What to do next.
    pub next: String,
    /// A place that helps, and what the link to it says.
    pub link: Option<Link>,
}

/// A link in an alert.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// Where it leads.
    pub href: String,
    /// What it says.
    pub text: &'static str,
}

impl Trouble {
    /// Trouble with no code and no link.
    #[must_use]
    pub fn new(what: impl Into<String>, next: impl Into<String>) -> Self {
        Self {
            code: None,
            what: what.into(),
            quoted: None,
            next: next.into(),
            link: None,
        }
    }

    /// The same, with a link that helps.
    #[must_use]
    pub fn with_link(self, href: impl Into<String>, text: &'static str) -> Self {
        Self {
            link: Some(Link {
                href: href.into(),
                text,
            }),
            ..self
        }
    }

    /// A problem, with a link to where it can be mended.
    #[must_use]
    pub fn of(locale: Locale, problem: &Problem) -> Self {
        let trouble = Self {
            code: match problem {
                Problem::ExpressPlayRefused { code } => Some(*code),
                _ => None,
            },
            quoted: problem.service_words().map(str::to_owned),
            ..Self::new(problem.what(locale), problem.next(locale))
        };
        match problem {
            Problem::SignedOut => trouble.with_link("/signin", td_string!(locale, alert.sign_in)),
            Problem::NoSuchTitle | Problem::NoSuchOrder => {
                trouble.with_link("/", td_string!(locale, alert.catalogue))
            }
            Problem::NoSuchDevice | Problem::NotRegistered | Problem::TwoDevices => {
                trouble.with_link("/devices", td_string!(locale, alert.devices))
            }
            _ => trouble,
        }
    }

    /// A problem on a page about one title: what is missing can be had on the title's own page.
    #[must_use]
    pub fn about(locale: Locale, slug: &Slug, problem: &Problem) -> Self {
        let trouble = Self::of(locale, problem);
        let title = format!("/title/{slug}");
        match problem {
            Problem::NotBought => trouble.with_link(title, td_string!(locale, alert.title)),
            Problem::RentalNotStarted | Problem::RentalOver => {
                trouble.with_link(title, td_string!(locale, alert.rent_again))
            }
            _ => trouble,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_keeps_its_code() {
        let trouble = Trouble::of(Locale::en, &Problem::ExpressPlayRefused { code: -4001 });
        assert_eq!(trouble.code, Some(-4001));
        assert!(trouble.what.contains("-4001"));
    }

    #[test]
    fn a_rental_that_is_over_leads_back_to_the_title() {
        let slug: Slug = "tidewater".parse().unwrap();
        let trouble = Trouble::about(Locale::sv, &slug, &Problem::RentalOver);
        let link = trouble.link.unwrap();
        assert_eq!(
            (link.href.as_str(), link.text),
            ("/title/tidewater", "Hyr den igen")
        );
    }
}
