//! The presenter's drawer: at the edge of every page, where the shop was started with one.

use leptos::prelude::*;

use super::{
    Act, Countdown, Leap, Presenting, RunsOut, Said, Trouble,
    form::{DRAWER_ID, PRESENT},
};
use crate::{
    api::backend,
    components::device_switch::DeviceSwitch,
    i18n::{Locale, td_string},
    islands::live_presenter::{DRAWER_COOKIE, LivePresenter},
    locale::locale,
    model::Viewer,
    respond::{here, left_open},
    slot::Slot,
    words::{clock_time, moment},
};

/// The drawer, or nothing.
#[component]
pub fn PresenterDrawer() -> impl IntoView {
    let open = left_open(DRAWER_COOKIE);
    let standing = OnceResource::new_blocking(async move {
        let backend = backend()?;
        let Some(standing) = backend.presenting().await? else {
            return Ok(None);
        };
        // The rest is there without it.
        let said = backend.take_said().await.ok().flatten();
        let (viewer, slot) = (backend.viewer().await?, backend.slot());
        Ok::<_, crate::problem::Problem>(Some((standing, said, viewer, slot)))
    });
    view! {
        <Suspense>
            {move || {
                Suspend::new(async move {
                    // Without it the page is the same.
                    let (standing, said, viewer, slot) = standing.await.ok().flatten()?;
                    Some(drawer(standing, said, viewer, slot, open))
                })
            }}
        </Suspense>
    }
}

fn drawer(
    standing: Presenting,
    said: Option<Said>,
    viewer: Option<Viewer>,
    slot: Option<Slot>,
    open: bool,
) -> AnyView {
    let locale = locale();
    let now = standing.now;
    let ahead = match standing.ahead {
        0 => td_string!(locale, presenter.on_time).to_owned(),
        seconds => {
            let time = clock_time(seconds.unsigned_abs());
            match seconds > 0 {
                true => td_string!(locale, presenter.ahead, time),
                false => td_string!(locale, presenter.behind, time),
            }
        }
    };
    view! {
        <aside
            class="presenter"
            id=DRAWER_ID
            aria-label=td_string!(locale, presenter.name)
        >
            <details open=open data-over=td_string!(locale, presenter.over)>
                <summary class="drawer-name">{td_string!(locale, presenter.name)}</summary>
                <LivePresenter>
                    <form class="presenter-form" method="post" action=PRESENT>
                        <input type="hidden" name="back" value=here().to_string() />
                        {said.map(|said| told(locale, said))}
                        // In the order in which a demonstration uses them.
                        {afresh(locale)}
                        <h2>{td_string!(locale, presenter.viewer)}</h2>
                        {viewers(locale, &standing.viewers, viewer.as_ref())}
                        <h2>{td_string!(locale, presenter.clock)}</h2>
                        <p>
                            <strong>{moment(locale, now)}</strong>
                            " "
                            {ahead}
                        </p>
                        <div class="runs-out">{countdowns(&standing)}</div>
                        {leaps(locale)}
                        <h2>{td_string!(locale, presenter.troubles)}</h2>
                        {troubles(locale, &standing.troubles)}
                    </form>
                    {slot.is_none().then(|| view! { <DeviceSwitch in_use=Slot::default() /> })}
                </LivePresenter>
            </details>
        </aside>
    }
    .into_any()
}

fn told(locale: Locale, said: Said) -> AnyView {
    match said {
        Said::Afresh => {
            let told = td_string!(locale, presenter.is_afresh);
            view! { <p class="notice" role="status">{told}</p> }.into_any()
        }
        Said::Failed => {
            let told = td_string!(locale, presenter.failed);
            view! { <p class="alert" role="alert">{told}</p> }.into_any()
        }
    }
}

/// What runs out, by itself.
#[must_use]
pub fn countdowns_html(standing: &Presenting) -> String {
    countdowns(standing).to_html()
}

fn countdowns(standing: &Presenting) -> AnyView {
    let locale = locale();
    if standing.countdowns.is_empty() {
        let nothing = td_string!(locale, presenter.nothing_runs_out);
        return view! { <p class="hint">{nothing}</p> }.into_any();
    }
    let rows = standing
        .countdowns
        .iter()
        .map(|countdown| {
            let left = countdown.at.duration_since(standing.now).as_secs();
            row(locale, countdown, left)
        })
        .collect_view();
    view! { <ul class="countdowns">{rows}</ul> }.into_any()
}

fn button(act: &Act, text: String) -> AnyView {
    view! {
        <button class="quiet-button" type="submit" name="act" value=act.to_string()>
            {text}
        </button>
    }
    .into_any()
}

fn row(locale: Locale, countdown: &Countdown, seconds: i64) -> AnyView {
    let title = countdown.title.clone();
    let what = match countdown.what {
        RunsOut::StartWindow => td_string!(locale, presenter.start_window, title),
        RunsOut::Play => td_string!(locale, presenter.play, title),
        RunsOut::Token => td_string!(locale, presenter.token, title),
    };
    let seconds = u64::try_from(seconds).unwrap_or_default();
    view! {
        <li>
            <span>{what}</span>
            " "
            <span role="timer" data-seconds=seconds.to_string()>
                {clock_time(seconds)}
            </span>
        </li>
    }
    .into_any()
}

fn leaps(locale: Locale) -> AnyView {
    let leaps = Leap::ALL.map(|leap| {
        let text = match leap {
            Leap::TwoMinutes => td_string!(locale, presenter.two_minutes),
            Leap::OneHour => td_string!(locale, presenter.one_hour),
            Leap::TwoDays => td_string!(locale, presenter.two_days),
            Leap::ThirtyDays => td_string!(locale, presenter.thirty_days),
        };
        button(&Act::Advance(leap), text.to_owned())
    });
    let right = button(
        &Act::RealTime,
        td_string!(locale, presenter.real_time).to_owned(),
    );
    view! { <p class="presenter-buttons">{leaps.collect_view()} {right}</p> }.into_any()
}

fn troubles(locale: Locale, on: &[Trouble]) -> AnyView {
    let rows = Trouble::ALL.map(|trouble| {
        let (name, what) = match trouble {
            Trouble::Slow => (
                td_string!(locale, presenter.slow),
                td_string!(locale, presenter.slow_text),
            ),
            Trouble::Unavailable => (
                td_string!(locale, presenter.unavailable),
                td_string!(locale, presenter.unavailable_text),
            ),
            Trouble::Reset => (
                td_string!(locale, presenter.reset),
                td_string!(locale, presenter.reset_text),
            ),
            Trouble::Garbage => (
                td_string!(locale, presenter.garbage),
                td_string!(locale, presenter.garbage_text),
            ),
            Trouble::LateRecords => (
                td_string!(locale, presenter.late),
                td_string!(locale, presenter.late_text),
            ),
            Trouble::NoCredits => (
                td_string!(locale, presenter.no_credits),
                td_string!(locale, presenter.no_credits_text),
            ),
        };
        let is_on = on.contains(&trouble);
        let act = match is_on {
            true => Act::TurnOff(trouble),
            false => Act::TurnOn(trouble),
        };
        view! {
            <li>
                <button
                    class="quiet-button"
                    type="submit"
                    name="act"
                    value=act.to_string()
                    aria-pressed=if is_on { "true" } else { "false" }
                >
                    {name}
                </button>
                <span class="hint">{what}</span>
            </li>
        }
    });
    view! { <ul class="troubles">{rows.collect_view()}</ul> }.into_any()
}

fn viewers(locale: Locale, viewers: &[Viewer], signed_in: Option<&Viewer>) -> AnyView {
    let buttons = viewers.iter().map(|viewer| {
        let current = (Some(viewer) == signed_in).then_some("true");
        let name = viewer.name.clone();
        view! {
            <button
                class="quiet-button"
                type="submit"
                name="act"
                value=Act::Become(viewer.email.clone()).to_string()
                aria-current=current
            >
                {td_string!(locale, presenter.be, name)}
            </button>
        }
    });
    view! { <p class="presenter-buttons">{buttons.collect_view()}</p> }.into_any()
}

/// A fresh start takes two presses: it cannot be taken back.
fn afresh(locale: Locale) -> AnyView {
    let start = button(
        &Act::StartAfresh,
        td_string!(locale, presenter.afresh).to_owned(),
    );
    view! {
        <details class="afresh">
            <summary>{td_string!(locale, presenter.afresh_first)}</summary>
            <p class="hint">{td_string!(locale, presenter.afresh_text)}</p>
            {start}
        </details>
    }
    .into_any()
}
