//! One screening, from the press of the button to the end of the session.

use std::{cell::RefCell, rc::Rc};

use expressplay::ErrorCode;
use leptos::task::spawn_local;
use uuid::Uuid;
use web_sys::MouseEvent;

use super::screen::{Screen, Stage};
use crate::{
    cdm::Device,
    i18n::td_string,
    islands::browser::{LICENSED, listen, tell},
    model::OrderKind,
    player::{PlayError, Session, now, pause},
    problem::Problem,
    shop::{HandOver, hand_over, playing},
    trouble::Trouble,
};

/// How often the server is asked how a rental stands, in seconds.
const ASK_EVERY: u32 = 5;

thread_local! {
    /// The attempt on the screen: a page has one screen.
    static LIVE: RefCell<Option<Rc<Attempt>>> = const { RefCell::new(None) };
}

/// One attempt to play: the token that came, the device that asks, and the session of the two.
struct Attempt {
    hand_over: HandOver,
    device: Device,
    session: Session,
}

/// Wakes the buttons, and starts where the page says so.
pub(super) fn wake(screen: &Rc<Screen>) {
    screen.play.set_disabled(false);
    for button in [&screen.play, &screen.again] {
        let screen = Rc::clone(screen);
        listen(button, "click", move |_: MouseEvent| begin(&screen));
    }
    if screen.at_once {
        begin(screen);
    }
}

fn begin(screen: &Rc<Screen>) {
    let screen = Rc::clone(screen);
    spawn_local(async move { start(&screen).await });
}

/// Starts, or starts again: always with a fresh token and a fresh licence request. A session that
/// only waits for a press goes on instead.
async fn start(screen: &Rc<Screen>) {
    if *screen.stage() == Stage::Waiting
        && let Some(attempt) = live()
    {
        return roll(screen, &attempt).await;
    }
    leave().await;
    screen.show(Stage::Loading(td_string!(
        screen.locale,
        player.asking_token
    )));
    match prepare(screen).await {
        Ok(attempt) => run(screen, Rc::new(attempt)).await,
        Err(error) => end(screen, trouble(screen, &error)).await,
    }
}

async fn prepare(screen: &Rc<Screen>) -> Result<Attempt, PlayError> {
    let hand_over = hand_over(&screen.slug).await?;
    let device = Device::of(hand_over.cdm).await?;
    screen.show(Stage::Loading(td_string!(
        screen.locale,
        player.asking_licence
    )));
    let video = screen.video().ok_or(PlayError::Unsupported)?;
    let session = Session::open(&video, &hand_over, &device).await?;
    Ok(Attempt {
        hand_over,
        device,
        session,
    })
}

async fn run(screen: &Rc<Screen>, attempt: Rc<Attempt>) {
    LIVE.set(Some(Rc::clone(&attempt)));
    let order = attempt.hand_over.order;
    screen.order.set(order.map(|order| order.id));
    if let Some(order) = order {
        let (id, kind) = (order.id, order.kind);
        spawn_local(follow(Rc::clone(screen), Rc::clone(&attempt), id, kind));
    }
    spawn_local(watch_for_failure(Rc::clone(screen), Rc::clone(&attempt)));
    let from = screen.from.get();
    match attempt.session.load(from).await {
        Ok(()) => roll(screen, &attempt).await,
        Err(error) => fail(screen, &attempt, &error).await,
    }
}

/// Lets it play; a browser that wants a press first gets the button back.
async fn roll(screen: &Rc<Screen>, attempt: &Rc<Attempt>) {
    match attempt.session.play().await {
        Ok(()) => {
            screen.show(Stage::Playing);
            // The pressed button is gone: the keyboard goes on with the film.
            let _ = screen.root.focus();
        }
        Err(PlayError::NeedsPress) => {
            screen.show(Stage::Waiting);
            screen.focus_button();
        }
        Err(error) => fail(screen, attempt, &error).await,
    }
}

async fn watch_for_failure(screen: Rc<Screen>, attempt: Rc<Attempt>) {
    let error = attempt.session.failed().await;
    fail(&screen, &attempt, &error).await;
}

/// Whatever goes wrong in an attempt ends it, once: errors that follow are the end's own.
async fn fail(screen: &Rc<Screen>, attempt: &Rc<Attempt>, error: &PlayError) {
    if is_live(attempt) {
        end(screen, explain(screen, attempt, error)).await;
    }
}

/// A refusal for another device names both devices.
fn explain(screen: &Rc<Screen>, attempt: &Attempt, error: &PlayError) -> Trouble {
    let trouble = trouble(screen, error);
    let Some(order) = &attempt.hand_over.order else {
        return trouble;
    };
    if trouble.code != Some(ErrorCode::DeviceNotAuthenticated.number()) {
        return trouble;
    }
    // The browser's own CDM shows its device_id to nobody: more cannot be said.
    let Some(this) = attempt.device.id().filter(|id| *id != order.device_id) else {
        return trouble;
    };
    let (locale, words) = (screen.locale, ErrorCode::DeviceNotAuthenticated.text());
    let (bound, this) = (order.device_id.short(), this.short());
    let (what, next) = match order.kind {
        OrderKind::Buy => (
            td_string!(locale, playback.other_device_bought, words, bound, this),
            td_string!(locale, playback.other_device_bought_next),
        ),
        OrderKind::Rent => (
            td_string!(locale, playback.other_device_rented, words, bound, this),
            td_string!(locale, playback.other_device_rented_next),
        ),
    };
    // A rental stays where it is.
    let (href, text) = match order.kind {
        OrderKind::Buy => (
            format!("/move/{}", order.id),
            td_string!(locale, devices.move_here),
        ),
        OrderKind::Rent => (
            format!("/title/{}", screen.slug),
            td_string!(locale, alert.title),
        ),
    };
    Trouble {
        code: trouble.code,
        quoted: Some(words.to_owned()),
        ..Trouble::new(what, next)
    }
    .with_link(href, text)
}

/// What the viewer reads of an error: where the shop refused, with a link to the title.
fn trouble(screen: &Rc<Screen>, error: &PlayError) -> Trouble {
    match error {
        PlayError::Shop(problem) => Trouble::about(screen.locale, &screen.slug, problem),
        error => error.trouble(screen.locale),
    }
}

/// Tells the server that a licence came, so that it looks at the record (seed step 7), and keeps
/// the time of a rental.
async fn follow(screen: Rc<Screen>, attempt: Rc<Attempt>, order: Uuid, kind: OrderKind) {
    attempt.session.licensed().await;
    match kind {
        // A purchase has no time to keep: what the server answers changes nothing here.
        OrderKind::Buy => {
            let _ = playing(order, attempt.hand_over.trace).await;
            tell(LICENSED);
        }
        OrderKind::Rent => keep_time(&screen, attempt, order).await,
    }
}

/// Keeps a rental's time while it plays: the server's word, and our own count between its words.
async fn keep_time(screen: &Rc<Screen>, attempt: Rc<Attempt>, order: Uuid) {
    let mut ends_at: Option<f64> = None;
    while is_live(&attempt) {
        // Not on record yet, or no answer: the count goes on as it was.
        if let Ok(Some(left)) = playing(order, attempt.hand_over.trace).await {
            ends_at = Some(now() + left);
        }
        tell(LICENSED);
        for _ in 0..ASK_EVERY {
            if !is_live(&attempt) {
                return;
            }
            let left = ends_at.map(|ends_at| (ends_at - now()).max(0.0));
            screen.show_remaining(left.map(|left| left as u64));
            if left == Some(0.0) {
                let over = PlayError::Shop(Problem::RentalOver);
                return end(screen, trouble(screen, &over)).await;
            }
            pause(left.unwrap_or(1000.0).min(1000.0) as i32).await;
        }
    }
}

/// Shows why, takes the video away, and closes the session.
async fn end(screen: &Rc<Screen>, trouble: Trouble) {
    screen.show(Stage::Failed(trouble));
    screen.focus_button();
    screen.see_trouble();
    leave().await;
}

async fn leave() {
    if let Some(attempt) = LIVE.take() {
        attempt.session.close().await;
    }
}

fn live() -> Option<Rc<Attempt>> {
    LIVE.with_borrow(Clone::clone)
}

fn is_live(attempt: &Rc<Attempt>) -> bool {
    live().is_some_and(|live| Rc::ptr_eq(&live, attempt))
}
