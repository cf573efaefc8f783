//! The tokens and licences of an order, and who says so.

use expressplay::DeviceId;
use leptos::{either::Either, prelude::*};
use uuid::Uuid;

use crate::{
    components::device_id::ShortDeviceId,
    forms::READ_RECORDS,
    i18n::{td, td_string},
    locale::locale,
    receipt::{History, LicenseAsked, LicenseRecorded, Moved, RecordsRead, TokenMade},
    words::instant,
    workflow::{Outcome, WorkflowQuery, words::outcome},
};

/// The history: tokens and licence requests as noted, then ExpressPlay's own records.
#[component]
pub fn OrderHistory(
    /// The order.
    order: Uuid,
    /// What became of it.
    history: History,
) -> impl IntoView {
    let locale = locale();
    let History {
        sold,
        moves,
        tokens,
        records,
    } = history;
    view! {
        <p>
            {td_string!(locale, history.sold)} " "
            {sold.map(|sold| shown(&sold, td_string!(locale, history.sold_link)))}
        </p>
        {moves.into_iter().map(|moved| view! { <MoveLine moved /> }).collect_view()}
        <h3>{td_string!(locale, history.tokens)}</h3>
        <p class="told-by">{td_string!(locale, history.tokens_source)}</p>
        <Tokens tokens />
        <h3>{td_string!(locale, history.records)}</h3>
        <p class="told-by">{td_string!(locale, history.records_source)}</p>
        <Records records />
        <form method="post" action=READ_RECORDS>
            <input type="hidden" name="order" value=order.to_string() />
            <button class="button button-second" type="submit">
                {td_string!(locale, history.read)}
            </button>
        </form>
    }
}

#[component]
fn MoveLine(moved: Moved) -> impl IntoView {
    let locale = locale();
    let Moved {
        at,
        from,
        to,
        place,
    } = moved;
    let time = instant(locale, at);
    view! {
        <p>
            {td!(locale, history.moved, time, from = short(from), to = short(to))} " "
            {shown(&place, td_string!(locale, history.show))}
        </p>
    }
}

#[component]
fn Tokens(tokens: Vec<TokenMade>) -> impl IntoView {
    let locale = locale();
    if tokens.is_empty() {
        return Either::Left(view! {
            <p class="empty-line">{td_string!(locale, history.no_tokens)}</p>
        });
    }
    let items = tokens.into_iter().map(|token| view! { <Token token /> });
    Either::Right(view! { <ol class="token-list">{items.collect_view()}</ol> })
}

#[component]
fn Token(token: TokenMade) -> impl IntoView {
    let locale = locale();
    let TokenMade {
        at,
        expires_at,
        hash,
        device_id,
        outcome: answer,
        place,
        requests,
    } = token;
    let heading = match hash {
        Some(hash) => Either::Left(view! {
            {td_string!(locale, history.token)} " " <code>{hash} "…"</code>
        }),
        None => Either::Right(view! {
            {td_string!(locale, history.no_token)} " " {outcome(locale, answer.as_ref())}
        }),
    };
    let time = instant(locale, at);
    let expires = expires_at.map(|at| {
        let time = instant(locale, at);
        td_string!(locale, history.expires, time)
    });
    view! {
        <li>
            <p class="token-name">{heading}</p>
            <p class="facts">
                {td_string!(locale, history.made, time)} " " {expires} " "
                {device_id.map(|id| td!(locale, history.bound, device = short(id)))} " "
                {shown(&place, td_string!(locale, history.show))}
            </p>
            <Requests requests />
        </li>
    }
}

#[component]
fn Requests(requests: Vec<LicenseAsked>) -> impl IntoView {
    let locale = locale();
    if requests.is_empty() {
        return Either::Left(view! {
            <p class="facts">{td_string!(locale, history.not_redeemed)}</p>
        });
    }
    let items = requests
        .into_iter()
        .map(|asked| {
            let issued = asked.outcome == Some(Outcome::Granted);
            let what = match issued {
                true => td_string!(locale, history.issued).to_owned(),
                false => outcome(locale, asked.outcome.as_ref()),
            };
            let who = match asked.device_id {
                Some(id) => Either::Left(td!(locale, history.device, device = short(id))),
                None => Either::Right(td_string!(locale, history.unknown_device)),
            };
            view! {
                <li data-outcome=if issued { "issued" } else { "refused" }>
                    <span class="outcome-mark" aria-hidden="true">
                        {if issued { "✓" } else { "✕" }}
                    </span>
                    <span>
                        <strong>{what}</strong>
                        ", "
                        {who}
                        ", "
                        <span class="facts">{instant(locale, asked.at)}</span>
                        " "
                        {shown(&asked.place, td_string!(locale, history.show))}
                    </span>
                </li>
            }
        })
        .collect_view();
    Either::Right(view! { <ul class="outcome-list">{items}</ul> })
}

#[component]
fn Records(records: Option<RecordsRead>) -> impl IntoView {
    let locale = locale();
    let Some(RecordsRead {
        at,
        place,
        licenses,
    }) = records
    else {
        return Either::Left(view! {
            <p class="empty-line">{td_string!(locale, history.never_read)}</p>
        });
    };
    let time = instant(locale, at);
    let none = licenses.is_empty();
    let items = licenses
        .into_iter()
        .map(|license| view! { <Recorded license /> })
        .collect_view();
    Either::Right(view! {
        <p class="facts">
            {td_string!(locale, history.as_of, time)} " "
            {shown(&place, td_string!(locale, history.show))}
        </p>
        {if none {
            Either::Left(
                view! { <p class="empty-line">{td_string!(locale, history.no_records)}</p> },
            )
        } else {
            Either::Right(view! { <ul class="outcome-list record-list">{items}</ul> })
        }}
    })
}

#[component]
fn Recorded(license: LicenseRecorded) -> impl IntoView {
    let locale = locale();
    let LicenseRecorded {
        event_id,
        at,
        device_id,
    } = license;
    view! {
        <li data-outcome="issued">
            <span class="outcome-mark" aria-hidden="true">
                "✓"
            </span>
            <span>
                <strong>{td_string!(locale, history.issued)}</strong>
                ", "
                {td!(locale, history.device, device = short(device_id))}
                ", "
                <span class="facts">
                    {at.map(|at| format!("{}, ", instant(locale, at)))}
                    {td_string!(locale, history.event, number = event_id)}
                </span>
            </span>
        </li>
    }
}

fn short(id: DeviceId) -> impl Fn() -> AnyView + Clone + Send + Sync + 'static {
    move || view! { <ShortDeviceId id /> }.into_any()
}

/// A link to where the workflow view shows a message.
fn shown(place: &WorkflowQuery, text: &'static str) -> impl IntoView + use<> {
    view! { <a href=place.href()>{text}</a> }
}
