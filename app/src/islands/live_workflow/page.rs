//! What a view that is replaced takes with it: the focus, what was unfolded, and how far the chosen
//! message was read, and the diagram over it.

use wasm_bindgen::JsCast;
use web_sys::{Element, FocusOptions, HtmlDetailsElement, HtmlElement};

use crate::islands::browser::{all_in, first_in};

const MESSAGE: &str = "#message";
/// What is scrolled by itself, where there is no room for all of it.
const SCROLLED: [&str; 2] = [MESSAGE, ".sequence"];

/// Where the viewer was in a view.
pub(super) struct Place {
    /// What finds the element that had the focus, and which of those that it finds.
    focused: Option<(String, u32)>,
    /// What finds the arrow of the message that was chosen.
    chosen: Option<String>,
    unfolded: Vec<String>,
    /// What the message tells of.
    pub(super) told: Option<String>,
    /// How far each of what scrolls by itself was scrolled, in pixels.
    read: [i32; 2],
}

impl Place {
    /// Where the viewer is.
    pub(super) fn of(root: &Element) -> Self {
        let active = leptos::prelude::document().active_element();
        let inside = active.filter(|active| root.contains(Some(active)));
        Self {
            focused: inside.and_then(|active| place(root, &active)),
            chosen: arrow(root),
            unfolded: all_in(root, "details[open]")
                .iter()
                .map(Element::class_name)
                .collect(),
            told: told(root),
            read: SCROLLED.map(|it| first_in(root, it).map_or(0, |it: Element| it.scroll_top())),
        }
    }

    /// Goes back there, in a view that has come since; within it, if its message tells of the same.
    pub(super) fn restore(&self, root: &Element) {
        for class in &self.unfolded {
            if let Ok(Some(details)) = root.query_selector(&format!("details.{class}"))
                && let Some(details) = details.dyn_ref::<HtmlDetailsElement>()
            {
                details.set_open(true);
            }
        }
        if self.told == told(root) {
            for (it, read) in SCROLLED.into_iter().zip(self.read) {
                if let Some(it) = first_in::<Element>(root, it) {
                    it.set_scroll_top(read);
                }
            }
        }
        let Some((selector, nth)) = &self.focused else {
            return;
        };
        let found = root.query_selector_all(selector).ok();
        let found = found.and_then(|found| found.item(*nth));
        // What is not there any more leaves the keyboard to what it led to, or to what led there.
        let instead = ["[data-key=next]", "[data-key=back]", ".message-close"].into_iter();
        let instead = instead.chain(self.chosen.as_deref());
        let element = found
            .and_then(|it| it.dyn_into::<Element>().ok())
            .or_else(|| {
                let mut found = instead.chain(["[data-key=start]"]);
                found.find_map(|selector| root.query_selector(selector).ok()?)
            });
        if let Some(element) = element {
            let options = FocusOptions::new();
            options.set_prevent_scroll(true);
            // An arrow of the diagram is no HtmlElement, and takes the focus all the same. What takes
            // none leaves it where it is.
            let _ = element
                .unchecked_ref::<HtmlElement>()
                .focus_with_options(&options);
        }
    }
}

fn arrow(root: &Element) -> Option<String> {
    let chosen = root.query_selector(".message-arrow.chosen").ok()??;
    let key = chosen.get_attribute("data-key")?;
    Some(format!("[data-key=\"{key}\"]"))
}

/// What the message in a view tells of; none where there is none.
pub(super) fn told(root: &Element) -> Option<String> {
    message(root)?.get_attribute("data-told")
}

/// The message in a view.
pub(super) fn message(root: &Element) -> Option<Element> {
    first_in(root, MESSAGE)
}

/// What finds an element again: its key, where it leads, or what it is in what is unfolded; and its
/// place among those.
fn place(root: &Element, element: &Element) -> Option<(String, u32)> {
    let named = ["data-key", "href"].into_iter().find_map(|name| {
        let value = element.get_attribute(name)?;
        // Both are made of what needs no escape in a selector.
        Some(format!("[{name}=\"{value}\"]"))
    });
    let selector = named.or_else(|| {
        let parent = element.parent_element()?;
        let class = parent.class_name();
        (!class.is_empty()).then(|| format!(".{class} > {}", element.tag_name()))
    })?;
    let all = root.query_selector_all(&selector).ok()?;
    let nth = (0..all.length()).find(|nth| {
        let it = all.item(*nth);
        it.is_some_and(|it| it.is_same_node(Some(element)))
    })?;
    Some((selector, nth))
}
