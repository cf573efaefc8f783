//! The words under the picture. The browser reads the file and keeps the time; we write the words, so
//! that no control covers them.

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{Event, HtmlTrackElement, HtmlVideoElement, TextTrackMode};

use super::parts::Parts;
use crate::{
    i18n::Locale,
    islands::browser::keep,
    model::Slug,
    watching::subtitles::{COOKIE, path},
};

/// What the viewer has chosen is kept, for the next film and for the key that brings it back.
pub(super) fn chosen(parts: &Parts) {
    let language = parts.subtitles.value();
    keep(COOKIE, &language);
    if !language.is_empty() {
        let _ = parts.subtitles.set_attribute("data-last", &language);
    }
}

/// On in the language of last time, or off.
pub(super) fn toggle(parts: &Parts) {
    let select = &parts.subtitles;
    let language = match select.value().as_str() {
        "" => select.get_attribute("data-last").unwrap_or_default(),
        _ => String::new(),
    };
    select.set_value(&language);
    chosen(parts);
}

/// Has the video follow the chosen file and no other. It is fetched when it is first chosen.
pub(super) fn choose(parts: &Parts, video: &HtmlVideoElement, slug: &Slug) {
    let language = parts.subtitles.value();
    let mut there = false;
    if let Ok(tracks) = video.query_selector_all("track") {
        for place in 0..tracks.length() {
            if let Some(Ok(track)) = tracks.get(place).map(JsCast::dyn_into) {
                there |= follow(parts, &track, &language);
            }
        }
    }
    if language.is_empty() {
        parts.cue.set_text_content(None);
    } else if !there {
        // A film without its words plays all the same.
        let _ = add(parts, video, slug, &language);
    }
}

fn add(parts: &Parts, video: &HtmlVideoElement, slug: &Slug, language: &str) -> Option<()> {
    let locale: Locale = language.parse().ok()?;
    let track: HtmlTrackElement = document().create_element("track").ok()?.dyn_into().ok()?;
    track.set_kind("subtitles");
    track.set_srclang(language);
    track.set_src(&path(slug.as_str(), locale));
    video.append_child(&track).ok()?;
    follow(parts, &track, language);
    Some(())
}

/// Whether a track is the chosen one; it is followed then, out of sight, and else not even read.
fn follow(parts: &Parts, track: &HtmlTrackElement, language: &str) -> bool {
    let is_chosen = track.srclang() == language;
    if let Some(words) = track.track() {
        words.set_mode(match is_chosen {
            true => TextTrackMode::Hidden,
            false => TextTrackMode::Disabled,
        });
    }
    if is_chosen {
        write(parts, track);
    }
    is_chosen
}

/// A cue begins or ends.
pub(super) fn show(event: &Event, parts: &Parts) {
    let track = event.target().and_then(|it| it.dyn_into().ok());
    if let Some(track) =
        track.filter(|it: &HtmlTrackElement| it.srclang() == parts.subtitles.value())
    {
        write(parts, &track);
    }
}

fn write(parts: &Parts, track: &HtmlTrackElement) {
    let mut text = String::new();
    if let Some(cues) = track.track().and_then(|words| words.active_cues()) {
        for place in 0..cues.length() {
            text += &cues.get(place).map(|cue| cue.text()).unwrap_or_default();
            text.push('\n');
        }
    }
    let _ = parts.cue.set_attribute("lang", &track.srclang());
    parts.cue.set_text_content(Some(text.trim_end()));
}
