//! The bar over the foot of a film: where it is, and what can be done with it.

use leptos::prelude::*;

use crate::{
    i18n::{I18nLocaleTrait, Locale, td_string},
    locale::{locale, tag},
    respond::kept,
    watching::{
        sound::{self, Sound as Loudness},
        subtitles,
    },
    words::running_time,
};

/// The bar.
#[component]
pub fn ControlBar(
    /// The film's length in seconds.
    seconds: u32,
    /// What the list of keys is known by on the page.
    keys: &'static str,
) -> impl IntoView {
    let locale = locale();
    let (now, whole) = (running_time(0), running_time(seconds));
    let timeline = view! {
        <input
            class="timeline"
            type="range"
            data-part="timeline"
            min="0"
            max=seconds
            step="any"
            value="0"
            aria-label=td_string!(locale, player.timeline)
            aria-valuetext=td_string!(locale, player.at, now, whole)
        />
    }
    .into_any();
    let toggle = press(
        "toggle",
        (
            td_string!(locale, player.pause),
            td_string!(locale, player.play),
        ),
        (PAUSE, PLAY),
        false,
    );
    let full = press(
        "full",
        (
            td_string!(locale, player.full),
            td_string!(locale, player.leave_full),
        ),
        (FULL, LEAVE_FULL),
        false,
    );
    let help = view! {
        <button
            class="control"
            type="button"
            popovertarget=keys
            data-part="help"
            aria-label=td_string!(locale, player.keys)
        >
            <span aria-hidden="true">"?"</span>
        </button>
    }
    .into_any();
    view! {
        <div class="bar">
            {timeline} {toggle} <Sound /> <Facts seconds /> <Subtitles /> {help} {full}
        </div>
    }
    .into_any()
}

#[component]
fn Sound() -> impl IntoView {
    let locale = locale();
    let kept = kept(sound::COOKIE).and_then(|sound| Loudness::read(&sound));
    let sound = kept.unwrap_or(Loudness::WHOLE);
    let mute = press(
        "mute",
        (
            td_string!(locale, player.mute),
            td_string!(locale, player.unmute),
        ),
        (LOUD, SILENT),
        sound.muted,
    );
    view! {
        {mute}
        <input
            class="volume-slider"
            type="range"
            data-part="volume"
            min="0"
            max="100"
            step="5"
            value=sound.percent()
            aria-label=td_string!(locale, player.volume)
        />
    }
    .into_any()
}

/// Where the film is, of how long it is, and how good its picture.
#[component]
fn Facts(seconds: u32) -> impl IntoView {
    let locale = locale();
    view! {
        <p class="time">
            <span data-part="now">{running_time(0)}</span>
            " / "
            <span data-part="whole">{running_time(seconds)}</span>
        </p>
        <p class="quality">
            <span class="for-the-ear">{td_string!(locale, player.quality)} " "</span>
            <span data-part="quality"></span>
        </p>
    }
    .into_any()
}

const PLAY: &str = "M8 5v14l11-7z";
const PAUSE: &str = "M7 5h3.5v14H7zM13.5 5H17v14h-3.5z";
const LOUD: &str =
    "M4 9v6h4l5 4V5L8 9zM15 9a4 4 0 0 1 0 6zM16.5 5.5a8 8 0 0 1 0 13l-.8-1.2a6.6 6.6 0 0 0 0-10.6z";
const SILENT: &str = "M4 9v6h4l5 4V5L8 9zM15.2 10.2l1.2-1.2 1.8 1.8L20 9l1.2 1.2-1.8 1.8 1.8 1.8L20 15l-1.8-1.8-1.8 1.8-1.2-1.2 1.8-1.8z";
const FULL: &str = "M4 10V4h6v2H6v4zM14 4h6v6h-2V6h-4zM18 14h2v6h-6v-2h4zM4 14h2v4h4v2H4z";
const LEAVE_FULL: &str = "M8 4h2v6H4V8h4zM14 4h2v4h4v2h-6zM14 14h6v2h-4v4h-2zM4 14h6v6H8v-4H4z";

/// A button that does one of two things: the other while it is `data-on`. Each has a name and a
/// picture.
fn press(
    what: &'static str,
    (name, other): (&'static str, &'static str),
    (picture, other_picture): (&'static str, &'static str),
    on: bool,
) -> AnyView {
    view! {
        <button
            class="control"
            type="button"
            data-do=what
            data-part=what
            aria-label=if on { other } else { name }
            data-on=on.then_some("")
            data-name=name
            data-other=other
        >
            <svg viewBox="0 0 24 24" aria-hidden="true">
                <path class="off" d=picture />
                <path class="on" d=other_picture />
            </svg>
        </button>
    }
    .into_any()
}

/// Off, or a language in its own words; as it was chosen last.
#[component]
fn Subtitles() -> impl IntoView {
    let locale = locale();
    let chosen: Option<Locale> = kept(subtitles::COOKIE).and_then(|language| language.parse().ok());
    let languages = Locale::get_all().iter().map(|&language| {
        view! {
            <option value=language.as_str() lang=tag(language) selected=chosen == Some(language)>
                {td_string!(language, language.name)}
            </option>
        }
    });
    view! {
        <label class="subtitles">
            <span aria-hidden="true">"CC"</span>
            <select
                data-part="subtitles"
                data-last=chosen.unwrap_or(locale).as_str()
                aria-label=td_string!(locale, player.subtitles)
            >
                <option value="" selected=chosen.is_none()>
                    {td_string!(locale, player.no_subtitles)}
                </option>
                {languages.collect_view()}
            </select>
        </label>
    }
    .into_any()
}
