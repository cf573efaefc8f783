//! The bottom of every page: what the shop is, and what it is not.

use leptos::prelude::*;

/// The footer.
#[component]
pub fn Footer() -> impl IntoView {
    view! {
        <footer class="footer">
            <p>
                "Bindery is a demonstration. It shows content that plays only on the device it was \
                 bought on. No real card is charged."
            </p>
            <p>
                "It demonstrates authorisation, not content protection: who copies the browser's \
                 profile copies the device, and Clear Key shows the content key to the page."
            </p>
        </footer>
    }
}
