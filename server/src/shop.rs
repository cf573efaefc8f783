//! What all requests share.

use app::model::Cdm;
use simulator::{Clock, Entropy};
use sqlx::SqlitePool;

use crate::{
    accounts::Accounts, catalogue::Catalogue, entitlement::Entitlement, presenter::Presenter,
    workflow::Workflow,
};

/// The shop behind every request.
#[derive(Debug)]
pub struct Shop {
    /// The storefront's database.
    pub db: SqlitePool,
    /// The viewers' accounts.
    pub accounts: Accounts,
    /// What is sold.
    pub catalogue: Catalogue,
    /// The seven steps.
    pub entitlement: Entitlement,
    /// What the workflow view shows of them.
    pub workflow: Workflow,
    /// The time that rentals and orders go by.
    pub clock: Clock,
    /// What a presenter drives, where there is one.
    pub presenter: Option<Presenter>,
    /// Randomness.
    pub entropy: Entropy,
    /// Which CDM the player uses.
    pub cdm: Cdm,
    /// Whether browsers reach the shop by https, so that cookies may insist on it.
    pub https: bool,
}
