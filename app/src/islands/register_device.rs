//! Seed steps 1 to 3 from the browser's side: the device plays the dummy clip, and the page shows
//! which device ExpressPlay recorded.

use expressplay::DeviceId;
use leptos::{html::Div, prelude::*};

#[cfg(feature = "hydrate")]
mod registrar;

#[cfg(feature = "hydrate")]
use registrar::Registrar;

use crate::{
    i18n::{Locale, td_string},
    model::Cdm,
    trouble::Trouble,
};

/// Where a registration stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stage {
    /// The button has not been pressed.
    Idle,
    /// Under way.
    Working(Step),
    /// ExpressPlay recorded this device.
    Done(DeviceId),
    /// It did not work; the button tries again.
    Failed(Trouble),
}

/// The steps of a registration, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// The browser makes its key, or finds the one that it made before.
    Key,
    /// The server makes a cookie, and asks for a dummy token with it.
    Token,
    /// The dummy clip plays, with a licence for that token.
    Clip,
    /// The server asks ExpressPlay which device that was.
    Record,
}

impl Step {
    /// All of them. A browser's own CDM has its key already.
    #[must_use]
    pub const fn all(cdm: Cdm) -> &'static [Self] {
        match cdm {
            Cdm::Simulated => &[Self::Key, Self::Token, Self::Clip, Self::Record],
            Cdm::Widevine => &[Self::Token, Self::Clip, Self::Record],
        }
    }

    /// What is being done, for the live region and the list.
    #[must_use]
    pub fn text(self, locale: Locale) -> &'static str {
        match self {
            Self::Key => td_string!(locale, registration.key),
            Self::Token => td_string!(locale, registration.token),
            Self::Clip => td_string!(locale, registration.playing),
            Self::Record => td_string!(locale, registration.record),
        }
    }
}

#[cfg(any(feature = "hydrate", test))]
impl Stage {
    /// A step's mark in the list: `done`, `now`, or nothing yet.
    fn mark(&self, step: Step) -> &'static str {
        match self {
            Self::Working(now) if *now == step => "now",
            Self::Working(now) if *now > step => "done",
            Self::Done(_) => "done",
            _ => "",
        }
    }

    #[cfg(feature = "hydrate")]
    fn spoken(&self, locale: Locale) -> String {
        match self {
            Self::Idle | Self::Failed(_) => String::new(),
            Self::Working(step) => format!("{}…", step.text(locale)),
            Self::Done(_) => td_string!(locale, registration.done).to_owned(),
        }
    }
}

/// A registration, awake.
#[island]
pub fn RegisterDevice(
    /// What the server rendered: one registration.
    children: Children,
) -> impl IntoView {
    let root = NodeRef::<Div>::new();
    Effect::new(move |_| wake(root));
    view! { <div node_ref=root>{children()}</div> }
}

/// Only a browser can register.
#[cfg(not(feature = "hydrate"))]
fn wake(_: NodeRef<Div>) {}

#[cfg(feature = "hydrate")]
fn wake(root: NodeRef<Div>) {
    if let Some(registrar) = root.get().and_then(|root| Registrar::of(&root)) {
        registrar.wake();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_ticked_off_in_order() {
        let marks = |stage: Stage| -> Vec<_> {
            let steps = Step::all(Cdm::Simulated).iter();
            steps.map(|step| stage.mark(*step)).collect()
        };
        assert_eq!(marks(Stage::Idle), ["", "", "", ""]);
        assert_eq!(
            marks(Stage::Working(Step::Clip)),
            ["done", "done", "now", ""]
        );
        let id = DeviceId::from_bytes([1; 16]).unwrap();
        assert_eq!(marks(Stage::Done(id)), ["done"; 4]);
    }
}
