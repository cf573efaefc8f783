//! What a view that is replaced takes with it: the focus, and what was unfolded.

use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlDetailsElement, HtmlElement};

use crate::islands::browser::all_in;

/// Where the viewer was in a view.
pub(super) struct Place {
    focused: Option<String>,
    unfolded: Vec<String>,
}

impl Place {
    /// Where the viewer is.
    pub(super) fn of(root: &Element) -> Self {
        let active = leptos::prelude::document().active_element();
        let inside = active.filter(|active| root.contains(Some(active)));
        Self {
            focused: inside.and_then(|active| selector(&active)),
            unfolded: all_in(root, "details[open]")
                .iter()
                .map(Element::class_name)
                .collect(),
        }
    }

    /// Goes back there, in a view that has come since.
    pub(super) fn restore(&self, root: &Element) {
        for class in &self.unfolded {
            if let Ok(Some(details)) = root.query_selector(&format!("details.{class}"))
                && let Some(details) = details.dyn_ref::<HtmlDetailsElement>()
            {
                details.set_open(true);
            }
        }
        let found = self
            .focused
            .as_ref()
            .and_then(|it| root.query_selector(it).ok().flatten());
        if let Some(element) = found.and_then(|it| it.dyn_into::<HtmlElement>().ok()) {
            // An element that takes no focus leaves it where it is.
            let _ = element.focus();
        }
    }
}

/// What finds an element again: its key, or where it leads.
fn selector(element: &Element) -> Option<String> {
    ["data-key", "href"].into_iter().find_map(|name| {
        let value = element.get_attribute(name)?;
        // Both are made of what needs no escape in a selector.
        Some(format!("[{name}=\"{value}\"]"))
    })
}
