//! What an order's own page shows: its receipt, and the history of its tokens and licences.

use expressplay::DeviceId;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    model::{Order, Price, RentalTerms, Viewer},
    workflow::{Outcome, WorkflowQuery},
};

/// An order's own page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderPage {
    /// The order.
    pub order: Order,
    /// Whose it is.
    pub viewer: Viewer,
    /// The terms, if it is a rental.
    pub terms: RentalTerms,
    /// What paid for it.
    pub payment: Payment,
    /// What became of it since.
    pub history: History,
}

/// A payment that went through.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Payment {
    /// How much it was.
    pub amount: Price,
    /// The last four digits of the card.
    pub card_last_four: String,
    /// When.
    pub paid_at: Timestamp,
}

/// The tokens and licences of an order, as far as the shop knows of them.
///
/// Tokens are the shop's own notes: it asked for them. A licence request goes past the shop, so
/// there are two tellers: the browser that made it, and ExpressPlay's records, which hold issued
/// ones alone, and name device and film but no order.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct History {
    /// The message by which the shop learned the device before the sale.
    pub sold: Option<WorkflowQuery>,
    /// How it came to the device that it is on, oldest first, if it was moved.
    pub moves: Vec<Moved>,
    /// Every token, newest first.
    pub tokens: Vec<TokenMade>,
    /// ExpressPlay's records, as the shop last read them; none where it has kept no such answer.
    pub records: Option<RecordsRead>,
}

/// That an order went from one device to another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moved {
    /// When.
    pub at: Timestamp,
    /// From this device …
    pub from: DeviceId,
    /// … to this.
    pub to: DeviceId,
    /// Where the workflow view has it.
    pub place: WorkflowQuery,
}

/// A bound token that the shop asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenMade {
    /// When it was asked for.
    pub at: Timestamp,
    /// Until when it could be redeemed.
    pub expires_at: Option<Timestamp>,
    /// The beginning of its SHA-256; none where there was no token.
    pub hash: Option<String>,
    /// The only device that could redeem it.
    pub device_id: Option<DeviceId>,
    /// What came of the request; none while it has no answer.
    pub outcome: Option<Outcome>,
    /// Where the workflow view has it.
    pub place: WorkflowQuery,
    /// The licence requests that were made with it, oldest first, as browsers told of them.
    pub requests: Vec<LicenseAsked>,
}

/// A licence request, as the browser that made it told the shop.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LicenseAsked {
    /// When.
    pub at: Timestamp,
    /// Which device signed it; none where the browser's own CDM did.
    pub device_id: Option<DeviceId>,
    /// What came of it.
    pub outcome: Option<Outcome>,
    /// Where the workflow view has it.
    pub place: WorkflowQuery,
}

/// An answer of ExpressPlay's transaction history.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordsRead {
    /// When it was asked.
    pub at: Timestamp,
    /// Where the workflow view has it.
    pub place: WorkflowQuery,
    /// The licences for this film since the order, newest first.
    pub licenses: Vec<LicenseRecorded>,
}

/// A licence on ExpressPlay's record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LicenseRecorded {
    /// The record's number.
    pub event_id: String,
    /// When it was issued, if the record says so.
    pub at: Option<Timestamp>,
    /// The device that got it.
    pub device_id: DeviceId,
}
