//! Every title has subtitles in both languages, which fit it.

use std::path::Path;

use app::{
    i18n::{I18nLocaleTrait, Locale},
    watching::subtitles::path,
};
use server::catalogue::Catalogue;

use crate::common::program::CATALOGUE;

const PUBLIC: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../public");

/// Words, and between which milliseconds they stand.
#[derive(Debug, PartialEq, Eq)]
struct Cue {
    from: u32,
    to: u32,
    words: String,
}

/// Reads WebVTT as far as ours uses it: no styles, no settings, no markup.
fn read(file: &str) -> Result<Vec<Cue>, String> {
    let mut blocks = file.trim_end().split("\n\n");
    if blocks.next() != Some("WEBVTT") {
        return Err("it does not begin with WEBVTT and an empty line".to_owned());
    }
    blocks.map(cue).collect()
}

fn cue(block: &str) -> Result<Cue, String> {
    let fault = || format!("no cue: {block:?}");
    let (times, words) = block.split_once('\n').ok_or_else(fault)?;
    let (from, to) = times.split_once(" --> ").ok_or_else(fault)?;
    let (from, to) = (time(from).ok_or_else(fault)?, time(to).ok_or_else(fault)?);
    let words = words.to_owned();
    Ok(Cue { from, to, words })
}

/// `00:12.500`, in milliseconds.
fn time(text: &str) -> Option<u32> {
    let (minutes, rest) = text.split_once(':')?;
    let (seconds, millis) = rest.split_once('.')?;
    let fits = (minutes.len(), seconds.len(), millis.len()) == (2, 2, 3);
    let [minutes, seconds, millis] = [minutes, seconds, millis].map(|part| part.parse().ok());
    let (minutes, seconds, millis): (u32, u32, u32) = (minutes?, seconds?, millis?);
    (fits && seconds < 60).then_some((minutes * 60 + seconds) * 1000 + millis)
}

fn subtitles(slug: &str, language: Locale) -> Vec<Cue> {
    let path = path(slug, language);
    let file = std::fs::read_to_string(format!("{PUBLIC}{path}"));
    let file = file.unwrap_or_else(|error| panic!("{path}: {error}"));
    read(&file).unwrap_or_else(|fault| panic!("{path}: {fault}"))
}

#[test]
fn every_title_has_subtitles_in_both_languages_that_end_before_it_does() {
    for entry in Catalogue::read(Path::new(CATALOGUE)).unwrap().titles {
        let slug = entry.title.slug.as_str();
        for &language in Locale::get_all() {
            let cues = subtitles(slug, language);
            assert!(cues.len() > 4, "{slug} has hardly any");
            let mut before = 0;
            for Cue { from, to, words } in &cues {
                assert!(
                    before <= *from,
                    "{slug}: {words} comes before the last has gone"
                );
                assert!(to - from >= 1000, "{slug}: nobody reads as fast: {words}");
                assert!(
                    words
                        .lines()
                        .all(|line| (1..=56).contains(&line.chars().count())),
                    "{slug}: {words} is too long for a line"
                );
                let sign = |c: char| matches!(c, '<' | '&');
                assert!(
                    !words.contains(sign),
                    "{slug}: markup would be shown: {words}"
                );
                before = *to;
            }
            assert!(
                before <= entry.title.seconds * 1000,
                "{slug} ends before its words"
            );
        }
    }
}

#[test]
fn both_languages_say_the_same_at_the_same_time() {
    for entry in Catalogue::read(Path::new(CATALOGUE)).unwrap().titles {
        let slug = entry.title.slug.as_str();
        let [english, swedish] = [Locale::en, Locale::sv].map(|language| subtitles(slug, language));
        assert_eq!(english.len(), swedish.len(), "{slug}");
        for (english, swedish) in english.iter().zip(&swedish) {
            let is_sound = |cue: &Cue| (cue.from, cue.to, cue.words.starts_with('['));
            assert_eq!(
                is_sound(english),
                is_sound(swedish),
                "{slug}: {}",
                english.words
            );
            assert_ne!(english.words, swedish.words, "{slug}");
        }
    }
}

#[test]
fn what_is_no_webvtt_is_not_read() {
    let good = "WEBVTT\n\n00:01.000 --> 00:02.500\nWords\nof two lines\n";
    let words = "Words\nof two lines".to_owned();
    let (from, to) = (1000, 2500);
    assert_eq!(read(good), Ok(vec![Cue { from, to, words }]));
    for (part, other) in [
        ("WEBVTT", "SRT"),
        (" --> ", " -> "),
        ("00:01.000", "00:61.000"),
        ("00:01.000", "0:01.000"),
        ("00:01.000", "00:01,000"),
        ("\nWords\nof two lines", ""),
    ] {
        assert!(read(&good.replace(part, other)).is_err(), "{other}");
    }
}
