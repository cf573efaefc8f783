//! The parts of the controls that show something or are asked for something.

use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement, HtmlInputElement, HtmlSelectElement};

use crate::{
    islands::browser::{first_in, mark_attribute},
    watching::sound::Sound,
};

/// Each of them, by its `data-part`.
pub(super) struct Parts {
    pub(super) again: HtmlElement,
    pub(super) cue: HtmlElement,
    pub(super) full: HtmlElement,
    pub(super) help: HtmlElement,
    pub(super) mute: HtmlElement,
    pub(super) now: HtmlElement,
    pub(super) quality: HtmlElement,
    pub(super) status: HtmlElement,
    pub(super) subtitles: HtmlSelectElement,
    pub(super) timeline: HtmlInputElement,
    pub(super) toggle: HtmlElement,
    pub(super) volume: HtmlInputElement,
    pub(super) whole: HtmlElement,
}

impl Parts {
    /// The parts; none where one is missing.
    pub(super) fn of(root: &Element) -> Option<Self> {
        let part = |name| -> Option<HtmlElement> { first_in(root, &format!("[data-part={name}]")) };
        Some(Self {
            again: part("again")?,
            cue: part("cue")?,
            full: part("full")?,
            help: part("help")?,
            mute: part("mute")?,
            now: part("now")?,
            quality: part("quality")?,
            status: part("status")?,
            subtitles: part("subtitles")?.dyn_into().ok()?,
            timeline: part("timeline")?.dyn_into().ok()?,
            toggle: part("toggle")?,
            volume: part("volume")?.dyn_into().ok()?,
            whole: part("whole")?,
        })
    }

    /// How loud the last film was.
    pub(super) fn sound(&self) -> Sound {
        let percent = self.volume.value_as_number() as u8;
        Sound::new(percent, self.mute.has_attribute("data-on"))
    }

    /// Gives a button the picture and the name of the one or of the other thing that it does.
    pub(super) fn name_by(&self, button: &HtmlElement, other: bool) {
        if button.has_attribute("data-on") == other {
            return;
        }
        mark_attribute(button, "data-on", other);
        let name = button.get_attribute(if other { "data-other" } else { "data-name" });
        let _ = button.set_attribute("aria-label", &name.unwrap_or_default());
    }
}
