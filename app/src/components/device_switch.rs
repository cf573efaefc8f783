//! Which of the devices in this browser is in use, and the other.

use leptos::prelude::*;

use crate::{forms::CHOOSE_DEVICE, i18n::td_string, locale::locale, respond::here, slot::Slot};

/// A button for each device, by its letter: where both have been used.
#[component]
pub fn DeviceSwitch(
    /// The one in use.
    in_use: Slot,
) -> impl IntoView {
    let locale = locale();
    let buttons = Slot::ALL
        .map(|it| {
            let letter = it.letter();
            let current = (it == in_use).then_some("true");
            view! {
                <button
                    class="quiet-button"
                    type="submit"
                    name="slot"
                    value=it.as_str()
                    aria-current=current
                    aria-label=td_string!(locale, devices.use_device, letter)
                >
                    {letter}
                </button>
            }
        })
        .collect_view();
    view! {
        <form
            class="device-switch"
            method="post"
            action=CHOOSE_DEVICE
            aria-label=td_string!(locale, devices.in_use)
        >
            <input type="hidden" name="back" value=here().to_string() />
            <span class="device-switch-name" aria-hidden="true">
                {td_string!(locale, devices.device)}
            </span>
            {buttons}
        </form>
    }
}

/// The way to a second device, on the page about devices.
#[component]
pub fn AnotherDevice(
    /// The one in use.
    in_use: Slot,
) -> impl IntoView {
    let locale = locale();
    let other = match in_use {
        Slot::A => Slot::B,
        Slot::B => Slot::A,
    };
    let (letter, now) = (other.letter(), in_use.letter());
    view! {
        <section aria-labelledby="another-device">
            <h2 id="another-device">{td_string!(locale, devices.another)}</h2>
            <p>{td_string!(locale, devices.another_text, now)}</p>
            <form method="post" action=CHOOSE_DEVICE>
                <input type="hidden" name="back" value="/devices" />
                <button class="button button-second" type="submit" name="slot" value=other.as_str()>
                    {td_string!(locale, devices.use_device, letter)}
                </button>
            </form>
        </section>
    }
}
