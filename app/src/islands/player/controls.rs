//! What the controls over the film do. Their html is the server's, in [`crate::components`].
//!
//! One listener hears all of it. Events of a media element do not bubble, so it hears them on their
//! way down; and it asks for the video each time, because each attempt to play has its own.

use std::{cell::Cell, rc::Rc, time::Duration};

use js_sys::Promise;
use leptos::{leptos_dom::helpers::TimeoutHandle, prelude::*, task::spawn_local};
use wasm_bindgen::{JsCast, closure::Closure, prelude::*};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Element, Event, EventTarget, HtmlElement, HtmlVideoElement, KeyboardEvent};

use super::{parts::Parts, positions::Teller, screen::Screen, subtitles};
use crate::{
    islands::browser::{first_in, keep, mark_attribute},
    player::now,
    watching::{
        keys::{Command, Focus, clamped},
        sound::{COOKIE, Sound},
    },
    words::running_time,
};

/// After so many milliseconds in which nobody stirs, the controls leave the film alone.
const STILL: f64 = 3000.0;
/// What is over sooner is no stall.
const STALL: Duration = Duration::from_millis(600);

/// What is heard of the controls and the film …
const ON_SCREEN: &str = "change click cuechange durationchange ended focusin input loadedmetadata \
                         pause play playing pointerdown pointermove seeked seeking timeupdate \
                         volumechange waiting";
/// … and of the page around them.
const ON_PAGE: &str = "fullscreenchange keydown pagehide visibilitychange";

struct Controls {
    screen: Rc<Screen>,
    root: HtmlElement,
    parts: Parts,
    /// When somebody stirred last.
    stirred: Cell<f64>,
    /// How loud it was last, and whether it was silenced: the next attempt is as loud.
    sound: Cell<Sound>,
    /// What tells of a stall, if it lasts.
    stalled: Cell<Option<TimeoutHandle>>,
    teller: Teller,
}

/// Starts to listen, for as long as the page lives.
pub(super) fn wake(screen: &Rc<Screen>) {
    let root = screen.root.clone();
    let Some(parts) = Parts::of(&root) else {
        return;
    };
    let page = document();
    if !page.fullscreen_enabled() {
        parts.full.set_hidden(true);
    }
    let controls = Rc::new(Controls {
        screen: Rc::clone(screen),
        root: root.clone(),
        stirred: Cell::default(),
        sound: Cell::new(parts.sound()),
        parts,
        stalled: Cell::default(),
        teller: Teller::default(),
    });
    if let Some(keys) = first_in::<Element>(&root, "[popover]") {
        let _ = keys.set_attribute("autofocus", "");
    }
    let hear = Closure::<dyn Fn(Event)>::new(move |event: Event| controls.hear(&event));
    let listen = |target: &EventTarget, events: &str| {
        let call = hear.as_ref().unchecked_ref();
        for event in events.split(' ') {
            // An event that cannot be listened to does not come.
            let _ = target.add_event_listener_with_callback_and_bool(event, call, true);
        }
    };
    listen(&root, ON_SCREEN);
    // What is sent to the window alone passes no document; all else passes both.
    listen(&window(), ON_PAGE);
    hear.forget();
}

impl Controls {
    fn hear(&self, event: &Event) {
        let Some(video) = self.video() else {
            return;
        };
        match event.type_().as_str() {
            "keydown" => self.pressed(event, &video),
            "click" => self.clicked(event, &video),
            "input" | "change" => self.moved(event, &video),
            "focusin" | "play" | "pointerdown" | "pointermove" | "ended" => self.stir(),
            "timeupdate" => self.goes_on(&video),
            "cuechange" => subtitles::show(event, &self.parts),
            "waiting" => self.stalls(),
            "playing" => {
                subtitles::choose(&self.parts, &video, &self.screen.slug);
                self.runs();
            }
            "loadedmetadata" => {
                let sound = self.sound.get();
                video.set_volume(f64::from(sound.percent()) / 100.0);
                video.set_muted(sound.muted);
            }
            "volumechange" => self.heard(&video),
            "pause" => {
                self.stir();
                self.runs();
                self.tell(&video);
            }
            "pagehide" => self.tell(&video),
            "visibilitychange" if document().hidden() => self.tell(&video),
            _ => {}
        }
        if self.screen.is_on() {
            // Where another try would go on.
            let here = video.current_time();
            let from = if video.ended() { 0.0 } else { here };
            self.screen.from.set(from);
        }
        self.show(&video);
    }

    fn video(&self) -> Option<HtmlVideoElement> {
        first_in(&self.root, "video")
    }

    fn tell(&self, video: &HtmlVideoElement) {
        if self.screen.is_on() {
            self.teller.tell(&self.screen, video.current_time());
        }
    }

    /// Somebody is there: the controls are, too.
    fn stir(&self) {
        self.stirred.set(now());
        mark_attribute(&self.root, "data-still", false);
    }

    fn goes_on(&self, video: &HtmlVideoElement) {
        if self.screen.is_on() && !video.paused() {
            mark_attribute(&self.root, "data-still", now() - self.stirred.get() > STILL);
            self.teller
                .tell_now_and_then(&self.screen, video.current_time());
        }
    }

    fn stalls(&self) {
        let status = self.parts.status.clone();
        let tell = move || {
            status.set_text_content(status.get_attribute("data-stalled").as_deref());
        };
        // Without a timer nothing is told, and the film goes on all the same.
        self.wait_for(set_timeout_with_handle(tell, STALL).ok());
    }

    fn runs(&self) {
        self.wait_for(None);
        self.parts.status.set_text_content(None);
    }

    /// It is as loud as this from now on, and so is the next film.
    fn heard(&self, video: &HtmlVideoElement) {
        let percent = (video.volume() * 100.0).round() as u8;
        let sound = Sound::new(percent, video.muted());
        if self.sound.replace(sound) != sound {
            keep(COOKIE, &sound.to_string());
        }
    }

    fn wait_for(&self, next: Option<TimeoutHandle>) {
        if let Some(last) = self.stalled.replace(next) {
            last.clear();
        }
    }

    fn pressed(&self, event: &Event, video: &HtmlVideoElement) {
        let Some(event) = event.dyn_ref::<KeyboardEvent>() else {
            return;
        };
        if !self.screen.is_on() {
            return;
        }
        if self.focus() != Focus::Elsewhere {
            self.stir();
        }
        let key = event.key();
        // With shift, a space scrolls and an arrow selects; a letter is the same letter.
        let shifted = event.shift_key() && (key == " " || key.len() > 1);
        let alone = !(event.ctrl_key() || event.meta_key() || event.alt_key() || shifted);
        if alone && let Some(command) = Command::of(&key, self.focus()) {
            event.prevent_default();
            if command.goes_on() || !event.repeat() {
                self.obey(command, video);
            }
        }
    }

    fn focus(&self) -> Focus {
        let Some(active) = document().active_element() else {
            return Focus::Elsewhere;
        };
        let is = |part: &Element| *part == active;
        match active.tag_name().as_str() {
            _ if is(&self.root) => Focus::Picture,
            _ if is(&self.parts.timeline) => Focus::Timeline,
            _ if is(&self.parts.volume) => Focus::Slider,
            "BUTTON" if self.root.contains(Some(&active)) => Focus::Button,
            _ => Focus::Elsewhere,
        }
    }

    fn clicked(&self, event: &Event, video: &HtmlVideoElement) {
        let target = event.target().and_then(|it| it.dyn_into::<Element>().ok());
        let Some(target) = target.filter(|_| self.screen.is_on()) else {
            return;
        };
        let button = target.closest("[data-do]").ok().flatten();
        let does = button.and_then(|button| button.get_attribute("data-do"));
        let command = match does.as_deref() {
            Some("mute") => Command::Mute,
            Some("full") => Command::FullScreen,
            Some(_) => Command::Toggle,
            // A finger on the picture only asks for the controls.
            None if target.tag_name() == "VIDEO" && !by_finger(event) => Command::Toggle,
            None => return,
        };
        self.obey(command, video);
    }

    fn moved(&self, event: &Event, video: &HtmlVideoElement) {
        let parts = &self.parts;
        let target = event.target();
        let is = |part: &EventTarget| target.as_ref() == Some(part);
        if is(&parts.timeline) {
            video.set_current_time(parts.timeline.value_as_number());
        } else if is(&parts.volume) {
            video.set_muted(false);
            video.set_volume(clamped(parts.volume.value_as_number(), 100.0) / 100.0);
        } else if is(&parts.subtitles) {
            subtitles::chosen(parts);
            subtitles::choose(parts, video, &self.screen.slug);
        }
        self.stir();
    }

    fn obey(&self, command: Command, video: &HtmlVideoElement) {
        self.stir();
        let whole = video.duration();
        match command {
            Command::Toggle if video.paused() => play(video),
            Command::Toggle => video.pause().unwrap_or_default(),
            Command::Skip(seconds) => {
                video.set_current_time(clamped(video.current_time() + seconds, whole));
            }
            Command::GoTo(share) => video.set_current_time(whole * share),
            Command::Louder(by) => {
                video.set_muted(false);
                video.set_volume(clamped(video.volume() + by, 1.0));
            }
            Command::Mute => video.set_muted(!video.muted()),
            Command::Subtitles => {
                subtitles::toggle(&self.parts);
                subtitles::choose(&self.parts, video, &self.screen.slug);
            }
            Command::FullScreen if document().fullscreen_element().is_some() => {
                document().exit_fullscreen();
            }
            Command::FullScreen if document().fullscreen_enabled() => {
                // A browser that refuses stays as it is.
                let asked = self.root.unchecked_ref::<Whole>().request_fullscreen();
                spawn_local(async move { drop(JsFuture::from(asked).await) });
            }
            Command::FullScreen => {}
            Command::Help => self.parts.help.click(),
        }
    }

    /// Shows how things stand.
    fn show(&self, video: &HtmlVideoElement) {
        let (whole, parts) = (video.duration(), &self.parts);
        if !whole.is_finite() {
            return;
        }
        if !video.ended() && document().active_element().as_ref() == Some(&parts.again) {
            // It is about to go, and the keyboard with it.
            let _ = self.root.focus();
        }
        parts.again.set_hidden(!video.ended());
        parts.name_by(&parts.toggle, video.paused());
        parts.name_by(&parts.mute, video.muted());
        parts.name_by(&parts.full, document().fullscreen_element().is_some());
        let louder = if video.muted() { 0.0 } else { video.volume() };
        parts.volume.set_value_as_number((louder * 100.0).round());

        // The browser writes it: Rust's own writer of fractions is 15 KB.
        let max = js_sys::Number::from(whole).to_string_with_radix(10);
        if let Ok(max) = max {
            parts.timeline.set_max(&String::from(max));
        }
        parts.timeline.set_value_as_number(video.current_time());
        // A film of 42 seconds may end a hundredth before they are full.
        let seen = running_time((video.current_time() + 0.1) as u32);
        if parts.now.text_content().as_deref() != Some(&seen) {
            let whole = running_time(whole.round() as u32);
            let text = self.screen.at(&seen, &whole);
            let _ = parts.timeline.set_attribute("aria-valuetext", &text);
            parts.now.set_text_content(Some(&seen));
            parts.whole.set_text_content(Some(&whole));
        }
        let lines = format!("{}p", video.video_height());
        if parts.quality.text_content().as_deref() != Some(&lines) {
            parts.quality.set_text_content(Some(&lines));
        }
    }
}

#[wasm_bindgen]
extern "C" {
    /// An element that can fill the screen, and says whether it did.
    type Whole;

    #[wasm_bindgen(method, js_name = requestFullscreen)]
    fn request_fullscreen(this: &Whole) -> Promise;
}

fn play(video: &HtmlVideoElement) {
    if let Ok(promise) = video.play() {
        // One that is paused before it moves is refused, which is nothing to tell.
        spawn_local(async move { drop(JsFuture::from(promise).await) });
    }
}

fn by_finger(event: &Event) -> bool {
    js_sys::Reflect::get(event, &"pointerType".into()).is_ok_and(|kind| kind == "touch")
}
