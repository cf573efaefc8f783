//! `/devices`: this browser's device, the viewer's others, and what is bound to each.

use leptos::{either::Either, prelude::*};
use leptos_meta::Title as PageTitle;

use crate::{
    api::backend,
    components::{
        alert::Alert, device_facts::DeviceFacts, device_id::ShortDeviceId,
        device_switch::AnotherDevice, loaded::loaded, register_first::WithoutScript,
        registration::Registration,
    },
    i18n::td_string,
    local_path::LocalPath,
    locale::locale,
    model::{Cdm, Device, Order, Rental},
    pages::next,
    trouble::Trouble,
};

/// The device page.
#[component]
pub fn DevicesPage() -> impl IntoView {
    let next = next();
    let load = async {
        let backend = backend()?;
        let devices = backend.devices().await?;
        let mut orders = backend.orders().await?;
        orders.retain(|order| !matches!(order.rental, Some(Rental::Over { .. })));
        let failure = backend.take_failure().await?;
        let slot = backend.slot().unwrap_or_default();
        Ok((devices, orders, backend.cdm(), slot, failure))
    };
    loaded(load, move |(devices, orders, cdm, slot, failure)| {
        let locale = locale();
        let (here, others): (Vec<_>, Vec<_>) = devices.into_iter().partition(|d| d.this_browser);
        view! {
            <PageTitle text=td_string!(locale, devices.heading) />
            <div class="plain-page">
                <h1>{td_string!(locale, devices.heading)}</h1>
                <p class="lede">{td_string!(locale, devices.lede)}</p>
                {failure
                    .map(|failure| {
                        view! { <Alert locale trouble=Trouble::of(locale, &failure.problem) /> }
                    })}
                <section aria-labelledby="this-device">
                    <h2 id="this-device">{td_string!(locale, devices.this_device)}</h2>
                    <ThisDevice
                        device=here.into_iter().next()
                        orders=orders.clone()
                        cdm
                        next=next.clone()
                    />
                </section>
                <section aria-labelledby="other-devices">
                    <h2 id="other-devices">{td_string!(locale, devices.others)}</h2>
                    <Others devices=others orders />
                </section>
                {(cdm == Cdm::Simulated).then(|| view! { <AnotherDevice in_use=slot /> })}
                <Limits />
            </div>
        }
    })
}

#[component]
fn ThisDevice(
    device: Option<Device>,
    orders: Vec<Order>,
    cdm: Cdm,
    next: Option<LocalPath>,
) -> impl IntoView {
    let registered = device.as_ref().map(|device| device.device_id);
    view! {
        <Registration registered cdm next />
        <WithoutScript />
        {device.map(|device| view! { <DeviceFacts device orders /> })}
    }
}

#[component]
fn Others(devices: Vec<Device>, orders: Vec<Order>) -> impl IntoView {
    let locale = locale();
    if devices.is_empty() {
        return Either::Left(view! {
            <p class="empty-line">{td_string!(locale, devices.none)}</p>
        });
    }
    let each = devices
        .into_iter()
        .map(|device| {
            let orders = orders.clone();
            view! {
                <li class="other-device">
                    <h3>
                        <ShortDeviceId id=device.device_id />
                    </h3>
                    <DeviceFacts device orders />
                </li>
            }
        })
        .collect_view();
    Either::Right(view! { <ul class="other-devices">{each}</ul> })
}

#[component]
fn Limits() -> impl IntoView {
    let locale = locale();
    view! {
        <section class="limits" id="limits" aria-labelledby="limits-heading">
            <h2 id="limits-heading">{td_string!(locale, devices.limits)}</h2>
            <p>{td_string!(locale, devices.limits_text)}</p>
            <ul>
                <li>{td_string!(locale, devices.limits_profile)}</li>
                <li>{td_string!(locale, devices.limits_clear_key)}</li>
                <li>{td_string!(locale, devices.limits_data)}</li>
            </ul>
        </section>
    }
}
