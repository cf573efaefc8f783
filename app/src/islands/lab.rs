//! The lab's buttons: one for each attempt, and one for all of them, one after the other.

use leptos::{html::Div, prelude::*};
use uuid::Uuid;

use super::awake;
#[cfg(feature = "hydrate")]
use super::browser::{attribute, every_with};
use crate::{
    components::alert::Alert,
    i18n::{Locale, td_string},
    lab::{
        Attempt,
        outcome::{Answer, Outcome, Says},
    },
    locale::locale,
    trouble::Trouble,
};

/// The window that shows the workflow beside a page.
const WORKFLOW_WINDOW: &str = "bindery-workflow";

/// Whose turn it is, and what came of those before: one attempt is made at a time.
#[derive(Debug, Clone, Copy)]
struct Bench {
    turn: RwSignal<Option<Attempt>>,
    /// Those that are still to come, where all are tried.
    waiting: RwSignal<Vec<Attempt>>,
    /// Of all of them, which came to what was promised.
    kept: RwSignal<Vec<bool>>,
    /// How many they are; none where one alone is tried.
    all: RwSignal<Option<usize>>,
}

impl Bench {
    fn new() -> Self {
        Self {
            turn: RwSignal::new(None),
            waiting: RwSignal::new(vec![]),
            kept: RwSignal::new(vec![]),
            all: RwSignal::new(None),
        }
    }

    fn is_busy(self) -> bool {
        self.turn.read().is_some()
    }

    fn try_one(self, attempt: Attempt) {
        if self.turn.read_untracked().is_none() {
            self.all.set(None);
            self.turn.set(Some(attempt));
        }
    }

    fn try_all(self) {
        if self.turn.read_untracked().is_none() {
            let mut attempts = every();
            self.all.set(Some(attempts.len()));
            self.kept.set(vec![]);
            let first = (!attempts.is_empty()).then(|| attempts.remove(0));
            self.waiting.set(attempts);
            self.turn.set(first);
        }
    }

    /// An attempt has come to its end: the next has its turn.
    #[cfg(feature = "hydrate")]
    fn done(self, kept: bool) {
        self.kept.write().push(kept);
        let mut waiting = self.waiting.get_untracked();
        let next = (!waiting.is_empty()).then(|| waiting.remove(0));
        self.waiting.set(waiting);
        self.turn.set(next);
    }

    /// How it goes with all of them.
    fn spoken(self, locale: Locale) -> String {
        let kept = self.kept.read();
        match (self.all.get(), self.is_busy()) {
            (None, _) => String::new(),
            (Some(all), true) => {
                let now = kept.len() + 1;
                td_string!(locale, lab.trying_all, now, all)
            }
            (Some(all), false) => {
                let count = kept.iter().filter(|kept| **kept).count();
                match count == all {
                    true => td_string!(locale, lab.all_kept, all),
                    false => td_string!(locale, lab.some_kept, count, all),
                }
            }
        }
    }
}

/// The button for all attempts; theirs are among its children.
#[island]
pub fn LabBench(
    /// The rest of the page.
    children: Children,
) -> impl IntoView {
    let (awake, locale) = (awake(), locale());
    let bench = Bench::new();
    provide_context(bench);
    view! {
        <div class="lab-all with-script">
            <button
                class="button"
                class:button-busy=move || bench.is_busy()
                type="button"
                disabled=move || !awake.get()
                aria-disabled=move || bench.is_busy().then_some("true")
                on:click=move |_| bench.try_all()
            >
                {td_string!(locale, lab.try_all)}
            </button>
            <p class="lab-sum" role="status">
                {move || bench.spoken(locale)}
            </p>
        </div>
        {children()}
    }
}

/// What an attempt is called, for its button's name: the server says it to the island.
#[derive(Debug, Clone)]
pub struct Tried(pub String);

/// Where an attempt stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stage {
    /// Its button has not been pressed.
    Untried,
    /// Under way.
    Trying,
    /// What came of it.
    Made(Outcome),
    /// It could not be made.
    Failed(Trouble),
}

/// An attempt's button, and what came of it. It stands in an element with `data-attempt` and
/// `data-order`.
#[island]
pub fn TryIt() -> impl IntoView {
    let (awake, locale) = (awake(), locale());
    let bench = use_context::<Bench>().unwrap_or_else(Bench::new);
    let stage = RwSignal::new(Stage::Untried);
    let root = NodeRef::<Div>::new();
    let try_it = td_string!(locale, lab.try_it);
    // The browser keeps what the server says.
    let label = use_context::<Tried>().map(|tried| format!("{try_it}: {}", tried.0));
    Effect::new(move |_| {
        let turn = bench.turn.get();
        if let Some((attempt, order)) = given(root)
            && turn == Some(attempt)
        {
            stage.set(Stage::Trying);
            start(locale, attempt, order, bench, stage);
        }
    });
    let mark = move || match &*stage.read() {
        Stage::Untried | Stage::Trying => "none",
        Stage::Made(outcome) if outcome.is_as_promised() => "kept",
        Stage::Made(_) | Stage::Failed(_) => "broken",
    };
    view! {
        <div class="try" data-promise=mark node_ref=root>
            <button
                class="button button-second with-script"
                class:button-busy=move || *stage.read() == Stage::Trying
                type="button"
                disabled=move || !awake.get()
                aria-disabled=move || bench.is_busy().then_some("true")
                aria-label=label
                on:click=move |_| {
                    if let Some((attempt, _)) = given(root) {
                        bench.try_one(attempt);
                    }
                }
            >
                {try_it}
            </button>
            <p class="try-verdict" role="status">
                {move || match &*stage.read() {
                    Stage::Untried | Stage::Failed(_) => ().into_any(),
                    Stage::Trying => td_string!(locale, lab.trying).into_any(),
                    Stage::Made(outcome) => verdict(locale, outcome).into_any(),
                }}
            </p>
            {move || match stage.get() {
                Stage::Made(outcome) => {
                    let href = format!("/workflow/at/{}", outcome.trace);
                    view! {
                        <Told locale outcome />
                        <a class="quiet-link" href=href target=WORKFLOW_WINDOW>
                            {td_string!(locale, lab.see)}
                        </a>
                    }
                        .into_any()
                }
                Stage::Failed(trouble) => view! { <Alert locale trouble /> }.into_any(),
                Stage::Untried | Stage::Trying => ().into_any(),
            }}
        </div>
    }
}

/// Whether the promise was kept, and by what.
fn verdict(locale: Locale, outcome: &Outcome) -> impl IntoView + use<> {
    let (sign, words) = match outcome.is_as_promised() {
        true => ("✓", td_string!(locale, lab.kept)),
        false => ("✗", td_string!(locale, lab.broken)),
    };
    let came = came(locale, &outcome.answer);
    view! {
        <span class="try-sign" aria-hidden="true">
            {sign}
        </span>
        " "
        <strong>{words}</strong>
        " "
        {came}
    }
}

/// What came back, in a few words.
fn came(locale: Locale, answer: &Answer) -> String {
    match (&answer.says, answer.status) {
        (Says::License(keys), _) => td_string!(locale, lab.came.license, keys = *keys),
        (Says::Refused { code, .. }, _) => td_string!(locale, lab.came.refused, code = *code),
        (Says::Declined(problem), _) => {
            let what = problem.what(locale);
            td_string!(locale, lab.came.declined, what)
        }
        (Says::Other, Some(status)) => td_string!(locale, lab.came.other, status),
        (Says::Other, None) => td_string!(locale, lab.came.nothing).to_owned(),
    }
}

/// What was sent and what came back, in full.
#[component]
fn Told(locale: Locale, outcome: Outcome) -> impl IntoView {
    let Outcome {
        sent,
        first,
        answer,
        millis,
        ..
    } = outcome;
    let fields = sent.fields.into_iter().map(|(name, value)| {
        view! {
            <li>
                <code class="try-name">{name}</code>
                " "
                <code class="try-value">{value}</code>
            </li>
        }
    });
    let first = first.map(|first| {
        let came = came(locale, &first);
        view! {
            <dt>{td_string!(locale, lab.first)}</dt>
            <dd>{came}</dd>
        }
    });
    let words = match answer.says {
        Says::Refused { words, .. } => Some(view! {
            <span class="try-words" lang="en">
                {words}
            </span>
        }),
        _ => None,
    };
    let status = answer
        .status
        .map(|status| td_string!(locale, lab.status, status, millis));
    view! {
        <dl class="try-told">
            {first}
            <dt>{td_string!(locale, lab.answer)}</dt>
            <dd>{status} {words}</dd>
        </dl>
        <details class="try-sent">
            <summary>{td_string!(locale, lab.sent)}</summary>
            <ul>
                <li>
                    <code class="try-value">{format!("POST {}", sent.url)}</code>
                </li>
                <li>
                    <code class="try-name">"Content-Type"</code>
                    " "
                    <code>{sent.content_type}</code>
                </li>
                {fields.collect_view()}
            </ul>
        </details>
    }
}

/// Only a browser can try.
#[cfg(not(feature = "hydrate"))]
fn start(_: Locale, _: Attempt, _: Uuid, _: Bench, _: RwSignal<Stage>) {}

#[cfg(not(feature = "hydrate"))]
fn given(_: NodeRef<Div>) -> Option<(Attempt, Uuid)> {
    None
}

#[cfg(not(feature = "hydrate"))]
fn every() -> Vec<Attempt> {
    vec![]
}

/// What a button stands for: the attempt, and the purchase that it is made on.
#[cfg(feature = "hydrate")]
fn given(root: NodeRef<Div>) -> Option<(Attempt, Uuid)> {
    let root = root.get_untracked()?;
    let attempt = attribute(&root, "data-attempt")?.parse().ok()?;
    let order = attribute(&root, "data-order")?.parse().ok()?;
    Some((attempt, order))
}

/// Those that can be made, in their order on the page.
#[cfg(feature = "hydrate")]
fn every() -> Vec<Attempt> {
    every_with("data-attempt")
        .filter_map(|name| name.parse().ok())
        .collect()
}

#[cfg(feature = "hydrate")]
fn start(locale: Locale, attempt: Attempt, order: Uuid, bench: Bench, stage: RwSignal<Stage>) {
    leptos::task::spawn_local(async move {
        let made = crate::lab::thief::attempt(attempt, order).await;
        let kept = made.as_ref().is_ok_and(Outcome::is_as_promised);
        stage.set(match made {
            Ok(outcome) => Stage::Made(outcome),
            Err(error) => Stage::Failed(error.trouble(locale)),
        });
        bench.done(kept);
    });
}
