//! Seed steps 6 and 7 from the browser's side: the bound token comes, the device asks for a
//! licence with it, and the film plays or does not.

#![expect(missing_docs, reason = "what the island macro makes has none")]

use leptos::{
    html::{Button, Div, Video},
    prelude::*,
};

use super::awake;
use crate::{
    components::alert::Alert,
    i18n::{Locale, td_string},
    model::Slug,
    trouble::Trouble,
    words::time_left,
};

#[cfg(feature = "hydrate")]
mod controls;
#[cfg(feature = "hydrate")]
mod parts;
#[cfg(feature = "hydrate")]
mod positions;
#[cfg(feature = "hydrate")]
mod screening;
#[cfg(feature = "hydrate")]
mod subtitles;

/// Where a screening stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stage {
    /// The button has not been pressed.
    Ready,
    /// Under way; what is being done.
    Loading(&'static str),
    /// Ready to roll, but the browser wants a press first: its autoplay rule.
    Waiting,
    /// It plays, or is paused.
    Playing,
    /// It does not play, or no longer.
    Failed(Trouble),
}

/// What a screening needs to know and to change.
#[derive(Debug, Clone, Copy)]
pub struct Screen {
    /// The language of the page.
    pub locale: Locale,
    /// What plays.
    pub slug: StoredValue<Slug>,
    /// Where it stands.
    pub stage: RwSignal<Stage>,
    /// Milliseconds left of a rental that is playing.
    pub remaining: RwSignal<Option<u64>>,
    /// Where it starts, in seconds; and where it is, once it plays.
    pub from: StoredValue<f64>,
    /// All of it: picture, words and controls.
    pub root: NodeRef<Div>,
    /// The video element, while there is one.
    pub video: NodeRef<Video>,
    /// The button, while there is one.
    pub button: NodeRef<Button>,
}

impl Screen {
    fn has_video(self) -> bool {
        matches!(
            *self.stage.read(),
            Stage::Loading(_) | Stage::Waiting | Stage::Playing
        )
    }

    /// `0:12 of 0:42`.
    #[cfg(feature = "hydrate")]
    fn at(self, now: &str, whole: &str) -> String {
        td_string!(self.locale, player.at, now, whole)
    }
}

/// The film's still with a button over it; then the film, with the controls.
#[island]
pub fn Player(
    /// The language of the page.
    locale: Locale,
    /// What plays.
    slug: Slug,
    /// Its name.
    name: String,
    /// Path of the still, 16:9.
    backdrop: String,
    /// Whether to start without a press, where the browser lets it.
    at_once: bool,
    /// Where to start, in seconds.
    from: u32,
    /// The controls, as the server rendered them.
    children: Children,
) -> impl IntoView {
    let awake = awake();
    let screen = Screen {
        locale,
        slug: StoredValue::new(slug),
        stage: RwSignal::new(Stage::Ready),
        remaining: RwSignal::new(None),
        from: StoredValue::new(f64::from(from)),
        root: NodeRef::new(),
        video: NodeRef::new(),
        button: NodeRef::new(),
    };
    let stage = screen.stage;
    let playing = Memo::new(move |_| *stage.read() == Stage::Playing);
    Effect::new(move |_| wake(screen));
    if at_once {
        Effect::new(move |_| start(screen));
    }
    view! {
        <div
            class="screen"
            class:screen-on=move || playing.get()
            node_ref=screen.root
            role="group"
            aria-label=name
            tabindex="-1"
        >
            <img class="screen-still" src=backdrop alt="" width="1280" height="720" />
            <Show when=move || screen.has_video()>
                <video class="screen-video" node_ref=screen.video playsinline></video>
            </Show>
            {children()}
            <div class="screen-over">
                <p class="screen-status" role="status">
                    {move || match *stage.read() {
                        Stage::Loading(doing) => doing,
                        _ => "",
                    }}
                </p>
                {move || match stage.get() {
                    Stage::Ready | Stage::Waiting => {
                        view! {
                            <button
                                node_ref=screen.button
                                class="button button-play play"
                                type="button"
                                disabled=move || !awake.get()
                                on:click=move |_| start(screen)
                            >
                                {td_string!(locale, player.play)}
                            </button>
                        }
                            .into_any()
                    }
                    Stage::Failed(trouble) => {
                        // Where a link leads on, another try is the lesser choice.
                        let lesser = trouble.link.is_some();
                        view! {
                            <Alert locale trouble />
                            <button
                                node_ref=screen.button
                                class="button"
                                class:button-second=lesser
                                type="button"
                                on:click=move |_| start(screen)
                            >
                                {td_string!(locale, player.try_again)}
                            </button>
                        }
                            .into_any()
                    }
                    Stage::Loading(_) | Stage::Playing => ().into_any(),
                }}
            </div>
        </div>
        <p class="remaining" role="timer">
            {move || {
                screen
                    .remaining
                    .get()
                    .filter(|_| screen.has_video())
                    .map(|left| {
                        let time = time_left(locale, left);
                        td_string!(locale, player.remaining, time)
                    })
            }}
        </p>
    }
}

/// Only a browser can press the button …
#[cfg(not(feature = "hydrate"))]
fn start(_: Screen) {}

/// … and use the controls.
#[cfg(not(feature = "hydrate"))]
fn wake(_: Screen) {}

#[cfg(feature = "hydrate")]
use controls::wake;

#[cfg(feature = "hydrate")]
fn start(screen: Screen) {
    leptos::task::spawn_local(screening::start(screen));
}
