//! What a viewer looks for on the shelf: words, a genre, and in which order.

use std::cmp::Reverse;

use form_urlencoded::Serializer;
use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

use crate::model::{Slug, Title};

/// What to show of the shelf. As a query of the catalogue's address it is all of the page's state,
/// so that a search can be linked to, and needs no script.
///
/// What makes no sense in an address is as if it were not there: nobody's search is an error.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ShelfQuery {
    words: String,
    genre: Option<Slug>,
    sort: Sort,
}

/// The order of what is found.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Sort {
    /// As the films stand on the shelf.
    #[default]
    Shelf,
    /// By name.
    Name,
    /// The shortest first.
    Length,
    /// The cheapest to buy first.
    Price,
}

impl Sort {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Shelf, Self::Name, Self::Length, Self::Price];

    /// As it stands in the query.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Shelf => "",
            Self::Name => "name",
            Self::Length => "length",
            Self::Price => "price",
        }
    }
}

impl ShelfQuery {
    /// The field of the words.
    pub const WORDS: &str = "q";
    /// The field of the genre.
    pub const GENRE: &str = "genre";
    /// The field of the order.
    pub const SORT: &str = "sort";
    /// The most characters that are searched for; what comes after them is left out.
    pub const MAX_CHARS: usize = 80;

    /// Reads a query, by its fields' values.
    #[must_use]
    pub fn read(value: impl Fn(&str) -> Option<String>) -> Self {
        let text = value(Self::WORDS).unwrap_or_default();
        let words: Vec<_> = text.split_whitespace().collect();
        let words: String = words.join(" ").chars().take(Self::MAX_CHARS).collect();
        let sort = value(Self::SORT).unwrap_or_default();
        let sort = Sort::ALL.into_iter().find(|it| it.as_str() == sort);
        Self {
            words: words.trim_end().to_owned(),
            genre: value(Self::GENRE).and_then(|genre| genre.parse().ok()),
            sort: sort.unwrap_or_default(),
        }
    }

    /// Every film of a genre.
    #[must_use]
    pub fn of_genre(genre: Slug) -> Self {
        Self {
            genre: Some(genre),
            ..Self::default()
        }
    }

    /// The same on this shelf, which may have no such genre.
    #[must_use]
    pub fn on(self, shelf: &[Title]) -> Self {
        let known = |genre: &Slug| shelf.iter().any(|title| title.genre == *genre);
        Self {
            genre: self.genre.filter(known),
            ..self
        }
    }

    /// The words, with one space between them.
    #[must_use]
    pub fn words(&self) -> &str {
        &self.words
    }

    /// The genre, if one is asked for.
    #[must_use]
    pub const fn genre(&self) -> Option<&Slug> {
        self.genre.as_ref()
    }

    /// The order.
    #[must_use]
    pub const fn sort(&self) -> Sort {
        self.sort
    }

    /// Whether nothing is asked for: the shop's front.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// What is found: each of the words in what is said of a film, whatever its case and accents.
    #[must_use]
    pub fn find(&self, shelf: &[Title]) -> Vec<Title> {
        let words = plain(&self.words);
        let words: Vec<_> = words.split_whitespace().collect();
        let mut found: Vec<_> = shelf
            .iter()
            .filter(|title| self.genre.as_ref().is_none_or(|it| *it == title.genre))
            .filter(|title| {
                let told = told(title);
                words.iter().all(|word| told.contains(word))
            })
            .cloned()
            .collect();
        match self.sort {
            // Who searches by a name wants that film first.
            Sort::Shelf => found.sort_by_key(|title| Reverse(named(title, &words))),
            Sort::Name => found.sort_by_cached_key(|title| plain(&title.name)),
            Sort::Length => found.sort_by_key(|title| title.seconds),
            Sort::Price => found.sort_by_key(|title| title.buy),
        }
        found
    }

    /// Where the catalogue shows it.
    #[must_use]
    pub fn href(&self) -> String {
        let mut query = Serializer::new(String::new());
        let pairs = [
            (Self::WORDS, self.words.as_str()),
            (Self::GENRE, self.genre.as_ref().map_or("", Slug::as_str)),
            (Self::SORT, self.sort.as_str()),
        ];
        query.extend_pairs(pairs.into_iter().filter(|(_, value)| !value.is_empty()));
        match query.finish() {
            query if query.is_empty() => "/".to_owned(),
            query => format!("/?{query}"),
        }
    }
}

fn named(title: &Title, words: &[&str]) -> bool {
    let name = plain(&title.name);
    words.iter().any(|word| name.contains(word))
}

/// All that is searched of a film.
fn told(title: &Title) -> String {
    let about = &title.about;
    let texts = [&title.name, &about.tagline, &about.synopsis, &about.genre];
    plain(&texts.map(String::as_str).join("\n"))
}

/// Without case and accents.
fn plain(text: &str) -> String {
    let small = text.to_lowercase();
    small.nfd().filter(|c| !is_combining_mark(*c)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{About, Price};

    fn film(name: &str, tagline: &str, genre: &str, seconds: u32, cents: u32) -> Title {
        Title {
            slug: name.to_lowercase().replace(' ', "-").parse().unwrap(),
            name: name.to_owned(),
            about: About {
                tagline: tagline.to_owned(),
                synopsis: String::new(),
                genre: genre.to_owned(),
                poster_alt: "Nobody searches for this".to_owned(),
            },
            genre: genre.to_lowercase().parse().unwrap(),
            year: 2026,
            seconds,
            poster: String::new(),
            backdrop: String::new(),
            accent: String::new(),
            buy: Price(cents),
            rent: Price(100),
        }
    }

    fn shelf() -> Vec<Title> {
        vec![
            film(
                "Tidewater",
                "Havet stiger för att möta månen",
                "natur",
                42,
                999,
            ),
            film("Lit Windows", "En stad går till sängs", "stad", 36, 799),
            film("Murmuration", "Starar över Tidewater", "natur", 34, 1199),
        ]
    }

    fn query(text: &str) -> ShelfQuery {
        let pairs: Vec<_> = form_urlencoded::parse(text.as_bytes()).collect();
        ShelfQuery::read(|name| {
            let pair = pairs.iter().find(|(it, _)| it == name);
            pair.map(|(_, value)| value.clone().into_owned())
        })
    }

    fn found(text: &str) -> Vec<String> {
        let shelf = shelf();
        let found = query(text).on(&shelf).find(&shelf);
        found.into_iter().map(|title| title.name).collect()
    }

    #[test]
    fn words_are_found_whatever_their_case_and_accents() {
        for text in [
            "q=månen",
            "q=MÅNEN",
            "q=manen",
            "q=m%C3%A5nen",
            "q=ma%CC%8Anen",
            "q=mån",
        ] {
            assert_eq!(found(text), ["Tidewater"], "{text}");
        }
        assert_eq!(found("q=sängs"), ["Lit Windows"]);
        assert_eq!(found("q=sangs"), ["Lit Windows"]);
    }

    #[test]
    fn every_word_must_be_there_in_any_place() {
        assert_eq!(found("q=stad+windows"), ["Lit Windows"]);
        assert!(found("q=stad+murmuration").is_empty());
        assert!(
            found("q=nobody").is_empty(),
            "what a poster shows is not searched"
        );
    }

    #[test]
    fn a_film_of_that_name_comes_first() {
        assert_eq!(found("q=tidewater"), ["Tidewater", "Murmuration"]);
        assert_eq!(found("q=över"), ["Murmuration"]);
    }

    #[test]
    fn a_genre_and_an_order_go_with_words_and_without() {
        assert_eq!(found("genre=natur"), ["Tidewater", "Murmuration"]);
        assert_eq!(found("genre=natur&q=starar"), ["Murmuration"]);
        assert_eq!(
            found("sort=name"),
            ["Lit Windows", "Murmuration", "Tidewater"]
        );
        assert_eq!(
            found("sort=length"),
            ["Murmuration", "Lit Windows", "Tidewater"]
        );
        assert_eq!(
            found("sort=price"),
            ["Lit Windows", "Tidewater", "Murmuration"]
        );
    }

    #[test]
    fn what_makes_no_sense_is_as_if_it_were_not_there() {
        let all = ["Tidewater", "Lit Windows", "Murmuration"];
        for text in [
            "",
            "q=&genre=&sort=",
            "q=+%20%09",
            "genre=horror",
            "genre=%00..%2F",
            "sort=upside-down",
            "page=7",
        ] {
            assert_eq!(found(text), all, "{text}");
            assert!(query(text).on(&shelf()).is_empty(), "{text}");
        }
    }

    #[test]
    fn words_are_cut_between_characters() {
        let long = query(&format!("q={}", "å".repeat(1000)));
        assert_eq!(long.words().chars().count(), ShelfQuery::MAX_CHARS);
    }

    #[test]
    fn a_query_is_read_as_it_is_written() {
        for text in [
            "q=m%C3%A5nen+och+havet&genre=natur&sort=price",
            "genre=natur",
            "q=a%26b",
        ] {
            assert_eq!(query(text).href(), format!("/?{text}"));
        }
        assert_eq!(ShelfQuery::default().href(), "/");
        assert_eq!(
            ShelfQuery::of_genre("natur".parse().unwrap()).href(),
            "/?genre=natur"
        );
    }
}
