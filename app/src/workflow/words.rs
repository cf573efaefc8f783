//! The workflow in the viewer's words.

use expressplay::parameter::base_of;

use super::{Act, Message, Occasion, Outcome, Party};
use crate::{
    i18n::{Locale, td_string},
    lab,
};

/// How many messages there are: `13 messages`.
pub(super) fn count(locale: Locale, count: u32) -> String {
    match count {
        1 => td_string!(locale, workflow.count_one).to_owned(),
        _ => td_string!(locale, workflow.count, count),
    }
}

/// A party's name.
pub(super) fn party(locale: Locale, party: Party) -> &'static str {
    match party {
        Party::Device => td_string!(locale, workflow.party.device),
        Party::Entitlement => td_string!(locale, workflow.party.entitlement),
        Party::ExpressPlay => "ExpressPlay",
        Party::History => td_string!(locale, workflow.party.history),
    }
}

/// A party's name where there is little room.
pub(super) fn short_party(locale: Locale, party: Party) -> &'static str {
    match party {
        Party::Device => td_string!(locale, workflow.party_short.device),
        Party::Entitlement => td_string!(locale, workflow.party_short.entitlement),
        Party::ExpressPlay => "ExpressPlay",
        Party::History => td_string!(locale, workflow.party_short.history),
    }
}

/// The name of one of the seven steps.
pub(super) fn step(locale: Locale, step: u8) -> &'static str {
    match step {
        1 => td_string!(locale, workflow.step.s1),
        2 => td_string!(locale, workflow.step.s2),
        3 => td_string!(locale, workflow.step.s3),
        4 => td_string!(locale, workflow.step.s4),
        5 => td_string!(locale, workflow.step.s5),
        6 => td_string!(locale, workflow.step.s6),
        _ => td_string!(locale, workflow.step.s7),
    }
}

/// What a message of a kind says, what its answer says when all is well, and what it is about.
pub(super) fn act(locale: Locale, act: Act) -> (&'static str, &'static str, &'static str) {
    macro_rules! of {
        ($name:ident) => {
            (
                td_string!(locale, workflow.act.$name),
                td_string!(locale, workflow.answer.$name),
                td_string!(locale, workflow.act_text.$name),
            )
        };
    }
    match act {
        Act::Begin => of!(begin),
        Act::DummyToken => of!(dummy_token),
        Act::DummyLicense => of!(dummy_license),
        Act::Finish => of!(finish),
        Act::FindDevice => of!(find_device),
        Act::PlaceOrder => of!(place_order),
        Act::MoveOrder => of!(move_order),
        Act::DeviceForSale => of!(device_for_sale),
        Act::HandOver => of!(hand_over),
        Act::BoundToken => of!(bound_token),
        Act::License => of!(license),
        Act::Playing => of!(playing),
        Act::LookBack => of!(look_back),
    }
}

/// What came of a message, in short.
pub(crate) fn outcome(locale: Locale, outcome: Option<&Outcome>) -> String {
    match outcome {
        None => td_string!(locale, workflow.pending).to_owned(),
        Some(Outcome::Granted) => td_string!(locale, workflow.granted).to_owned(),
        Some(Outcome::Refused { code, .. }) => td_string!(locale, workflow.refused, code),
        Some(Outcome::Declined { .. }) => td_string!(locale, workflow.declined).to_owned(),
        Some(Outcome::Senseless { status }) => td_string!(locale, workflow.senseless, status),
        Some(Outcome::Lost { .. }) => td_string!(locale, workflow.lost).to_owned(),
    }
}

/// The same of one message: a question is answered where a request is granted.
pub(super) fn outcome_of(locale: Locale, message: &Message) -> String {
    match &message.outcome {
        Some(Outcome::Granted) if message.act.is_question() => {
            td_string!(locale, workflow.answered).to_owned()
        }
        other => outcome(locale, other.as_ref()),
    }
}

/// What an answer says, over its arrow.
pub(super) fn answer(locale: Locale, message: &Message) -> String {
    match &message.outcome {
        Some(Outcome::Granted) => act(locale, message.act).1.to_owned(),
        other => outcome(locale, other.as_ref()),
    }
}

/// How long an answer took: `12.3 ms`.
pub(super) fn took(locale: Locale, micros: u64) -> String {
    let tenths = micros / 100;
    let (whole, part) = (tenths / 10, tenths % 10);
    let time = match locale {
        Locale::en => format!("{whole}.{part}"),
        Locale::sv => format!("{whole},{part}"),
    };
    td_string!(locale, workflow.took, time)
}

/// What brought messages about.
pub(super) fn occasion(locale: Locale, occasion: &Occasion) -> String {
    match occasion {
        Occasion::Registration => td_string!(locale, workflow.occasion.registration).to_owned(),
        Occasion::Order(title) => td_string!(locale, workflow.occasion.order, title),
        Occasion::Move(title) => td_string!(locale, workflow.occasion.moved, title),
        Occasion::Play(title) => td_string!(locale, workflow.occasion.play, title),
        Occasion::Page(title) => td_string!(locale, workflow.occasion.page, title),
        Occasion::Attempt(attempt) => {
            let name = lab::words::of(locale, *attempt).name;
            td_string!(locale, workflow.occasion.attempt, name)
        }
    }
}

/// What a field is, by its name; nothing where nothing needs to be said.
pub(super) fn meaning(locale: Locale, name: &str) -> &'static str {
    match base_of(name) {
        "customerAuthenticator" => td_string!(locale, workflow.field.customerAuthenticator),
        "errorFormat" => td_string!(locale, workflow.field.errorFormat),
        "kid" => td_string!(locale, workflow.field.kid),
        "contentKey" => td_string!(locale, workflow.field.contentKey),
        "securityLevel" => td_string!(locale, workflow.field.securityLevel),
        "hdcpOutputControl" => td_string!(locale, workflow.field.hdcp),
        "contentId" => td_string!(locale, workflow.field.contentId),
        "expirationTime" => td_string!(locale, workflow.field.expirationTime),
        "licenseDuration" => td_string!(locale, workflow.field.licenseDuration),
        "playbackDuration" => td_string!(locale, workflow.field.playbackDuration),
        "cookie" | "Cookie: cookie" => td_string!(locale, workflow.field.cookie),
        "deviceId" => td_string!(locale, workflow.field.deviceId),
        "deviceId (claimed)" => td_string!(locale, workflow.field.claimed_device_id),
        "ExpressPlayToken" | "token_url" => td_string!(locale, workflow.field.token),
        "endpoint" => td_string!(locale, workflow.field.endpoint),
        "attempt" => td_string!(locale, workflow.field.attempt),
        "device_id" | "order.device_id" | "jwk (device_id)" => {
            td_string!(locale, workflow.field.device_id)
        }
        "refused_device_id" => td_string!(locale, workflow.field.refused_device_id),
        "event_id" => td_string!(locale, workflow.field.event_id),
        "event_time" => td_string!(locale, workflow.field.event_time),
        "status" => td_string!(locale, workflow.field.status),
        "error_code" => td_string!(locale, workflow.field.error_code),
        "kids" => td_string!(locale, workflow.field.kids),
        "iat" => td_string!(locale, workflow.field.iat),
        "jti" => td_string!(locale, workflow.field.jti),
        "keys" => td_string!(locale, workflow.field.keys),
        "id" => td_string!(locale, workflow.field.id),
        "order" => td_string!(locale, workflow.field.order),
        "order_key" => td_string!(locale, workflow.field.order_key),
        "slug" => td_string!(locale, workflow.field.slug),
        "kind" => td_string!(locale, workflow.field.order_kind),
        "card_number" => td_string!(locale, workflow.field.card_number),
        "manifest" => td_string!(locale, workflow.field.manifest),
        "Content-Type" => td_string!(locale, workflow.field.content_type),
        "journal" => td_string!(locale, workflow.field.journal),
        "remaining_ms" => td_string!(locale, workflow.field.remaining_ms),
        _ => "",
    }
}
