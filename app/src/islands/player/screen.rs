//! The screen: what is on it at each stage of a screening.

use std::{
    any::Any,
    cell::{Cell, Ref, RefCell},
    rc::Rc,
};

use leptos::{mount::mount_to, prelude::*};
use uuid::Uuid;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlButtonElement, HtmlElement, HtmlVideoElement};

use crate::{
    components::alert::Alert,
    i18n::{Locale, td_string},
    islands::browser::{first_in, mark_class, see},
    locale::locale,
    model::Slug,
    trouble::Trouble,
    words::time_left,
};

/// Where a screening stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Stage {
    /// The button has not been pressed.
    Ready,
    /// Under way; what is being done.
    Loading(&'static str),
    /// Ready to roll, but the browser wants a press first: its autoplay rule.
    Waiting,
    /// It plays, or is paused.
    Playing,
    /// It does not play, or no longer.
    Failed(Trouble),
}

impl Stage {
    const fn has_video(&self) -> bool {
        matches!(self, Self::Loading(_) | Self::Waiting | Self::Playing)
    }
}

/// The page's screen, and its parts.
pub(super) struct Screen {
    pub(super) locale: Locale,
    /// What plays.
    pub(super) slug: Slug,
    /// The order that it plays under, once that is known.
    pub(super) order: Cell<Option<Uuid>>,
    /// Whether it starts without a press.
    pub(super) at_once: bool,
    /// Where it starts, in seconds; and where it is, once it plays.
    pub(super) from: Cell<f64>,
    /// All of it: picture, words and controls.
    pub(super) root: HtmlElement,
    /// The button that starts it …
    pub(super) play: HtmlButtonElement,
    /// … and the one that starts it again.
    pub(super) again: HtmlButtonElement,
    still: Element,
    status: Element,
    trouble: HtmlElement,
    remaining: Element,
    /// Where it will go on, as the page says before it does.
    goes_on: Option<HtmlElement>,
    stage: RefCell<Stage>,
    video: RefCell<Option<HtmlVideoElement>>,
    /// The alert, for as long as it is shown.
    alert: RefCell<Option<Box<dyn Any>>>,
}

impl Screen {
    /// None where the page has no screen.
    pub(super) fn of(page: &Element) -> Option<Rc<Self>> {
        let root: HtmlElement = first_in(page, ".screen")?;
        let from: u32 = root.get_attribute("data-from")?.parse().ok()?;
        Some(Rc::new(Self {
            locale: locale(),
            slug: root.get_attribute("data-slug")?.parse().ok()?,
            order: Cell::default(),
            at_once: root.has_attribute("data-at-once"),
            from: Cell::new(from.into()),
            play: first_in(&root, ".play")?,
            again: first_in(&root, ".try-again")?,
            still: first_in(&root, ".screen-still")?,
            status: first_in(&root, ".screen-status")?,
            trouble: first_in(&root, ".screen-trouble")?,
            remaining: first_in(page, ".remaining")?,
            goes_on: first_in(page, ".screen-goes-on"),
            stage: RefCell::new(Stage::Ready),
            video: RefCell::default(),
            alert: RefCell::default(),
            root,
        }))
    }

    /// Where it stands.
    pub(super) fn stage(&self) -> Ref<'_, Stage> {
        self.stage.borrow()
    }

    /// Whether a film is on.
    pub(super) fn is_on(&self) -> bool {
        *self.stage() == Stage::Playing
    }

    /// Goes on to a stage, and shows it.
    pub(super) fn show(&self, stage: Stage) {
        self.status.set_text_content(match stage {
            Stage::Loading(doing) => Some(doing),
            _ => None,
        });
        mark_class(&self.root, "screen-on", stage == Stage::Playing);
        self.play
            .set_hidden(!matches!(stage, Stage::Ready | Stage::Waiting));
        self.again.set_hidden(!matches!(stage, Stage::Failed(_)));
        self.alert.take();
        if let Stage::Failed(trouble) = &stage {
            // Where a link leads on, another try is the lesser choice.
            mark_class(&self.again, "button-second", trouble.link.is_some());
            let (locale, trouble) = (self.locale, trouble.clone());
            let alert = move || view! { <Alert locale trouble /> };
            let alert = mount_to(self.trouble.clone(), alert);
            self.alert.replace(Some(Box::new(alert)));
        }
        if let Some(goes_on) = &self.goes_on {
            goes_on.set_hidden(matches!(stage, Stage::Failed(_)));
            if stage == Stage::Playing {
                goes_on.remove();
            }
        }
        if !stage.has_video() {
            self.show_remaining(None);
            if let Some(video) = self.video.take() {
                video.remove();
            }
        }
        self.stage.replace(stage);
    }

    /// Shows the milliseconds left of a rental.
    pub(super) fn show_remaining(&self, left: Option<u64>) {
        let text = left.map(|left| {
            let time = time_left(self.locale, left);
            td_string!(self.locale, player.remaining, time)
        });
        self.remaining.set_text_content(text.as_deref());
    }

    /// The video element; there is one while there is something to show.
    pub(super) fn video(&self) -> Option<HtmlVideoElement> {
        if self.video.borrow().is_none() {
            let video = document().create_element("video").ok()?;
            let video: HtmlVideoElement = video.dyn_into().ok()?;
            video.set_class_name("screen-video");
            video.set_attribute("playsinline", "").ok()?;
            self.still.after_with_node_1(&video).ok()?;
            self.video.replace(Some(video));
        }
        self.video.borrow().clone()
    }

    /// What had the focus is gone: the keyboard goes on with the button that has come.
    pub(super) fn focus_button(&self) {
        let button = match self.play.hidden() {
            true => &self.again,
            false => &self.play,
        };
        let _ = button.focus();
    }

    /// The button may have come below what it is about, where there is little room.
    pub(super) fn see_trouble(&self) {
        see(&self.trouble);
    }

    /// `0:12 of 0:42`.
    pub(super) fn at(&self, now: &str, whole: &str) -> String {
        td_string!(self.locale, player.at, now, whole)
    }
}
