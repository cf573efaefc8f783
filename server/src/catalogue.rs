//! The catalogue: every title, where its files are, and the keys that encrypt it.
//!
//! Read once, from `media/catalogue.toml`. What is wrong with it is said by title and field, and
//! without quoting the file, which holds the content keys.

use std::{
    collections::HashSet,
    fmt::Display,
    path::{Path, PathBuf},
};

use app::{
    i18n::Locale,
    model::{About, Price, Slug, Title},
};
use expressplay::{ContentKey, KeyId};
use serde::{Deserialize, de::DeserializeOwned};
use uuid::Uuid;

/// Every title that the shop has, and the clip that devices register with.
#[derive(Debug)]
pub struct Catalogue {
    /// The clip that a device plays to register (seed step 2).
    pub dummy: Clip,
    /// The titles, in the file's order.
    pub titles: Vec<Entry>,
}

/// A title, and the clip that it is.
#[derive(Debug)]
pub struct Entry {
    /// What the pages show, told of in English.
    pub title: Title,
    /// What is said of it in Swedish.
    pub swedish: About,
    /// What is played.
    pub clip: Clip,
}

impl Entry {
    /// What the pages show to who reads that language.
    #[must_use]
    pub fn title_in(&self, locale: Locale) -> Title {
        let mut title = self.title.clone();
        match locale {
            Locale::en => {}
            Locale::sv => title.about = self.swedish.clone(),
        }
        title
    }
}

/// Something that plays: its files, and its keys.
#[derive(Debug)]
pub struct Clip {
    /// What the token calls it.
    pub content_id: Uuid,
    /// Path of the DASH manifest.
    pub manifest: String,
    /// Its keys, at least one.
    pub keys: Vec<ClipKey>,
}

/// One of a clip's keys.
#[derive(Debug)]
pub struct ClipKey {
    /// Its id (CEKSID).
    pub kid: KeyId,
    /// The key (CEK).
    pub content_key: ContentKey,
}

impl Clip {
    /// Whether a licence for one of these kids is a licence for this clip.
    #[must_use]
    pub fn has_any(&self, kids: &[KeyId]) -> bool {
        self.keys.iter().any(|key| {
            kids.iter()
                .any(|kid| kid.clear_key_bytes() == key.kid.clear_key_bytes())
        })
    }
}

/// Why a catalogue cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum CatalogueError {
    /// The file cannot be read.
    #[error("the catalogue {file} cannot be read: {source}")]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// Something in it is wrong.
    #[error("the catalogue {file}: {fault}")]
    Faulty {
        /// The file.
        file: PathBuf,
        /// What, by title and field.
        fault: String,
    },
}

impl Catalogue {
    /// Reads a catalogue file.
    ///
    /// # Errors
    /// [`CatalogueError`], naming the title and the field at fault.
    pub fn read(file: &Path) -> Result<Self, CatalogueError> {
        let text = std::fs::read_to_string(file).map_err(|source| CatalogueError::Unreadable {
            file: file.to_owned(),
            source,
        })?;
        Self::parse(&text).map_err(|fault| CatalogueError::Faulty {
            file: file.to_owned(),
            fault,
        })
    }

    /// The title of that name.
    #[must_use]
    pub fn entry(&self, slug: &Slug) -> Option<&Entry> {
        self.titles.iter().find(|entry| entry.title.slug == *slug)
    }

    /// What has that content id: a title's clip, or the one that devices register with.
    #[must_use]
    pub fn clip(&self, content_id: Uuid) -> Option<&Clip> {
        let titles = self.titles.iter().map(|entry| &entry.clip);
        titles
            .chain([&self.dummy])
            .find(|clip| clip.content_id == content_id)
    }

    fn parse(text: &str) -> Result<Self, String> {
        let file: RawCatalogue = toml::from_str(text).map_err(|error| {
            let line = error
                .span()
                .map_or(0, |span| text[..span.start].lines().count());
            format!("near line {line}: {}", error.message())
        })?;
        let dummy = section::<RawDummy>(file.dummy, "the dummy clip")?;
        let catalogue = Self {
            dummy: dummy
                .clip()
                .map_err(|fault| format!("the dummy clip: {fault}"))?,
            titles: file
                .title
                .into_iter()
                .map(read_title)
                .collect::<Result<_, _>>()?,
        };
        catalogue.check_unique()?;
        Ok(catalogue)
    }

    fn check_unique(&self) -> Result<(), String> {
        if self.titles.is_empty() {
            return Err("it has no title".to_owned());
        }
        let mut seen = HashSet::new();
        let mut once = |owner: &str, field: &str, value: String| {
            if seen.insert(format!("{field} {value}")) {
                Ok(())
            } else {
                Err(format!("{owner}: {field} {value} is used twice"))
            }
        };
        let clips = self
            .titles
            .iter()
            .map(|entry| (format!("title {}", entry.title.slug), &entry.clip));
        for entry in &self.titles {
            once(
                &format!("title {}", entry.title.slug),
                "slug",
                entry.title.slug.to_string(),
            )?;
        }
        for (owner, clip) in clips.chain([("the dummy clip".to_owned(), &self.dummy)]) {
            once(&owner, "content_id", clip.content_id.to_string())?;
            for key in &clip.keys {
                once(&owner, "kid", key.kid.to_string())?;
            }
        }
        Ok(())
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawCatalogue {
    dummy: toml::Table,
    #[serde(default)]
    title: Vec<toml::Table>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawDummy {
    manifest: String,
    content_id: Uuid,
    #[serde(rename = "seconds")]
    _seconds: u32,
    key: Vec<RawKey>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawTitle {
    slug: Slug,
    name: String,
    tagline: String,
    synopsis: String,
    genre: String,
    poster_alt: String,
    sv: About,
    year: u16,
    seconds: u32,
    content_id: Uuid,
    manifest: String,
    poster: String,
    backdrop: String,
    accent: String,
    buy_cents: u32,
    rent_cents: u32,
    key: Vec<RawKey>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawKey {
    track: Track,
    kid: KeyId,
    content_key: RawContentKey,
}

/// Which tracks a key encrypts: what the packaging script goes by.
#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Track {
    All,
    Video,
    Audio,
}

#[derive(Deserialize)]
#[serde(try_from = "String")]
struct RawContentKey(ContentKey);

impl TryFrom<String> for RawContentKey {
    type Error = expressplay::Refusal;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse().map(Self)
    }
}

fn section<T: DeserializeOwned>(table: toml::Table, owner: &str) -> Result<T, String> {
    table.try_into().map_err(|error: toml::de::Error| {
        let fault = error.to_string().trim().replace('\n', " ");
        format!("{owner}: {fault}")
    })
}

fn read_title(table: toml::Table) -> Result<Entry, String> {
    let owner = match table.get("slug") {
        Some(toml::Value::String(slug)) => format!("title {slug}"),
        _ => "a title without a slug".to_owned(),
    };
    let raw: RawTitle = section(table, &owner)?;
    raw.entry().map_err(|fault| format!("{owner}: {fault}"))
}

impl RawTitle {
    fn entry(self) -> Result<Entry, String> {
        let accent = self
            .accent
            .strip_prefix('#')
            .is_some_and(|hex| hex.len() == 6 && hex.bytes().all(|b| b.is_ascii_hexdigit()));
        require(accent, "accent", "is not #rrggbb")?;
        require(self.seconds > 0, "seconds", "is 0")?;
        require(self.buy_cents > 0, "buy_cents", "is 0")?;
        require(self.rent_cents > 0, "rent_cents", "is 0")?;
        require(
            self.poster.starts_with('/'),
            "poster",
            "does not start with /",
        )?;
        require(
            self.backdrop.starts_with('/'),
            "backdrop",
            "does not start with /",
        )?;
        let genre = genre_in_urls(&self.genre);
        let genre = genre.ok_or_else(|| "genre makes no word in a URL".to_owned())?;
        Ok(Entry {
            title: Title {
                genre,
                slug: self.slug,
                name: self.name,
                about: About {
                    tagline: self.tagline,
                    synopsis: self.synopsis,
                    genre: self.genre,
                    poster_alt: self.poster_alt,
                },
                year: self.year,
                seconds: self.seconds,
                poster: self.poster,
                backdrop: self.backdrop,
                accent: self.accent,
                buy: Price(self.buy_cents),
                rent: Price(self.rent_cents),
            },
            swedish: self.sv,
            clip: clip(self.content_id, self.manifest, self.key)?,
        })
    }
}

/// A genre in URLs is its English name: `slow-cinema`.
fn genre_in_urls(english: &str) -> Option<Slug> {
    let small = english.to_lowercase();
    let words = small.split(|c: char| !c.is_ascii_alphanumeric());
    let words: Vec<_> = words.filter(|word| !word.is_empty()).collect();
    words.join("-").parse().ok()
}

impl RawDummy {
    fn clip(self) -> Result<Clip, String> {
        clip(self.content_id, self.manifest, self.key)
    }
}

fn clip(content_id: Uuid, manifest: String, keys: Vec<RawKey>) -> Result<Clip, String> {
    require(
        manifest.starts_with('/'),
        "manifest",
        "does not start with /",
    )?;
    require(!keys.is_empty(), "key", "is missing")?;
    let tracks: Vec<_> = keys.iter().map(|raw| raw.track).collect();
    require(
        matches!(
            tracks[..],
            [Track::All] | [Track::Video, Track::Audio] | [Track::Audio, Track::Video]
        ),
        "key",
        "is one for all tracks, or one for video and one for audio",
    )?;
    let keys = keys
        .into_iter()
        .map(|raw| ClipKey {
            kid: raw.kid,
            content_key: raw.content_key.0,
        })
        .collect();
    Ok(Clip {
        content_id,
        manifest,
        keys,
    })
}

fn require(holds: bool, field: &str, fault: impl Display) -> Result<(), String> {
    if holds {
        Ok(())
    } else {
        Err(format!("{field} {fault}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHIPPED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../media/catalogue.toml");

    fn shipped() -> String {
        std::fs::read_to_string(SHIPPED).unwrap()
    }

    fn fault_of(text: &str) -> String {
        Catalogue::parse(text).unwrap_err()
    }

    #[test]
    fn the_catalogue_that_ships_is_read() {
        let catalogue = Catalogue::read(Path::new(SHIPPED)).unwrap();
        assert!(catalogue.titles.len() >= 6);
        assert!(
            catalogue
                .titles
                .iter()
                .any(|entry| entry.clip.keys.len() == 2)
        );
        let slug = "tidewater".parse().unwrap();
        let entry = catalogue.entry(&slug).unwrap();
        assert_eq!(entry.title.name, "Tidewater");
        for locale in [Locale::en, Locale::sv] {
            assert_eq!(entry.title_in(locale).genre.as_str(), "nature");
        }
        for clip in [&entry.clip, &catalogue.dummy] {
            let found = catalogue.clip(clip.content_id).unwrap();
            assert_eq!(found.manifest, clip.manifest);
        }
        assert!(catalogue.clip(Uuid::nil()).is_none());
    }

    #[test]
    fn a_genre_in_urls_is_its_english_name() {
        assert_eq!(
            genre_in_urls("Slow cinema").unwrap().as_str(),
            "slow-cinema"
        );
        assert_eq!(
            genre_in_urls(" Sci-fi & more ").unwrap().as_str(),
            "sci-fi-more"
        );
        assert_eq!(genre_in_urls("—"), None);
    }

    #[test]
    fn a_fault_names_the_title_and_the_field() {
        let text = shipped();
        let without_name = text.replacen("name = \"Tidewater\"\n", "", 1);
        assert_eq!(
            fault_of(&without_name),
            "title tidewater: missing field `name`"
        );
        let misspelt = text.replacen("tagline =", "tag_line =", 1);
        let fault = fault_of(&misspelt);
        assert!(
            fault.starts_with("title tidewater: unknown field `tag_line`"),
            "{fault}"
        );
        let relative = text.replacen("/posters/tidewater.webp", "posters/tidewater.webp", 1);
        assert_eq!(
            fault_of(&relative),
            "title tidewater: poster does not start with /"
        );
    }

    #[test]
    fn every_title_is_told_of_in_both_languages() {
        for entry in Catalogue::parse(&shipped()).unwrap().titles {
            let [english, swedish] = [Locale::en, Locale::sv].map(|locale| entry.title_in(locale));
            for About {
                tagline,
                synopsis,
                genre,
                poster_alt,
            } in [&english.about, &swedish.about]
            {
                for text in [tagline, synopsis, genre, poster_alt] {
                    assert!(!text.is_empty(), "{}", english.slug);
                }
            }
            assert_ne!(english.about.synopsis, swedish.about.synopsis);
            assert_eq!(english.name, swedish.name);
        }
        let without = shipped().replacen("[title.sv]", "[title.de]", 1);
        let fault = fault_of(&without);
        assert!(
            fault.starts_with("title tidewater: unknown field `de`"),
            "{fault}"
        );
    }

    #[test]
    fn every_track_has_its_one_key() {
        let text = shipped().replacen("track = \"audio\"", "track = \"video\"", 1);
        let fault = fault_of(&text);
        assert!(
            fault.ends_with("key is one for all tracks, or one for video and one for audio"),
            "{fault}"
        );
    }

    #[test]
    fn a_kid_that_two_titles_share_is_refused() {
        let text = shipped().replacen(
            "25e746db1c4772a6f6a0353d64964e02",
            "c7476a957a18fb9663c858e8f3399282",
            1,
        );
        assert_eq!(
            fault_of(&text),
            "title north-light: kid c7476a957a18fb9663c858e8f3399282 is used twice"
        );
    }

    #[test]
    fn no_fault_quotes_a_content_key() {
        let key = "bcca75856598e209828465bebc81ccc1";
        let line = format!("content_key = \"{key}\"");
        for wrong in [
            format!("content_key = \"{key}00\""),
            format!("content_key = \"{key}"),
            format!("content_key = {key}"),
            format!("content_keys = \"{key}\""),
        ] {
            let fault = fault_of(&shipped().replacen(&line, &wrong, 1));
            assert!(!fault.contains(&key[..8]), "{fault}");
        }
    }

    #[test]
    fn a_catalogue_does_not_print_its_keys() {
        let catalogue = Catalogue::parse(&shipped()).unwrap();
        assert!(!format!("{catalogue:?}").contains("bcca75856598e209"));
    }
}
