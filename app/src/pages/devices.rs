//! `/devices`: this browser's device, the viewer's others, and what the ids mean.

use leptos::{either::Either, prelude::*};
use leptos_meta::Title as PageTitle;

use crate::{
    api::backend,
    components::{alert::Alert, device_id::ShortDeviceId, loaded::loaded},
    islands::register_device::RegisterDevice,
    local_path::LocalPath,
    model::{Cdm, Device},
    pages::next,
    trouble::Trouble,
    words::moment,
};

/// The device page.
#[component]
pub fn DevicesPage() -> impl IntoView {
    let next = next();
    let load = async {
        let backend = backend()?;
        let devices = backend.devices().await?;
        Ok((devices, backend.cdm(), backend.take_failure().await?))
    };
    loaded(load, move |(devices, cdm, failure)| {
        let (here, others): (Vec<_>, Vec<_>) = devices.into_iter().partition(|d| d.this_browser);
        view! {
            <PageTitle text="Your devices" />
            <div class="plain-page">
                <h1>"Your devices"</h1>
                <p class="lede">
                    "A film is bound to a device when you buy or rent it. A device is known by its \
                     device_id: not what this page says, but what ExpressPlay recorded when the \
                     device asked for a licence."
                </p>
                {failure
                    .map(|failure| view! { <Alert trouble=Trouble::from(&failure.problem) /> })}
                <section aria-labelledby="this-device">
                    <h2 id="this-device">"This device"</h2>
                    <ThisDevice device=here.into_iter().next() cdm next=next.clone() />
                </section>
                <section aria-labelledby="other-devices">
                    <h2 id="other-devices">"Other devices"</h2>
                    <Others devices=others />
                </section>
                <Limits />
            </div>
        }
    })
}

#[component]
fn ThisDevice(device: Option<Device>, cdm: Cdm, next: Option<LocalPath>) -> impl IntoView {
    let registered = device.as_ref().map(|device| device.device_id);
    view! {
        {device.map(|device| {
            view! { <p class="facts">{format!("Registered on {}.", moment(device.registered_at))}</p> }
        })}
        <RegisterDevice registered cdm next reload=false />
        <WithoutScript />
    }
}

/// Why registration needs script. Shown where the browser runs none: as a paragraph, since what
/// stands in `noscript` is no part of the page to every tool that reads one.
#[component]
pub(super) fn WithoutScript() -> impl IntoView {
    view! {
        <p class="note without-script">
            "Registration needs JavaScript: the browser makes the device's key itself, and \
             plays a clip with it. Turn JavaScript on and load this page again."
        </p>
    }
}

#[component]
fn Others(devices: Vec<Device>) -> impl IntoView {
    if devices.is_empty() {
        return Either::Left(view! {
            <p class="empty-line">
                "None yet. Sign in on another device, and register it there."
            </p>
        });
    }
    let rows = devices
        .into_iter()
        .map(|device| {
            view! {
                <li>
                    <ShortDeviceId id=device.device_id />
                    <span>{format!("registered on {}", moment(device.registered_at))}</span>
                </li>
            }
        })
        .collect_view();
    Either::Right(view! { <ul class="device-list">{rows}</ul> })
}

#[component]
fn Limits() -> impl IntoView {
    view! {
        <section class="limits" id="limits" aria-labelledby="limits-heading">
            <h2 id="limits-heading">"What this does not do"</h2>
            <p>
                "Bindery demonstrates authorisation, not content protection. A browser cannot show \
                 us the secrets of a hardware DRM, so the device here is a key that this browser \
                 made and does not give out."
            </p>
            <ul>
                <li>"Who copies the browser's profile copies the device."</li>
                <li>"Clear Key shows the content key to the page that plays the film."</li>
                <li>"Clearing the browser's data loses the device, and what was bound to it."</li>
            </ul>
        </section>
    }
}
