//! Seed steps 6 and 7 from the browser's side: the bound token comes, the device asks for a
//! licence with it, and the film plays or does not.

use leptos::{html::Div, prelude::*};

#[cfg(feature = "hydrate")]
mod controls;
#[cfg(feature = "hydrate")]
mod parts;
#[cfg(feature = "hydrate")]
mod positions;
#[cfg(feature = "hydrate")]
mod screen;
#[cfg(feature = "hydrate")]
mod screening;
#[cfg(feature = "hydrate")]
mod subtitles;

/// A screen, awake.
#[island]
pub fn Player(
    /// What the server rendered: one screen.
    children: Children,
) -> impl IntoView {
    let root = NodeRef::<Div>::new();
    Effect::new(move |_| wake(root));
    view! { <div node_ref=root>{children()}</div> }
}

/// Only a browser plays.
#[cfg(not(feature = "hydrate"))]
fn wake(_: NodeRef<Div>) {}

#[cfg(feature = "hydrate")]
fn wake(root: NodeRef<Div>) {
    if let Some(screen) = root.get().and_then(|root| screen::Screen::of(&root)) {
        controls::wake(&screen);
        screening::wake(&screen);
    }
}
