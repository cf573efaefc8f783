//! One message of the workflow and its answer, as far as anybody may see them.

use expressplay::{
    Cookie, DeviceId,
    challenge::PLAIN_TYPE,
    trace_context::{TraceId, TraceParent},
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{lab::Attempt, problem::Problem};

/// Who takes part: the lifelines of the guide's own diagram, from left to right.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Party {
    /// The browser, and the device that it is.
    Device,
    /// The entitlement server: this shop.
    Entitlement,
    /// ExpressPlay, which makes tokens and licences.
    ExpressPlay,
    /// ExpressPlay's transaction history.
    History,
}

impl Party {
    /// All four, from left to right.
    pub const ALL: [Self; 4] = [
        Self::Device,
        Self::Entitlement,
        Self::ExpressPlay,
        Self::History,
    ];
}

/// What a message asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Act {
    /// A registration, for which a cookie is made.
    Begin,
    /// A token for the dummy clip.
    DummyToken,
    /// A licence for the dummy clip.
    DummyLicense,
    /// Which device that was: the browser asks the shop …
    Finish,
    /// … and the shop asks the history.
    FindDevice,
    /// A purchase or a rental.
    PlaceOrder,
    /// A purchase that moves to another device.
    MoveOrder,
    /// Which device the order is for.
    DeviceForSale,
    /// A film, for which a token is to be handed over.
    HandOver,
    /// A token bound to the device.
    BoundToken,
    /// A licence for the film.
    License,
    /// Whether a licence was issued, and when.
    Playing,
    /// The history's answer to that.
    LookBack,
}

impl Act {
    /// All of them, in the order of the workflow.
    pub const ALL: [Self; 13] = [
        Self::Begin,
        Self::DummyToken,
        Self::DummyLicense,
        Self::Finish,
        Self::FindDevice,
        Self::PlaceOrder,
        Self::MoveOrder,
        Self::DeviceForSale,
        Self::HandOver,
        Self::BoundToken,
        Self::License,
        Self::Playing,
        Self::LookBack,
    ];

    /// Which of the seven steps it belongs to.
    #[must_use]
    pub const fn step(self) -> u8 {
        match self {
            Self::Begin => 1,
            Self::DummyToken => 2,
            Self::DummyLicense | Self::Finish | Self::FindDevice => 3,
            Self::PlaceOrder | Self::MoveOrder | Self::DeviceForSale => 4,
            Self::BoundToken => 5,
            Self::HandOver => 6,
            Self::License | Self::Playing | Self::LookBack => 7,
        }
    }

    /// Whether it is asked beside the seven steps.
    #[must_use]
    pub const fn is_beside(self) -> bool {
        matches!(self, Self::Playing | Self::LookBack)
    }

    /// Whether it is put as a question, which is answered where a request is granted, whatever is
    /// kept of the answer.
    #[must_use]
    pub const fn is_question(self) -> bool {
        match self {
            Self::Finish
            | Self::FindDevice
            | Self::DeviceForSale
            | Self::Playing
            | Self::LookBack => true,
            Self::Begin
            | Self::DummyToken
            | Self::DummyLicense
            | Self::PlaceOrder
            | Self::MoveOrder
            | Self::HandOver
            | Self::BoundToken
            | Self::License => false,
        }
    }

    /// Who asks.
    #[must_use]
    pub const fn from(self) -> Party {
        match self {
            Self::Begin
            | Self::DummyLicense
            | Self::Finish
            | Self::PlaceOrder
            | Self::MoveOrder
            | Self::HandOver
            | Self::License
            | Self::Playing => Party::Device,
            Self::DummyToken
            | Self::FindDevice
            | Self::DeviceForSale
            | Self::BoundToken
            | Self::LookBack => Party::Entitlement,
        }
    }

    /// Who answers.
    #[must_use]
    pub const fn to(self) -> Party {
        match self {
            Self::Begin
            | Self::Finish
            | Self::PlaceOrder
            | Self::MoveOrder
            | Self::HandOver
            | Self::Playing => Party::Entitlement,
            Self::DummyToken | Self::DummyLicense | Self::BoundToken | Self::License => {
                Party::ExpressPlay
            }
            Self::FindDevice | Self::DeviceForSale | Self::LookBack => Party::History,
        }
    }

    /// Whether it is a licence request, whose outcome goes into the history.
    #[must_use]
    pub const fn is_license(self) -> bool {
        matches!(self, Self::DummyLicense | Self::License)
    }
}

/// Something that a message carries, under the name that it has there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Field {
    /// Its name on the wire.
    pub name: String,
    /// What it is.
    pub value: Value,
}

impl Field {
    /// A field.
    pub fn new(name: impl Into<String>, value: Value) -> Self {
        Self {
            name: name.into(),
            value,
        }
    }

    /// A field of text.
    pub fn text(name: impl Into<String>, value: impl Into<String>) -> Self {
        Self::new(name, Value::Text(value.into()))
    }
}

/// What a field holds. Four kinds can be followed from message to message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "value", rename_all = "kebab-case")]
pub enum Value {
    /// What it says.
    Text(String),
    /// What nobody may see.
    Secret,
    /// A cookie.
    Cookie(Cookie),
    /// A device_id.
    Device(DeviceId),
    /// A kid, as it stands on the wire of ExpressPlay's back-end calls.
    Kid(String),
    /// A token, by the beginning of its SHA-256: the token itself is a secret.
    Token(String),
}

impl Value {
    /// A token, by its SHA-256.
    #[must_use]
    pub fn token(hash: &[u8; 32]) -> Self {
        Self::Token(hash[..6].iter().map(|byte| format!("{byte:02x}")).collect())
    }

    /// How it is written, and how it is named where it is followed; a secret has no text.
    #[must_use]
    pub fn as_text(&self) -> Option<String> {
        match self {
            Self::Text(text) | Self::Kid(text) | Self::Token(text) => Some(text.clone()),
            Self::Cookie(cookie) => Some(cookie.to_string()),
            Self::Device(device) => Some(device.to_string()),
            Self::Secret => None,
        }
    }

    /// Whether it can be followed from message to message.
    #[must_use]
    pub const fn can_be_followed(&self) -> bool {
        !matches!(self, Self::Text(_) | Self::Secret)
    }
}

/// What came of a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "kebab-case")]
pub enum Outcome {
    /// What it asked for.
    Granted,
    /// ExpressPlay said no.
    Refused {
        /// The HTTP status.
        status: u16,
        /// ExpressPlay's code.
        code: i32,
    },
    /// The shop said no.
    Declined {
        /// Why.
        problem: Problem,
    },
    /// An answer that is not in ExpressPlay's API.
    Senseless {
        /// The HTTP status.
        status: u16,
    },
    /// No answer.
    Lost {
        /// Why.
        why: String,
    },
}

/// A message and its answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// Its number: messages are counted as they go out.
    pub id: i64,
    /// What it is known by to all who see it.
    pub traceparent: TraceParent,
    /// What it asks for.
    pub act: Act,
    /// When it went out, by real time.
    pub at: Timestamp,
    /// How long its answer took, in microseconds; none while there is none.
    pub micros: Option<u64>,
    /// `GET`, `POST`.
    pub method: String,
    /// Where it went, without a query.
    pub url: String,
    /// What it carried.
    pub asked: Vec<Field>,
    /// What came of it; none while there is no answer.
    pub outcome: Option<Outcome>,
    /// What its answer carried.
    pub answered: Vec<Field>,
    /// What was noted beside it, and did not go along: the cookie that was made, say.
    pub noted: Vec<Field>,
}

impl Message {
    /// Everything that it carried, there and back.
    pub fn fields(&self) -> impl Iterator<Item = &Field> {
        self.asked.iter().chain(&self.noted).chain(&self.answered)
    }

    /// The token that it was sent with.
    #[must_use]
    pub fn token(&self) -> Option<&Value> {
        let mut values = self.asked.iter().map(|field| &field.value);
        values.find(|value| matches!(value, Value::Token(_)))
    }

    /// The device that it was sent for, or by.
    #[must_use]
    pub fn device(&self) -> Option<DeviceId> {
        self.asked.iter().find_map(|field| match field.value {
            Value::Device(id) => Some(id),
            _ => None,
        })
    }

    /// Whether it is a licence request that nobody signed.
    #[must_use]
    pub fn is_plain(&self) -> bool {
        let plain = Field::text("Content-Type", PLAIN_TYPE);
        self.asked.contains(&plain)
    }

    /// As it was before its answer came.
    #[must_use]
    pub fn unanswered(self) -> Self {
        Self {
            micros: None,
            outcome: None,
            answered: vec![],
            ..self
        }
    }

    /// Whether its traceparent went along to ExpressPlay: what a terminal sent bears one that the
    /// shop made up.
    #[must_use]
    pub fn shows_its_trace(&self) -> bool {
        matches!(self.act.to(), Party::ExpressPlay | Party::History) && !self.is_overheard()
    }

    /// Whether nobody told the shop of it but the simulator's journal.
    #[must_use]
    pub fn is_overheard(&self) -> bool {
        self.fields().any(|field| field.name == "journal")
    }

    /// Whether its answer gave a value.
    #[must_use]
    pub fn gave(&self, value: &Value) -> bool {
        self.answered.iter().any(|field| field.value == *value)
    }

    /// Whether it carries a value.
    #[must_use]
    pub fn carries(&self, value: &str) -> bool {
        let mut fields = self.fields().map(|field| &field.value);
        fields.any(|it| it.can_be_followed() && it.as_text().as_deref() == Some(value))
    }
}

/// What brought messages about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "occasion", content = "title", rename_all = "kebab-case")]
pub enum Occasion {
    /// The registration of a device.
    Registration,
    /// A purchase or a rental, of which title.
    Order(String),
    /// A purchase is moved to another device: of which title.
    Move(String),
    /// A film is played: which.
    Play(String),
    /// A page shows how the rental of a title stands.
    Page(String),
    /// Something is tried in the lab.
    Attempt(Attempt),
}

/// The messages that one occasion brought about: one trace.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Episode {
    /// Its trace.
    pub trace: TraceId,
    /// What it was.
    pub occasion: Occasion,
    /// When it began, by real time.
    pub at: Timestamp,
    /// Its messages, as they went out.
    pub messages: Vec<Message>,
}

impl Episode {
    /// The device that asked for a licence in it, as ExpressPlay knows it.
    #[must_use]
    pub fn device(&self) -> Option<DeviceId> {
        let mut requests = self.messages.iter().filter(|it| it.act.is_license());
        requests.find_map(Message::device)
    }
}
