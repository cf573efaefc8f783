//! The workflow as it happens: the view that the server rendered, fetched again whenever there is
//! more of it, or something else of it is looked at.

use leptos::{html::Div, prelude::*};

#[cfg(feature = "hydrate")]
mod live;
#[cfg(feature = "hydrate")]
mod page;

/// The cookie that keeps whether the panel is open.
pub const PANEL_COOKIE: &str = "workflow";

/// The view, live.
#[island]
pub fn LiveWorkflow(
    /// The view, as the server rendered it, in an element whose `data-href` says what is looked at
    /// first, as a link.
    children: Children,
) -> impl IntoView {
    let root = NodeRef::<Div>::new();
    let status = RwSignal::new(String::new());
    Effect::new(move |_| wake(root, status));
    view! {
        <p class="only-heard" role="status">
            {status}
        </p>
        <div class="workflow-live" node_ref=root>
            {children()}
        </div>
    }
}

/// Only a browser can listen.
#[cfg(not(feature = "hydrate"))]
fn wake(_: NodeRef<Div>, _: RwSignal<String>) {}

#[cfg(feature = "hydrate")]
fn wake(root: NodeRef<Div>, status: RwSignal<String>) {
    if let Some(root) = root.get() {
        live::Live::new(root, status).wake();
    }
}
