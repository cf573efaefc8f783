//! A browser's registration as a device: plain html, which its island makes work.

use expressplay::DeviceId;
use leptos::prelude::*;

use crate::{
    i18n::td_string,
    islands::register_device::{RegisterDevice, Step},
    local_path::LocalPath,
    locale::locale,
    model::Cdm,
};

/// The button, the dummy clip, the progress, and the device_id that came of it.
#[component]
pub fn Registration(
    /// The device that this browser already is, for this viewer.
    registered: Option<DeviceId>,
    /// Which CDM the player uses.
    cdm: Cdm,
    /// Where the viewer came from, to go back to afterwards.
    #[prop(optional_no_strip)]
    next: Option<LocalPath>,
    /// Whether to load the page again afterwards: it shows something else to a registered device.
    #[prop(optional)]
    reload: bool,
) -> impl IntoView {
    let locale = locale();
    let known = registered.is_some();
    let steps = Step::all(cdm)
        .iter()
        .map(|step| view! { <li data-mark="">{step.text(locale)}</li> })
        .collect_view();
    let next = next.map(|next| {
        view! {
            <p class="registration-next" hidden>
                <a class="button" href=next.to_string()>
                    {td_string!(locale, registration.go_on)}
                </a>
            </p>
        }
    });
    view! {
        <RegisterDevice>
            <div
                class="registration"
                data-cdm=cdm.name()
                data-reload=reload.then_some("")
                data-known=known.then_some("")
            >
                <div class="registration-state">
                    <div class="when-known">
                        <p>{td_string!(locale, registration.device)}</p>
                        <p>
                            <code class="device-id device-id-whole">
                                {registered.map(|id| id.to_string())}
                            </code>
                        </p>
                    </div>
                    <p class="when-unknown">{td_string!(locale, registration.no_device)}</p>
                    <button
                        class="button with-script"
                        class:button-second=known
                        type="button"
                        disabled
                    >
                        {td_string!(locale, registration.register)}
                    </button>
                    <p class="progress" role="status"></p>
                    <p class="hint when-known">{td_string!(locale, registration.again)}</p>
                </div>
                <div class="registration-work">
                    <video
                        class="dummy-clip"
                        muted
                        playsinline
                        tabindex="-1"
                        width="320"
                        height="180"
                        aria-label=td_string!(locale, registration.clip)
                    ></video>
                    <ol class="steps">{steps}</ol>
                </div>
                <div class="registration-trouble"></div>
                {next}
            </div>
        </RegisterDevice>
    }
}
