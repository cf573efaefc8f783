//! The workflow as it happens: the view that the server rendered, fetched again whenever there is
//! more of it, or something else of it is looked at.

#![expect(missing_docs, reason = "what the island macro makes has none")]

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
    /// What is looked at first, as a link.
    href: String,
    /// Whether the address follows what is looked at; else it is a panel, in `details`.
    whole_page: bool,
    /// The view, as the server rendered it.
    children: Children,
) -> impl IntoView {
    let root = NodeRef::<Div>::new();
    let status = RwSignal::new(String::new());
    Effect::new(move |_| wake(root, &href, whole_page, status));
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
fn wake(_: NodeRef<Div>, _: &str, _: bool, _: RwSignal<String>) {}

#[cfg(feature = "hydrate")]
fn wake(root: NodeRef<Div>, href: &str, whole_page: bool, status: RwSignal<String>) {
    if let Some(root) = root.get() {
        live::Live::new(root, href.to_owned(), whole_page, status).wake();
    }
}
