//! Seed steps 1 to 3 from the browser's side: the device plays the dummy clip, and the page shows
//! which device ExpressPlay recorded.

use expressplay::DeviceId;
use leptos::{context::Provider, html::Video, prelude::*};

use super::awake;
#[cfg(feature = "hydrate")]
use super::browser::Said;
use crate::{
    components::{alert::Alert, device_id::WholeDeviceId},
    i18n::{Locale, td_string},
    local_path::LocalPath,
    locale::locale,
    model::Cdm,
    trouble::Trouble,
};

/// Where a registration stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stage {
    /// The button has not been pressed.
    Idle,
    /// Under way.
    Working(Step),
    /// ExpressPlay recorded this device.
    Done(DeviceId),
    /// It did not work; the button tries again.
    Failed(Trouble),
}

/// The steps of a registration, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// The browser makes its key, or finds the one that it made before.
    Key,
    /// The server makes a cookie, and asks for a dummy token with it.
    Token,
    /// The dummy clip plays, with a licence for that token.
    Clip,
    /// The server asks ExpressPlay which device that was.
    Record,
}

impl Step {
    /// All of them. A browser's own CDM has its key already.
    #[must_use]
    pub const fn all(cdm: Cdm) -> &'static [Self] {
        match cdm {
            Cdm::Simulated => &[Self::Key, Self::Token, Self::Clip, Self::Record],
            Cdm::Widevine => &[Self::Token, Self::Clip, Self::Record],
        }
    }

    /// What is being done, for the live region and the list.
    #[must_use]
    pub fn text(self, locale: Locale) -> &'static str {
        match self {
            Self::Key => td_string!(locale, registration.key),
            Self::Token => td_string!(locale, registration.token),
            Self::Clip => td_string!(locale, registration.playing),
            Self::Record => td_string!(locale, registration.record),
        }
    }
}

impl Stage {
    /// A step's mark in the list: `done`, `now`, or nothing yet.
    fn mark(&self, step: Step) -> &'static str {
        match self {
            Self::Working(now) if *now == step => "now",
            Self::Working(now) if *now > step => "done",
            Self::Done(_) => "done",
            _ => "",
        }
    }

    fn spoken(&self, locale: Locale) -> String {
        match self {
            Self::Idle | Self::Failed(_) => String::new(),
            Self::Working(step) => format!("{}…", step.text(locale)),
            Self::Done(_) => td_string!(locale, registration.done).to_owned(),
        }
    }
}

/// What a page says of a registration.
#[derive(Debug, Clone)]
pub struct Given {
    /// The device that this browser already is, for this viewer.
    pub registered: Option<DeviceId>,
    /// Which CDM the player uses.
    pub cdm: Cdm,
    /// Where the viewer came from, to go back to afterwards.
    pub next: Option<LocalPath>,
    /// Whether to load the page again afterwards: it shows something else to a registered device.
    pub reload: bool,
}

/// What [`RegisterDevice`] stands in: it carries what the page says to the browser.
#[component]
pub fn Registration(
    /// What the page says.
    given: Given,
) -> impl IntoView {
    let Given {
        registered,
        cdm,
        next,
        reload,
    } = given.clone();
    view! {
        <div
            class="register"
            data-registered=registered.map(|id| id.to_string())
            data-cdm=cdm.name()
            data-next=next.map(|next| next.to_string())
            data-reload=reload.then_some("")
        >
            <Provider value=given>
                <RegisterDevice />
            </Provider>
        </div>
    }
}

/// The button, the dummy clip, the progress, and the device_id that came of it.
#[island]
pub fn RegisterDevice() -> impl IntoView {
    let (awake, locale) = (awake(), locale());
    let Given {
        registered,
        cdm,
        next,
        reload,
    } = given();
    let stage = RwSignal::new(Stage::Idle);
    let clip = NodeRef::<Video>::new();
    let working = Memo::new(move |_| matches!(*stage.read(), Stage::Working(_)));
    let touched = Memo::new(move |_| *stage.read() != Stage::Idle);
    let device = move || match *stage.read() {
        Stage::Done(id) => Some(id),
        _ => registered,
    };
    view! {
        <div class="registration">
            <div class="registration-state">
                {move || match device() {
                    Some(id) => {
                        view! {
                            <p>{td_string!(locale, registration.device)}</p>
                            <p>
                                <WholeDeviceId id />
                            </p>
                        }
                            .into_any()
                    }
                    None => {
                        view! { <p>{td_string!(locale, registration.no_device)}</p> }.into_any()
                    }
                }}
                <button
                    class="button with-script"
                    class:button-second=move || device().is_some()
                    class:button-busy=move || working.get()
                    type="button"
                    disabled=move || !awake.get() || working.get()
                    on:click=move |_| start(locale, stage, clip, cdm, reload)
                >
                    {td_string!(locale, registration.register)}
                </button>
                <p class="progress" role="status">
                    {move || stage.read().spoken(locale)}
                </p>
                <p class="hint">
                    {move || device().map(|_| td_string!(locale, registration.again))}
                </p>
            </div>
            <div class="registration-work" class:at-work=move || touched.get() class:at-rest=move || !working.get()>
                <video
                    class="dummy-clip"
                    node_ref=clip
                    prop:muted=true
                    playsinline
                    tabindex="-1"
                    width="320"
                    height="180"
                    aria-label=td_string!(locale, registration.clip)
                ></video>
                <ol class="steps">
                    {Step::all(cdm)
                        .iter()
                        .map(|&step| {
                            view! {
                                <li data-mark=move || stage.read().mark(step)>{step.text(locale)}</li>
                            }
                        })
                        .collect_view()}
                </ol>
            </div>
            {move || match stage.get() {
                Stage::Failed(trouble) => Some(view! { <Alert locale trouble /> }),
                _ => None,
            }}
            {move || {
                let done = matches!(*stage.read(), Stage::Done(_));
                next.clone()
                    .filter(|_| done)
                    .map(|next| {
                        view! {
                            <p>
                                <a class="button" href=next.to_string()>
                                    {td_string!(locale, registration.go_on)}
                                </a>
                            </p>
                        }
                    })
            }}
        </div>
    }
}

#[cfg(not(feature = "hydrate"))]
fn given() -> Given {
    expect_context()
}

/// What the page says: it has one registration.
#[cfg(feature = "hydrate")]
fn given() -> Given {
    let said = Said::by(".register");
    Given {
        registered: said.parsed("data-registered"),
        cdm: said.parsed("data-cdm").unwrap_or(Cdm::Simulated),
        next: said.parsed("data-next"),
        reload: said.text("data-reload").is_some(),
    }
}

/// Only a browser can press the button.
#[cfg(not(feature = "hydrate"))]
fn start(_: Locale, _: RwSignal<Stage>, _: NodeRef<Video>, _: Cdm, _: bool) {}

#[cfg(feature = "hydrate")]
fn start(locale: Locale, stage: RwSignal<Stage>, clip: NodeRef<Video>, cdm: Cdm, reload: bool) {
    leptos::task::spawn_local(async move {
        match register(stage, clip, cdm).await {
            Ok(id) => {
                stage.set(Stage::Done(id));
                if reload {
                    // A failure to reload leaves the page as it is, with the id on it.
                    let _ = window().location().reload();
                }
            }
            Err(error) => stage.set(Stage::Failed(error.trouble(locale))),
        }
    });
}

#[cfg(feature = "hydrate")]
async fn register(
    stage: RwSignal<Stage>,
    clip: NodeRef<Video>,
    cdm: Cdm,
) -> Result<DeviceId, crate::player::PlayError> {
    use crate::{
        cdm::Device,
        player::{Session, mounted},
        shop::{begin_registration, finish_registration},
    };

    let step = |step| stage.set(Stage::Working(step));
    if Step::all(cdm).contains(&Step::Key) {
        step(Step::Key);
    }
    let device = Device::of(cdm).await?;
    step(Step::Token);
    let registration = begin_registration().await?;
    step(Step::Clip);
    let session = Session::open(&mounted(clip).await, &registration.dummy, &device).await?;
    let played = session.play_through().await;
    session.close().await;
    played?;
    step(Step::Record);
    Ok(finish_registration(registration.id).await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_ticked_off_in_order() {
        let marks = |stage: Stage| -> Vec<_> {
            let steps = Step::all(Cdm::Simulated).iter();
            steps.map(|step| stage.mark(*step)).collect()
        };
        assert_eq!(marks(Stage::Idle), ["", "", "", ""]);
        assert_eq!(
            marks(Stage::Working(Step::Clip)),
            ["done", "done", "now", ""]
        );
        let id = DeviceId::from_bytes([1; 16]).unwrap();
        assert_eq!(marks(Stage::Done(id)), ["done"; 4]);
    }
}
