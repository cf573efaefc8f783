//! Seed steps 6 and 7 from the browser's side: the bound token comes, the device asks for a
//! licence with it, and the film plays or does not.

use leptos::{
    context::Provider,
    html::{Button, Video},
    prelude::*,
};

use super::awake;
#[cfg(feature = "hydrate")]
use super::browser::Said;
use crate::{
    components::alert::Alert,
    i18n::{Locale, td_string},
    locale::locale,
    model::Slug,
    trouble::Trouble,
    words::time_left,
};

#[cfg(feature = "hydrate")]
mod screening;

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
}

/// What the page says of a film.
#[derive(Debug, Clone)]
pub struct Film {
    /// What plays.
    pub slug: Slug,
    /// Its name.
    pub name: String,
    /// Path of the still, 16:9.
    pub backdrop: String,
    /// Whether to start without a press, where the browser lets it.
    pub at_once: bool,
}

/// What [`Player`] stands in: it carries what the page says to the browser.
#[component]
pub fn Screening(
    /// What the page says.
    film: Film,
) -> impl IntoView {
    view! {
        <div
            class="screening"
            data-slug=film.slug.to_string()
            data-name=film.name.clone()
            data-backdrop=film.backdrop.clone()
            data-at-once=film.at_once.then_some("")
        >
            <Provider value=film.clone()>
                <Player />
            </Provider>
        </div>
    }
}

#[cfg(not(feature = "hydrate"))]
fn film() -> Option<Film> {
    use_context()
}

/// What the page says: it has one film.
#[cfg(feature = "hydrate")]
fn film() -> Option<Film> {
    let said = Said::by(".screening");
    Some(Film {
        slug: said.parsed("data-slug")?,
        name: said.text("data-name").unwrap_or_default(),
        backdrop: said.text("data-backdrop").unwrap_or_default(),
        at_once: said.text("data-at-once").is_some(),
    })
}

/// The film's still with a button over it; then the film.
#[island]
pub fn Player() -> impl IntoView {
    film().map(screen)
}

fn screen(film: Film) -> impl IntoView {
    let (awake, locale) = (awake(), locale());
    let Film {
        slug,
        name,
        backdrop,
        at_once,
    } = film;
    let screen = Screen {
        locale,
        slug: StoredValue::new(slug),
        stage: RwSignal::new(Stage::Ready),
        remaining: RwSignal::new(None),
        video: NodeRef::new(),
        button: NodeRef::new(),
    };
    let stage = screen.stage;
    let playing = Memo::new(move |_| *stage.read() == Stage::Playing);
    if at_once {
        Effect::new(move |_| start(screen));
    }
    view! {
        <div class="screen" class:screen-on=move || playing.get()>
            <img class="screen-still" src=backdrop alt="" width="1280" height="720" />
            <Show when=move || screen.has_video()>
                <video
                    class="screen-video"
                    node_ref=screen.video
                    controls=move || playing.get()
                    playsinline
                    aria-label=name.clone()
                ></video>
            </Show>
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

/// Only a browser can press the button.
#[cfg(not(feature = "hydrate"))]
fn start(_: Screen) {}

#[cfg(feature = "hydrate")]
fn start(screen: Screen) {
    leptos::task::spawn_local(screening::start(screen));
}
