//! The lab's bench: its buttons try one attempt, or all of them, one after the other.

use leptos::{html::Div, prelude::*};

#[cfg(feature = "hydrate")]
mod bench;
#[cfg(feature = "hydrate")]
mod shown;

/// The window that shows the workflow beside a page.
pub const WORKFLOW_WINDOW: &str = "bindery-workflow";

/// The lab's cards, awake. An attempt that can be made is a `.try` among the children, with its
/// name in `data-attempt` and the purchase that it is made on in `data-order`.
#[island]
pub fn LabBench(
    /// What the server rendered.
    children: Children,
) -> impl IntoView {
    let root = NodeRef::<Div>::new();
    Effect::new(move |_| wake(root));
    view! {
        <div class="lab-bench" node_ref=root>
            {children()}
        </div>
    }
}

/// Only a browser can try.
#[cfg(not(feature = "hydrate"))]
fn wake(_: NodeRef<Div>) {}

#[cfg(feature = "hydrate")]
fn wake(root: NodeRef<Div>) {
    if let Some(root) = root.get() {
        bench::wake(&root);
    }
}
