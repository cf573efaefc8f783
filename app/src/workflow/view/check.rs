//! The cross-check: the device_id that the token is bound to, the one that the licence request
//! names, and what came of the two.

use expressplay::{DeviceId, ErrorCode};
use leptos::{either::EitherOf3, prelude::*};

use super::super::{Message, Outcome};
use crate::{i18n::td_string, locale::locale};

/// What is known of the comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    /// A licence: they were equal.
    Licence,
    /// They are equal, and something else was not right.
    EqualAndRefused,
    /// They are not equal, and so there was no licence.
    Unequal,
    /// They are not equal, and something else was refused before.
    UnequalAndRefused,
    /// No answer tells that they were compared.
    Unknown,
}

impl Verdict {
    fn of(bound: DeviceId, message: &Message) -> Self {
        let equal = message.device().map(|asks| asks == bound);
        let Some(outcome) = &message.outcome else {
            return Self::Unknown;
        };
        let unauthenticated = |code| code == ErrorCode::DeviceNotAuthenticated.number();
        match (equal, outcome) {
            (Some(true) | None, Outcome::Granted) => Self::Licence,
            (Some(true), Outcome::Refused { .. }) => Self::EqualAndRefused,
            (Some(false), Outcome::Refused { code, .. }) if unauthenticated(*code) => Self::Unequal,
            (Some(false), Outcome::Refused { .. }) => Self::UnequalAndRefused,
            // The device that the browser's own CDM shows to ExpressPlay alone.
            (None, Outcome::Refused { code, .. }) if unauthenticated(*code) && by_cdm(message) => {
                Self::Unequal
            }
            _ => Self::Unknown,
        }
    }

    /// How it is drawn.
    const fn equal(self) -> &'static str {
        match self {
            Self::Licence | Self::EqualAndRefused => "true",
            Self::Unequal | Self::UnequalAndRefused => "false",
            Self::Unknown => "unknown",
        }
    }

    fn text(self) -> &'static str {
        let locale = locale();
        match self {
            Self::Licence => td_string!(locale, workflow.check.equal),
            Self::EqualAndRefused => td_string!(locale, workflow.check.equal_refused),
            Self::Unequal => td_string!(locale, workflow.check.unequal),
            Self::UnequalAndRefused => td_string!(locale, workflow.check.unequal_refused),
            Self::Unknown => td_string!(locale, workflow.check.unknown),
        }
    }
}

/// Whether it was the browser's own CDM that asked: a page says nothing then of what it sent, and
/// whoever else asks is told of by the simulator's journal.
fn by_cdm(message: &Message) -> bool {
    let says_how = message.fields().any(|field| field.name == "Content-Type");
    !says_how && !message.is_overheard()
}

/// Two device_ids side by side, equal or not.
pub(super) fn cross_check(bound: Option<DeviceId>, message: &Message) -> Option<AnyView> {
    let locale = locale();
    let bound = bound?;
    let verdict = Verdict::of(bound, message);
    let how = match message.is_plain() {
        true => td_string!(locale, workflow.check.claims),
        false => td_string!(locale, workflow.check.asks),
    };
    let asks = match message.device() {
        Some(asks) => EitherOf3::A(view! { <code>{asks.to_string()}</code> }),
        None if by_cdm(message) => EitherOf3::B(td_string!(locale, workflow.check.by_cdm)),
        None => EitherOf3::C(td_string!(locale, workflow.check.nobody)),
    };
    let check = view! {
        <section
            class="cross-check"
            data-equal=verdict.equal()
            aria-labelledby="check-heading"
        >
            <h3 id="check-heading">{td_string!(locale, workflow.check.heading)}</h3>
            <dl>
                <div>
                    <dt>{td_string!(locale, workflow.check.token)}</dt>
                    <dd>
                        <code>{bound.to_string()}</code>
                    </dd>
                </div>
                <div>
                    <dt>{how}</dt>
                    <dd>{asks}</dd>
                </div>
            </dl>
            <p class="cross-check-verdict">{verdict.text()}</p>
        </section>
    };
    Some(check.into_any())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workflow::{Field, Value, view::tests::message};

    fn device(byte: u8) -> DeviceId {
        DeviceId::from_bytes([byte; 16]).unwrap()
    }

    fn verdict(asked: Vec<Field>, outcome: Option<Outcome>) -> Verdict {
        let message = Message {
            outcome,
            ..message(1, crate::workflow::Act::License, asked, vec![])
        };
        Verdict::of(device(1), &message)
    }

    fn shows(byte: u8) -> Vec<Field> {
        vec![
            Field::text("Content-Type", "application/jose"),
            Field::new("jwk (device_id)", Value::Device(device(byte))),
        ]
    }

    fn refused(code: i32) -> Option<Outcome> {
        Some(Outcome::Refused { status: 403, code })
    }

    #[test]
    fn a_refusal_is_the_cross_checks_where_the_ids_differ_and_the_code_is_its_own() {
        assert_eq!(verdict(shows(2), refused(-4001)), Verdict::Unequal);
        assert_eq!(
            verdict(shows(2), refused(-2019)),
            Verdict::UnequalAndRefused
        );
        assert_eq!(verdict(shows(1), refused(-4001)), Verdict::EqualAndRefused);
        assert_eq!(verdict(shows(1), Some(Outcome::Granted)), Verdict::Licence);
    }

    #[test]
    fn nothing_is_said_of_a_comparison_that_no_answer_tells_of() {
        let lost = Outcome::Lost { why: String::new() };
        for outcome in [None, Some(lost), Some(Outcome::Senseless { status: 200 })] {
            for byte in [1, 2] {
                assert_eq!(verdict(shows(byte), outcome.clone()), Verdict::Unknown);
            }
        }
        // Who names no device is refused for that.
        for nobody in [
            Field::text("Content-Type", "application/json"),
            Field::text("journal", "12"),
        ] {
            assert_eq!(verdict(vec![nobody], refused(-4001)), Verdict::Unknown);
        }
    }

    #[test]
    fn of_a_cdm_that_shows_no_device_the_answer_alone_tells() {
        assert_eq!(verdict(vec![], Some(Outcome::Granted)), Verdict::Licence);
        assert_eq!(verdict(vec![], refused(-4001)), Verdict::Unequal);
        assert_eq!(verdict(vec![], refused(-2019)), Verdict::Unknown);
    }
}
