//! A problem as a viewer sees it: what happened, what to do next, and a link that helps.

use crate::{model::Slug, problem::Problem};

/// What an alert says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    /// ExpressPlay's code, where it is a refusal.
    pub code: Option<i32>,
    /// What happened, and why.
    pub what: String,
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

    /// A problem on a page about one title: what is missing can be had on the title's own page.
    #[must_use]
    pub fn about(slug: &Slug, problem: &Problem) -> Self {
        let trouble = Self::from(problem);
        match problem {
            Problem::NotBought => trouble.with_link(format!("/title/{slug}"), "See the title"),
            Problem::RentalNotStarted | Problem::RentalOver => {
                trouble.with_link(format!("/title/{slug}"), "Rent it again")
            }
            _ => trouble,
        }
    }
}

impl From<&Problem> for Trouble {
    fn from(problem: &Problem) -> Self {
        let trouble = Self {
            code: match problem {
                Problem::ExpressPlayRefused { code } => Some(*code),
                _ => None,
            },
            ..Self::new(problem.what(), problem.next())
        };
        match problem {
            Problem::SignedOut => trouble.with_link("/signin", "Go to the sign-in page"),
            Problem::NoSuchTitle | Problem::NoSuchOrder => {
                trouble.with_link("/", "See the catalogue")
            }
            Problem::NoSuchDevice | Problem::NotRegistered | Problem::TwoDevices => {
                trouble.with_link("/devices", "Go to your devices")
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
        let trouble = Trouble::from(&Problem::ExpressPlayRefused { code: -4001 });
        assert_eq!(trouble.code, Some(-4001));
        assert!(trouble.what.contains("-4001"));
    }

    #[test]
    fn a_rental_that_is_over_leads_back_to_the_title() {
        let slug: Slug = "tidewater".parse().unwrap();
        let trouble = Trouble::about(&slug, &Problem::RentalOver);
        assert_eq!(trouble.link.unwrap().href, "/title/tidewater");
    }
}
