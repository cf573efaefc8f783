//! What goes between the pages and the server, as plain data.
//!
//! Nothing here is a secret but [`HandOver::token_url`], which is meant for whoever asks for it:
//! only ExpressPlay decides whether it is worth anything.

use std::{fmt, str::FromStr};

use expressplay::{Cookie, DeviceId, trace_context::TraceId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::problem::Problem;

/// A title's name in URLs: 1 to 64 of `a-z`, `0-9` and `-`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Slug(String);

impl Slug {
    /// The slug as it stands in a URL.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Slug {
    type Err = NotASlug;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let fits = (1..=64).contains(&text.len())
            && text
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        if fits {
            Ok(Self(text.to_owned()))
        } else {
            Err(NotASlug)
        }
    }
}

impl TryFrom<String> for Slug {
    type Error = NotASlug;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Slug> for String {
    fn from(slug: Slug) -> Self {
        slug.0
    }
}

impl fmt::Display for Slug {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The text is not a [`Slug`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a title's name in a URL is 1 to 64 of a-z, 0-9 and -")]
pub struct NotASlug;

/// A price in euro cents.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Price(pub u32);

/// The signed-in viewer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Viewer {
    /// What the viewer signs in with.
    pub email: String,
    /// What the shop calls the viewer.
    pub name: String,
}

/// A title as the catalogue shows it to a viewer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Title {
    /// Its name in URLs.
    pub slug: Slug,
    /// Its name.
    pub name: String,
    /// What is said of it, in the viewer's language.
    pub about: About,
    /// Its genre in URLs, whatever the language.
    pub genre: Slug,
    /// The year it was made.
    pub year: u16,
    /// Its length in seconds.
    pub seconds: u32,
    /// Path of the portrait poster, 2:3.
    pub poster: String,
    /// Path of the wide picture, 16:9.
    pub backdrop: String,
    /// A colour from the poster, `#rrggbb`.
    pub accent: String,
    /// What it costs to buy.
    pub buy: Price,
    /// What it costs to rent.
    pub rent: Price,
}

/// What is said of a title, in one language.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct About {
    /// One short line.
    pub tagline: String,
    /// Two or three sentences.
    pub synopsis: String,
    /// A word or two.
    pub genre: String,
    /// What the poster shows, for those who do not see it.
    pub poster_alt: String,
}

/// For ever, or for a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OrderKind {
    /// Bought: this device, for ever.
    Buy,
    /// Rented: a period to start in, and a duration once started.
    Rent,
}

impl OrderKind {
    /// The kind as it stands in a URL: `buy`, `rent`.
    #[must_use]
    pub const fn as_path(self) -> &'static str {
        match self {
            Self::Buy => "buy",
            Self::Rent => "rent",
        }
    }

    /// The kind of a URL's word.
    #[must_use]
    pub fn from_path(text: &str) -> Option<Self> {
        match text {
            "buy" => Some(Self::Buy),
            "rent" => Some(Self::Rent),
            _ => None,
        }
    }
}

/// An order that went through.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    /// Its number.
    pub id: Uuid,
    /// What was ordered.
    pub slug: Slug,
    /// The title's name.
    pub title: String,
    /// Bought or rented.
    pub kind: OrderKind,
    /// What was charged.
    pub price: Price,
    /// The device it is bound to, from ExpressPlay's record.
    pub device_id: DeviceId,
    /// When it went through.
    pub ordered_at: Timestamp,
    /// Since when it is bound to that device: later than `ordered_at` once it was moved.
    pub bound_at: Timestamp,
    /// For a rental, where it stands.
    pub rental: Option<Rental>,
}

impl Order {
    /// Whether there is anything left of it to play.
    #[must_use]
    pub const fn still_plays(&self) -> bool {
        !matches!(self.rental, Some(Rental::Over { .. }))
    }
}

/// Where a rental stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "kebab-case")]
pub enum Rental {
    /// Not played yet.
    Waiting {
        /// The last moment to start it.
        start_by: Timestamp,
    },
    /// Playing, or played in part.
    Started {
        /// When it ends.
        ends_at: Timestamp,
    },
    /// Over: played to its end in time, or never started in time.
    Over {
        /// When it ended.
        ended_at: Timestamp,
    },
}

/// A title's own page, for this viewer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TitlePage {
    /// The title.
    pub title: Title,
    /// The terms of a rental.
    pub terms: RentalTerms,
    /// The viewer's orders of this title that can still be played, the one that plays first.
    pub orders: Vec<Order>,
    /// Why there is none.
    pub why_not: Option<Problem>,
    /// The device that this browser is, for the viewer.
    pub this_device: Option<DeviceId>,
}

/// The terms of every rental.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct RentalTerms {
    /// Days after the order within which it must be started.
    pub start_within_days: u32,
    /// Hours that it lasts once started.
    pub play_hours: u32,
}

/// One of the viewer's devices, as registered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Device {
    /// The registration's number, which forms name it by.
    pub id: Uuid,
    /// The cookie that its record is found by (seed step 1).
    pub cookie: Cookie,
    /// The device_id that ExpressPlay recorded.
    pub device_id: DeviceId,
    /// When it was registered.
    pub registered_at: Timestamp,
    /// Whether this browser is the one.
    pub this_browser: bool,
}

/// A registration that is finished. The cookie stays with the server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Registered {
    /// Its number.
    pub id: Uuid,
    /// The device_id that ExpressPlay recorded.
    pub device_id: DeviceId,
}

/// What the page needs that moves a purchase to this browser's device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moving {
    /// The title.
    pub title: Title,
    /// The purchase, as it is bound now.
    pub order: Order,
    /// This browser's device; none while it is not registered.
    pub here: Option<Device>,
    /// Why it cannot be moved here, whatever the time.
    pub why_not: Option<Problem>,
    /// When it can be moved again, if it was moved lately.
    pub again_from: Option<Timestamp>,
    /// So many days pass between two moves.
    pub days_between: u32,
    /// So many seconds a token lives that the old device may have had.
    pub token_seconds: u64,
    /// Which CDM this browser would register with.
    pub cdm: Cdm,
}

/// A registration that has begun: play this clip, then finish (seed steps 1 to 3).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Registration {
    /// The registration's number.
    pub id: Uuid,
    /// The dummy clip and the token for it.
    pub dummy: HandOver,
}

/// A clip and the token that may make it play (seed step 6).
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HandOver {
    /// Path of the DASH manifest.
    pub manifest: String,
    /// Where the licence request goes, token included.
    pub token_url: String,
    /// Which CDM the player uses.
    pub cdm: Cdm,
    /// The order it is for; none for the dummy clip.
    pub order: Option<Order>,
    /// The trace that the licence request carries on, in its `traceparent`.
    pub trace: Option<TraceId>,
}

/// Without the token.
impl fmt::Debug for HandOver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HandOver")
            .field("manifest", &self.manifest)
            .field("cdm", &self.cdm)
            .field("order", &self.order)
            .finish_non_exhaustive()
    }
}

/// Which CDM the player uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Cdm {
    /// Bindery's own: a WebCrypto key signs the request, `org.w3.clearkey` decrypts.
    Simulated,
    /// The browser's `com.widevine.alpha`, against the real service.
    Widevine,
}

impl Cdm {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Simulated, Self::Widevine];

    /// Its name, in settings as on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Simulated => "simulated",
            Self::Widevine => "widevine",
        }
    }
}

impl FromStr for Cdm {
    type Err = NotACdm;

    fn from_str(text: &str) -> Result<Self, NotACdm> {
        let named = Self::ALL.into_iter().find(|cdm| cdm.name() == text);
        named.ok_or(NotACdm)
    }
}

/// The text names no CDM.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a CDM is simulated or widevine")]
pub struct NotACdm;

/// What the checkout page needs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checkout {
    /// What is ordered.
    pub title: Title,
    /// Bought or rented.
    pub kind: OrderKind,
    /// What it costs.
    pub price: Price,
    /// The terms, if rented.
    pub terms: RentalTerms,
    /// The viewer's devices; the one with `this_browser` is chosen unless the viewer says otherwise.
    pub devices: Vec<Device>,
    /// Whether the viewer has it already on this browser's device: nothing is charged, then.
    pub had: bool,
    /// Which CDM a browser that is none of them would register with.
    pub cdm: Cdm,
    /// A fresh idempotency key: the form sends it back, and one key makes one order.
    pub order_key: Uuid,
}

/// What the order form sends.
#[derive(Clone)]
pub struct OrderForm {
    /// What is ordered.
    pub slug: Slug,
    /// Bought or rented.
    pub kind: OrderKind,
    /// The idempotency key of [`Checkout::order_key`].
    pub order_key: Uuid,
    /// Which registration to bind to; none for this browser's own.
    pub device: Option<Uuid>,
    /// The card's number, as typed.
    pub card_number: String,
}

/// Without the card's number.
impl fmt::Debug for OrderForm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OrderForm")
            .field("slug", &self.slug)
            .field("kind", &self.kind)
            .field("order_key", &self.order_key)
            .field("device", &self.device)
            .finish_non_exhaustive()
    }
}

/// What a form left behind when it failed, shown once on the page that it came from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// What went wrong.
    pub problem: Problem,
    /// What the viewer had typed that is no secret (the email), to fill in again.
    pub typed: Option<String>,
    /// The same of a name.
    pub name: Option<String>,
}

/// How a rental that is playing stands, for the player.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Playing {
    /// Milliseconds left, by the server's clock; none while the start is not on record yet, or for a purchase.
    pub remaining_ms: Option<u64>,
}
