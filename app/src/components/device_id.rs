//! A device_id, short for reading, whole for comparing.

use expressplay::DeviceId;
use leptos::prelude::*;

/// The id as `3f2a…91c0`, with the whole of it as a tooltip.
#[component]
pub fn ShortDeviceId(
    /// The device.
    id: DeviceId,
) -> impl IntoView {
    view! {
        <code class="device-id" title=id.to_string()>
            {id.short()}
        </code>
    }
}

/// The whole id, easy to select and copy.
#[component]
pub fn WholeDeviceId(
    /// The device.
    id: DeviceId,
) -> impl IntoView {
    view! { <code class="device-id device-id-whole">{id.to_string()}</code> }
}
