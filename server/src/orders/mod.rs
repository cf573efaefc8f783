//! Orders: bought for ever or rented for a time, charged once, bound to one device.

mod store;

use app::{
    model::{Order, OrderKind, Price, Rental, Slug},
    problem::{Problem, field},
};
use expressplay::{Cookie, DeviceId};
use jiff::Timestamp;
use uuid::Uuid;

pub use self::store::{
    charge_and_order, cookies_of_open_rentals, find, note_hand_over, note_license, of_key,
    of_title, of_viewer, open_under, payment,
};
use crate::{
    catalogue::Catalogue,
    entitlement::Binding,
    payment::Card,
    records::Sale,
    rental::{Left, RentalPeriod},
};

/// An order, as kept.
#[derive(Debug, Clone)]
pub struct StoredOrder {
    /// Its number.
    pub id: Uuid,
    /// What was ordered.
    pub slug: Slug,
    /// Bought or rented.
    pub kind: OrderKind,
    /// What was charged.
    pub price: Price,
    /// The cookie that the device was retrieved by.
    pub cookie: Cookie,
    /// The device, from the record retrieved for this order.
    pub device_id: DeviceId,
    /// When it went through.
    pub ordered_at: Timestamp,
    /// Since when it is bound to this device.
    pub bound_at: Timestamp,
    /// When a token for this device was first handed over.
    pub handed_over_at: Option<Timestamp>,
    /// When the first licence was issued to this device.
    pub licensed_at: Option<Timestamp>,
    /// When the token that was handed over last can no longer be redeemed.
    pub token_until: Option<Timestamp>,
}

/// An order to be made.
#[derive(Debug)]
pub struct NewOrder {
    /// The number it gets.
    pub id: Uuid,
    /// The number its payment gets.
    pub payment: Uuid,
    /// Whose it is.
    pub viewer: Uuid,
    /// One key makes one order.
    pub order_key: Uuid,
    /// What is ordered.
    pub slug: Slug,
    /// Bought or rented.
    pub kind: OrderKind,
    /// What it costs.
    pub price: Price,
    /// The cookie that the device was retrieved by.
    pub cookie: Cookie,
    /// The device, from the record just retrieved.
    pub device_id: DeviceId,
    /// What pays for it.
    pub card: Card,
}

impl StoredOrder {
    /// The dates that decide where a rental stands; none for a purchase.
    #[must_use]
    pub fn period(&self) -> Option<RentalPeriod> {
        (self.kind == OrderKind::Rent).then_some(RentalPeriod {
            ordered_at: self.ordered_at,
            started_at: self.licensed_at,
        })
    }

    /// What is left of a rental; none for a purchase.
    ///
    /// # Errors
    /// [`Problem::RentalOver`] or [`Problem::RentalNotStarted`].
    pub fn left(&self, now: Timestamp) -> Result<Option<Left>, Problem> {
        self.period().map(|period| period.left(now)).transpose()
    }

    /// Whether it is a rental that was started and has run its time.
    #[must_use]
    pub fn has_ended(&self, now: Timestamp) -> bool {
        self.licensed_at.is_some() && !self.still_plays(now)
    }

    /// What to look for among the records, if its first licence has yet to be found.
    #[must_use]
    pub fn open_sale<'a>(&self, catalogue: &'a Catalogue) -> Option<Sale<'a>> {
        let (Some(handed_over_at), None) = (self.handed_over_at, self.licensed_at) else {
            return None;
        };
        Some(Sale {
            order: self.id,
            clip: &catalogue.entry(&self.slug)?.clip,
            bound_at: self.bound_at,
            handed_over_at,
            start_by: self.period().map(|period| period.start_by()),
        })
    }

    /// What a token for it is bound to.
    #[must_use]
    pub fn binding(&self, left: Option<Left>) -> Binding {
        Binding {
            order: Some(self.id),
            cookie: self.cookie.clone(),
            device_id: self.device_id,
            left,
        }
    }

    /// Whether a form that comes with this order's key asks for the same thing.
    ///
    /// # Errors
    /// [`Problem::BadInput`] where it asks for another.
    pub fn is_for(
        &self,
        slug: &Slug,
        kind: OrderKind,
        device_id: Option<DeviceId>,
    ) -> Result<(), Problem> {
        if (&self.slug, self.kind, Some(self.device_id)) == (slug, kind, device_id) {
            return Ok(());
        }
        Err(Problem::BadInput {
            field: field::ORDER_KEY.to_owned(),
        })
    }

    /// The order as pages show it.
    #[must_use]
    pub fn shown(&self, catalogue: &Catalogue, now: Timestamp) -> Order {
        let title = catalogue
            .entry(&self.slug)
            .map_or_else(|| self.slug.to_string(), |entry| entry.title.name.clone());
        Order {
            id: self.id,
            slug: self.slug.clone(),
            title,
            kind: self.kind,
            price: self.price,
            device_id: self.device_id,
            ordered_at: self.ordered_at,
            bound_at: self.bound_at,
            rental: self.period().map(|period| period.stands(now)),
        }
    }

    /// Whether it is as good as another order of this kind would be on this device: then that is
    /// not charged.
    #[must_use]
    pub fn serves(&self, kind: OrderKind, device_id: DeviceId, now: Timestamp) -> bool {
        self.device_id == device_id
            && self.still_plays(now)
            && (self.kind == OrderKind::Buy || kind == OrderKind::Rent)
    }

    fn still_plays(&self, now: Timestamp) -> bool {
        !matches!(
            self.period().map(|period| period.stands(now)),
            Some(Rental::Over { .. })
        )
    }
}
