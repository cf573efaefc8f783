//! The bench itself: whose turn it is, and what its card says.

use std::{
    any::Any,
    cell::{Cell, RefCell},
    rc::Rc,
};

use leptos::{mount::mount_to, task::spawn_local};
use uuid::Uuid;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlButtonElement, HtmlElement, MouseEvent};

use super::shown::{failed, told, verdict};
use crate::{
    i18n::{Locale, td_string},
    islands::browser::{all_in, attribute, first_in, listen, mark_class, mark_disabled},
    lab::{Attempt, outcome::Outcome, thief},
    locale::locale,
};

/// Wakes the buttons of a bench.
pub(super) fn wake(root: &Element) {
    let cards = all_in(root, ".try");
    let bench = Rc::new(Bench {
        locale: locale(),
        busy: Cell::new(false),
        buttons: all_in(root, "button"),
        sum: first_in(root, ".lab-sum"),
        all: cards.len(),
        tries: cards.into_iter().filter_map(Try::of).map(Rc::new).collect(),
    });
    for button in &bench.buttons {
        button.set_disabled(false);
    }
    listen(root, "click", move |event: MouseEvent| {
        bench.pressed(&event);
    });
}

/// One attempt is made at a time.
struct Bench {
    locale: Locale,
    busy: Cell<bool>,
    buttons: Vec<HtmlButtonElement>,
    /// Where it says how it goes with all of them.
    sum: Option<HtmlElement>,
    /// How many attempts the page promises something of.
    all: usize,
    tries: Vec<Rc<Try>>,
}

impl Bench {
    fn pressed(self: &Rc<Self>, event: &MouseEvent) {
        let target = event.target().and_then(|it| it.dyn_into::<Element>().ok());
        let button = target.and_then(|it| it.closest("button").ok().flatten());
        let Some(button) = button.filter(|_| !self.busy.get()) else {
            return;
        };
        let (bench, one) = (
            Rc::clone(self),
            self.tries
                .iter()
                .find(|it| it.element.contains(Some(&button))),
        );
        match one.cloned() {
            Some(one) => spawn_local(async move { bench.try_one(&button, &one).await }),
            None => spawn_local(async move { bench.try_all(&button).await }),
        }
    }

    async fn try_one(&self, button: &Element, one: &Try) {
        self.say("");
        self.at_work(button, true);
        one.make(self.locale).await;
        self.at_work(button, false);
    }

    async fn try_all(&self, button: &Element) {
        self.at_work(button, true);
        let (locale, all) = (self.locale, self.all);
        let mut kept = 0;
        for (at, one) in self.tries.iter().enumerate() {
            let now = at + 1;
            self.say(&td_string!(locale, lab.trying_all, now, all));
            kept += usize::from(one.make(locale).await);
        }
        let count = kept;
        self.say(&match kept == all {
            true => td_string!(locale, lab.all_kept, all),
            false => td_string!(locale, lab.some_kept, count, all),
        });
        self.at_work(button, false);
    }

    fn say(&self, text: &str) {
        if let Some(sum) = &self.sum {
            sum.set_text_content(Some(text));
        }
    }

    fn at_work(&self, pressed: &Element, busy: bool) {
        self.busy.set(busy);
        mark_class(pressed, "button-busy", busy);
        for button in &self.buttons {
            mark_disabled(button, busy);
        }
    }
}

/// An attempt, and where its card says what came of it.
struct Try {
    attempt: Attempt,
    order: Uuid,
    element: Element,
    button: Element,
    verdict: HtmlElement,
    told: HtmlElement,
    /// What is shown, for as long as it is.
    shown: RefCell<Vec<Box<dyn Any>>>,
}

impl Try {
    /// None where the page has no such place.
    fn of(element: HtmlElement) -> Option<Self> {
        Some(Self {
            attempt: attribute(&element, "data-attempt")?.parse().ok()?,
            button: first_in(&element, "button")?,
            order: attribute(&element, "data-order")?.parse().ok()?,
            verdict: first_in(&element, ".try-verdict")?,
            told: first_in(&element, ".try-outcome")?,
            element: element.into(),
            shown: RefCell::default(),
        })
    }

    /// Makes it, and shows what came; whether that was the promise.
    async fn make(&self, locale: Locale) -> bool {
        self.shown.take();
        self.mark("none");
        mark_class(&self.button, "button-busy", true);
        self.verdict
            .set_text_content(Some(td_string!(locale, lab.trying)));
        let made = thief::attempt(self.attempt, self.order).await;
        self.verdict.set_text_content(None);
        mark_class(&self.button, "button-busy", false);
        let kept = made.as_ref().is_ok_and(Outcome::is_as_promised);
        self.mark(match kept {
            true => "kept",
            false => "broken",
        });
        self.shown.replace(match made {
            Ok(outcome) => {
                let verdict = verdict(locale, &outcome);
                vec![
                    Box::new(mount_to(self.verdict.clone(), move || verdict)),
                    Box::new(mount_to(self.told.clone(), move || told(locale, outcome))),
                ]
            }
            Err(error) => vec![Box::new(mount_to(self.told.clone(), move || {
                failed(locale, error.trouble(locale))
            }))],
        });
        kept
    }

    fn mark(&self, promise: &str) {
        // An attribute that cannot be set is not seen; the words say the same.
        let _ = self.element.set_attribute("data-promise", promise);
    }
}
