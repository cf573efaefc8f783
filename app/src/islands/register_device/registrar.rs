//! The browser's half of a registration.

use std::{any::Any, cell::RefCell, rc::Rc};

use expressplay::DeviceId;
use leptos::{mount::mount_to, prelude::*, task::spawn_local};
use web_sys::{Element, HtmlButtonElement, HtmlElement, HtmlVideoElement, MouseEvent};

use super::{Stage, Step};
use crate::{
    cdm::Device,
    components::alert::Alert,
    i18n::Locale,
    islands::browser::{all_in, first_in, listen, mark_class, mark_disabled},
    locale::locale,
    model::Cdm,
    player::{PlayError, Session},
    shop::{begin_registration, finish_registration},
};

/// The page's registration, and its parts.
pub(super) struct Registrar {
    locale: Locale,
    cdm: Cdm,
    element: Element,
    button: HtmlButtonElement,
    progress: HtmlElement,
    work: Element,
    clip: HtmlVideoElement,
    steps: Vec<Element>,
    id: HtmlElement,
    trouble: HtmlElement,
    /// The alert, for as long as it is shown.
    alert: RefCell<Option<Box<dyn Any>>>,
}

impl Registrar {
    /// None where the page has no registration.
    pub(super) fn of(root: &Element) -> Option<Rc<Self>> {
        let element: Element = first_in(root, ".registration")?;
        Some(Rc::new(Self {
            locale: locale(),
            cdm: element.get_attribute("data-cdm")?.parse().ok()?,
            button: first_in(&element, "button")?,
            progress: first_in(&element, ".progress")?,
            work: first_in(&element, ".registration-work")?,
            clip: first_in(&element, "video")?,
            steps: all_in(&element, ".steps > li"),
            id: first_in(&element, ".device-id")?,
            trouble: first_in(&element, ".registration-trouble")?,
            alert: RefCell::default(),
            element,
        }))
    }

    /// Wakes the button.
    pub(super) fn wake(self: Rc<Self>) {
        self.button.set_disabled(false);
        let button = self.button.clone();
        listen(&button, "click", move |_: MouseEvent| {
            let registrar = Rc::clone(&self);
            if !registrar.button.has_attribute("aria-disabled") {
                spawn_local(async move { registrar.start().await });
            }
        });
    }

    async fn start(&self) {
        match self.register().await {
            Ok(id) => {
                self.show(&Stage::Done(id));
                if self.element.has_attribute("data-reload") {
                    // A failure to reload leaves the page as it is, with the id on it.
                    let _ = window().location().reload();
                }
            }
            Err(error) => self.show(&Stage::Failed(error.trouble(self.locale))),
        }
    }

    async fn register(&self) -> Result<DeviceId, PlayError> {
        let step = |step| self.show(&Stage::Working(step));
        if Step::all(self.cdm).contains(&Step::Key) {
            step(Step::Key);
        }
        let device = Device::of(self.cdm).await?;
        step(Step::Token);
        let registration = begin_registration().await?;
        step(Step::Clip);
        let session = Session::open(&self.clip, &registration.dummy, &device).await?;
        let played = session.play_through().await;
        session.close().await;
        played?;
        step(Step::Record);
        Ok(finish_registration(registration.id).await?)
    }

    fn show(&self, stage: &Stage) {
        let working = matches!(stage, Stage::Working(_));
        mark_disabled(&self.button, working);
        mark_class(&self.button, "button-busy", working);
        mark_class(&self.work, "at-work", true);
        mark_class(&self.work, "at-rest", !working);
        self.progress
            .set_text_content(Some(&stage.spoken(self.locale)));
        for (step, element) in Step::all(self.cdm).iter().zip(&self.steps) {
            // A mark that cannot be set is not seen; the progress says the same.
            let _ = element.set_attribute("data-mark", stage.mark(*step));
        }
        self.alert.take();
        match stage {
            Stage::Done(id) => self.done(*id),
            Stage::Failed(trouble) => {
                let (locale, trouble) = (self.locale, trouble.clone());
                let alert = move || view! { <Alert locale trouble /> };
                let alert = mount_to(self.trouble.clone(), alert);
                self.alert.replace(Some(Box::new(alert)));
            }
            Stage::Idle | Stage::Working(_) => {}
        }
    }

    fn done(&self, id: DeviceId) {
        self.id.set_text_content(Some(&id.to_string()));
        mark_class(&self.button, "button-second", true);
        let _ = self.element.set_attribute("data-known", "");
        if let Some(next) = first_in::<HtmlElement>(&self.element, ".registration-next") {
            next.set_hidden(false);
        }
    }
}
