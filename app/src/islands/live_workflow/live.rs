//! The browser's half: listens for news, and fetches the view.
//!
//! It listens only while it is seen. A browser opens few connections to one host, and news that
//! nobody looks at are worth none of them.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
    time::Duration,
};

use leptos::{prelude::*, task::spawn_local};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    Element, Event, EventSource, HtmlDetailsElement, HtmlDivElement, HtmlElement, KeyboardEvent,
    MouseEvent, VisibilityState,
};

use super::{
    PANEL_COOKIE,
    page::{self, Place},
};
use crate::{
    fetch,
    islands::browser::{all_in, attribute, first_in, keep_open, listen, see},
};

const VIEW: &str = "/workflow/view";
const NEWS: &str = "/workflow/news";
/// So soon news that were refused are asked for again.
const AGAIN: Duration = Duration::from_secs(2);

/// A view that lives.
#[derive(Clone)]
pub(super) struct Live(Rc<Inner>);

struct Inner {
    root: HtmlDivElement,
    /// What is looked at, as a link.
    href: RefCell<String>,
    /// What it is folded into; without one it is a page, and the address follows what is looked at.
    panel: Option<HtmlDetailsElement>,
    status: RwSignal<String>,
    news: RefCell<Option<EventSource>>,
    /// Whether the view is being fetched, and whether there is more since.
    fetching: Cell<bool>,
    stale: Cell<bool>,
    /// How many pages of a replay the keys are ahead of what is shown; below zero, behind.
    turns: Cell<i32>,
}

impl Live {
    pub(super) fn new(root: HtmlDivElement, status: RwSignal<String>) -> Self {
        let panel = root.closest("details").ok().flatten();
        Self(Rc::new(Inner {
            href: RefCell::new(attribute(&root, "data-href").unwrap_or_default()),
            panel: panel.and_then(|panel| panel.dyn_into().ok()),
            root,
            status,
            news: RefCell::default(),
            fetching: Cell::default(),
            stale: Cell::default(),
            turns: Cell::default(),
        }))
    }

    /// Starts to listen, to the viewer and to the shop.
    pub(super) fn wake(self) {
        let root: Element = self.0.root.clone().into();
        let live = self.clone();
        listen(&root, "click", move |event: MouseEvent| {
            live.clicked(&event);
        });
        let (live, keys) = (self.clone(), self.clone());
        if let Some(panel) = &self.0.panel {
            listen(panel, "toggle", move |_: Event| live.toggled());
            // It may have been opened before there was anybody to hear it.
            if panel.open() {
                keep_open(PANEL_COOKIE, true);
                self.see_newest();
            }
            if let Some(href) = Self::looked_at() {
                self.0.href.replace(href);
            }
            listen(&root, "keydown", move |event| keys.pressed(&event));
        } else {
            listen(&document(), "keydown", move |event| keys.pressed(&event));
        }
        let live = self.clone();
        listen(&document(), "visibilitychange", move |_: Event| {
            live.attend();
        });
        self.attend();
    }

    /// Listens for news while the view is seen, and not while it is not.
    fn attend(&self) {
        let open = self.0.panel.as_ref().is_none_or(|panel| panel.open());
        let seen = open && document().visibility_state() == VisibilityState::Visible;
        let mut news = self.0.news.borrow_mut();
        match (&*news, seen) {
            (None, true) => {
                let Ok(source) = EventSource::new(NEWS) else {
                    return;
                };
                // What happened before it was heard, or between two connections, is fetched, too.
                for event in ["open", "more"] {
                    let live = self.clone();
                    listen(&source, event, move |_: Event| live.refresh());
                }
                let live = self.clone();
                listen(&source, "error", move |_: Event| live.went());
                *news = Some(source);
            }
            (Some(source), false) => {
                source.close();
                *news = None;
            }
            _ => {}
        }
    }

    /// News that were refused, and not only interrupted, do not come again by themselves. Where
    /// nobody is signed in any more, the page says so; else they are asked for again in a while.
    fn went(&self) {
        let closed = |source: &EventSource| source.ready_state() == EventSource::CLOSED;
        if !self.0.news.borrow().as_ref().is_some_and(closed) {
            return;
        }
        let live = self.clone();
        spawn_local(async move {
            if let Ok(Looked::SignedOut) = look("").await {
                let _ = window().location().reload();
                return;
            }
            live.0.news.take();
            set_timeout(move || live.attend(), AGAIN);
        });
    }

    fn toggled(&self) {
        let open = self.0.panel.as_ref().is_some_and(|panel| panel.open());
        keep_open(PANEL_COOKIE, open);
        if open {
            self.see_newest();
            // It was not fetched while it was closed, and news may be long in coming.
            self.refresh();
        }
        self.attend();
    }

    fn clicked(&self, event: &MouseEvent) {
        let plain = event.button() == 0
            && !(event.ctrl_key() || event.meta_key() || event.shift_key() || event.alt_key());
        let target = event.target().and_then(|it| it.dyn_into::<Element>().ok());
        let Some(target) = target.filter(|_| plain) else {
            return;
        };
        if let Ok(Some(link)) = target.closest("a[data-view]") {
            if let Some(href) = link.get_attribute("href") {
                event.prevent_default();
                match self.tells_of(&link, &href) {
                    true => self.read(),
                    false => self.look_at(href),
                }
            }
        } else if let Ok(Some(button)) = target.closest("[data-copy]") {
            spawn_local(copy(button));
        }
    }

    /// Whether the message that is shown is an arrow's, and under its name.
    fn tells_of(&self, link: &Element, href: &str) -> bool {
        let told = page::told(&self.0.root);
        let is_chosen = link.class_list().contains("chosen");
        is_chosen && (*self.0.href.borrow() == href || told == link.get_attribute("data-key"))
    }

    /// Goes from an arrow that is chosen already into what it is about.
    fn read(&self) {
        if let Some(message) = page::message(&self.0.root) {
            see(&message);
            let _ = message.unchecked_ref::<HtmlElement>().focus();
        }
    }

    /// The arrow keys turn the pages of a replay: from anywhere on its own page, and in a panel from
    /// within.
    fn pressed(&self, event: &KeyboardEvent) {
        let alone = !(event.ctrl_key() || event.meta_key() || event.alt_key() || event.shift_key());
        let writes = event
            .target()
            .and_then(|it| it.dyn_into::<Element>().ok())
            .is_some_and(|it| it.matches("input, select, textarea, pre").unwrap_or(false));
        if !alone || writes {
            return;
        }
        let turn = match &*event.key() {
            "ArrowRight" => 1,
            "ArrowLeft" => -1,
            _ => return,
        };
        if first_in::<Element>(&self.0.root, ".replay-at").is_some() {
            event.prevent_default();
            self.0.turns.set(self.0.turns.get() + turn);
            if !self.0.fetching.get() {
                self.turn();
            }
        }
    }

    /// Turns the next of the pages that the keys asked for. Those that were pressed while a page was
    /// on its way wait for it: which comes after it stands on it.
    fn turn(&self) {
        let turns = self.0.turns.get();
        let link = match turns.signum() {
            0 => return,
            1 => "a[data-key=next]",
            _ => "a[data-key=back]",
        };
        let link: Option<Element> = first_in(&self.0.root, link);
        match link.and_then(|link| link.get_attribute("href")) {
            Some(href) => {
                self.0.turns.set(turns - turns.signum());
                self.look_at(href);
            }
            // There is no such page.
            None => self.0.turns.set(0),
        }
    }

    fn look_at(&self, href: String) {
        let address = self.0.panel.is_none().then_some(&*href);
        let state = JsValue::from_str(&href);
        let keep = |history: web_sys::History| history.replace_state_with_url(&state, "", address);
        // Without it the view is the same, until the page is loaded again.
        let _ = window().history().and_then(keep);
        self.0.href.replace(href);
        self.refresh();
    }

    /// What was looked at in a panel before its page was loaded again, where that was something.
    fn looked_at() -> Option<String> {
        window().history().ok()?.state().ok()?.as_string()
    }

    /// Fetches the view; once more afterwards, if it is out of date by then.
    fn refresh(&self) {
        self.0.stale.set(true);
        if self.0.fetching.replace(true) {
            return;
        }
        let live = self.clone();
        spawn_local(async move {
            while live.0.stale.replace(false) {
                let href = live.0.href.borrow().clone();
                // A view that does not come is the one that is there; news come again.
                if let Ok(Looked::At(html)) = look(&href).await {
                    live.show(&html);
                }
                if !live.is_of_the_pages_viewer() {
                    let _ = window().location().reload();
                }
                live.turn();
            }
            live.0.fetching.set(false);
        });
    }

    /// Another page may have signed in as somebody else: then this one is of nobody who is here.
    fn is_of_the_pages_viewer(&self) -> bool {
        let shown = self.0.root.query_selector("[data-viewer]").ok().flatten();
        let shown = shown.and_then(|view| view.get_attribute("data-viewer"));
        let page = document().query_selector(".viewer-name").ok().flatten();
        let page = page.and_then(|name| name.get_attribute("title"));
        shown.zip(page).is_none_or(|(shown, page)| shown == page)
    }

    fn newest(&self) -> Option<Element> {
        let arrows = self.0.root.query_selector_all(".message-arrow").ok()?;
        arrows
            .item(arrows.length().checked_sub(1)?)?
            .dyn_into()
            .ok()
    }

    /// Whether the newest message is on the screen: then whoever looks wants to see the next one,
    /// too. Where there is none yet, so it is.
    fn newest_is_seen(&self) -> bool {
        let Some(newest) = self.newest() else {
            return true;
        };
        let height = window().inner_height().ok().and_then(|it| it.as_f64());
        let diagram = newest.closest(".sequence").ok().flatten();
        let ends = diagram.map(|diagram| diagram.get_bounding_client_rect().bottom());
        let newest = newest.get_bounding_client_rect();
        // What was scrolled to may end a fraction of a pixel below.
        let above = |end: f64| newest.bottom() < end + 1.0;
        newest.bottom() > 0.0 && height.is_none_or(above) && ends.is_none_or(above)
    }

    fn see_newest(&self) {
        if let Some(newest) = self.newest() {
            see(&newest);
        }
    }

    fn show(&self, html: &str) {
        let root = &self.0.root;
        let (place, newest_seen) = (Place::of(root), self.newest_is_seen());
        root.set_inner_html(html);
        let _ = root.set_attribute("data-shown", "");
        place.restore(root);
        if newest_seen {
            self.see_newest();
        }
        let count = root.query_selector("[data-count]").ok().flatten();
        if let Some(count) = count.and_then(|it| it.get_attribute("data-count")) {
            self.0.status.set(count);
        }
        // What was chosen is seen; what only came is no reason to move, and no more is a value that is
        // followed from the message that is read.
        if place.told != page::told(root) {
            self.see_chosen();
        }
    }

    /// What was chosen is on the screen: its message, and above it the question and the answer, or
    /// that of the two which was pressed, where there is no room for both.
    fn see_chosen(&self) {
        let root = &self.0.root;
        let arrows: Vec<Element> = all_in(root, ".message-arrow.chosen");
        let is_chosen = |it: &Element| arrows.iter().any(|arrow| arrow.is_same_node(Some(it)));
        let pressed = document().active_element().filter(is_chosen);
        for arrow in arrows.iter().take(1).chain(arrows.last()).chain(&pressed) {
            see(arrow);
        }
        if let Some(message) = page::message(root) {
            see(&message);
        }
    }
}

/// What became of a look at the view.
enum Looked {
    At(String),
    SignedOut,
    InVain,
}

/// The view that a link leads to, by itself.
async fn look(href: &str) -> Result<Looked, JsValue> {
    let query = href.split_once('?').map_or("", |(_, query)| query);
    let url = format!("{VIEW}?{query}");
    Ok(match fetch::get(&url).await? {
        (200, html) => Looked::At(html),
        (401, _) => Looked::SignedOut,
        _ => Looked::InVain,
    })
}

/// Copies the command that a button stands under, and says so.
async fn copy(button: Element) {
    let command = button
        .parent_element()
        .and_then(|parent| parent.query_selector("pre").ok().flatten())
        .and_then(|pre| pre.text_content())
        .unwrap_or_default();
    let clipboard = window().navigator().clipboard();
    let copied = JsFuture::from(clipboard.write_text(command.trim()))
        .await
        .is_ok();
    let said = button.get_attribute("data-copied").filter(|_| copied);
    if let (Some(said), Some(button)) = (said, button.dyn_ref::<HtmlElement>()) {
        button.set_inner_text(&said);
    }
}
