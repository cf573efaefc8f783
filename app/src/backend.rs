//! What the pages ask of the server.
//!
//! `server` implements [`Backend`] for one request at a time (the session and the device handle
//! are that request's) and provides it through leptos' context as `Arc<dyn Backend>`. The pages
//! know no database and no HTTP client.

use async_trait::async_trait;
use expressplay::trace_context::TraceId;
use uuid::Uuid;

use crate::{
    account::{AccountPage, Notice, SignUpForm},
    i18n::Locale,
    lab::{Attempt, Lab, Prepared},
    model::{
        Cdm, Checkout, Device, Failure, HandOver, Moving, Order, OrderForm, OrderKind, Playing,
        Registered, Registration, Slug, Title, TitlePage, Viewer,
    },
    presenter::{Act, Presenting, Said},
    problem::Problem,
    receipt::OrderPage,
    slot::Slot,
    watching::position::Position,
    workflow::{LicenseReport, Workflow, WorkflowQuery},
};

/// The server behind the storefront, for one request.
///
/// Cookies (the session's, and the handle that says which device this browser is) are set by the
/// implementation on the response; redirects are the caller's.
#[async_trait]
pub trait Backend: Send + Sync {
    /// Which CDM the player uses.
    fn cdm(&self) -> Cdm;

    /// Who is signed in.
    async fn viewer(&self) -> Result<Option<Viewer>, Problem>;

    /// Signs in, under a fresh session id.
    ///
    /// # Errors
    /// [`Problem::WrongPassword`] or [`Problem::TooManyAttempts`].
    async fn sign_in(&self, email: &str, password: &str) -> Result<Viewer, Problem>;

    /// Makes an account, and signs in with it.
    ///
    /// # Errors
    /// [`Problem::Unfit`] where the email has an account, or [`Problem::TooManySignUps`].
    async fn sign_up(&self, form: SignUpForm) -> Result<Viewer, Problem>;

    /// Ends the session.
    async fn sign_out(&self) -> Result<(), Problem>;

    /// Ends every session of the viewer, and leaves a notice that says how many.
    ///
    /// # Errors
    /// [`Problem::SignedOut`].
    async fn sign_out_everywhere(&self) -> Result<(), Problem>;

    /// What the account page shows.
    ///
    /// # Errors
    /// [`Problem::SignedOut`].
    async fn account(&self) -> Result<AccountPage, Problem>;

    /// Changes the viewer's password, ends every other session, renews this one, and leaves a
    /// notice.
    ///
    /// # Errors
    /// [`Problem::SignedOut`], [`Problem::Unfit`], [`Problem::TooManyAttempts`],
    /// [`Problem::DemoViewer`].
    async fn change_password(&self, current: &str, new: &str) -> Result<(), Problem>;

    /// Keeps the viewer's choice of a language in this browser.
    fn keep_locale(&self, locale: Locale);

    /// Which of the devices in this browser is in use; none where it has only ever had one.
    fn slot(&self) -> Option<Slot>;

    /// Keeps which is to be used from now on.
    fn keep_slot(&self, slot: Slot);

    /// Keeps a failure for the next page of this session to show.
    async fn leave_failure(&self, failure: Failure) -> Result<(), Problem>;

    /// Takes the failure that the last form left, if it left one: a second call gives none.
    async fn take_failure(&self) -> Result<Option<Failure>, Problem>;

    /// Takes what the last form had to say, if all went well and it had something to say.
    async fn take_notice(&self) -> Result<Option<Notice>, Problem>;

    /// The whole catalogue.
    async fn titles(&self) -> Result<Vec<Title>, Problem>;

    /// A title, and what the viewer has of it.
    ///
    /// # Errors
    /// [`Problem::NoSuchTitle`].
    async fn title(&self, slug: &Slug) -> Result<TitlePage, Problem>;

    /// Every order of the viewer, newest first; empty for nobody.
    async fn orders(&self) -> Result<Vec<Order>, Problem>;

    /// The films that the viewer is in the middle of and can still play, the newest first; empty for
    /// nobody.
    async fn positions(&self) -> Result<Vec<Position>, Problem>;

    /// One order of the viewer: its receipt and its history.
    ///
    /// # Errors
    /// [`Problem::SignedOut`], [`Problem::NoSuchOrder`].
    async fn order(&self, id: Uuid) -> Result<OrderPage, Problem>;

    /// Reads ExpressPlay's records for an order anew, for its history to show.
    ///
    /// # Errors
    /// [`Problem::SignedOut`], [`Problem::NoSuchOrder`], [`Problem::ExpressPlayDown`],
    /// [`Problem::ExpressPlayRefused`].
    async fn read_records(&self, order: Uuid) -> Result<(), Problem>;

    /// The viewer's devices, newest first.
    ///
    /// # Errors
    /// [`Problem::SignedOut`].
    async fn devices(&self) -> Result<Vec<Device>, Problem>;

    /// Seed steps 1 and 2: makes a cookie and asks for a token for the dummy clip with it.
    ///
    /// # Errors
    /// [`Problem::SignedOut`], [`Problem::ExpressPlayDown`], [`Problem::ExpressPlayRefused`].
    async fn begin_registration(&self) -> Result<Registration, Problem>;

    /// After seed step 3: asks ExpressPlay which device redeemed the dummy token, waiting a
    /// little for a late record, and makes this browser that device.
    ///
    /// # Errors
    /// [`Problem::SignedOut`], [`Problem::NoSuchDevice`], [`Problem::RecordLate`],
    /// [`Problem::TwoDevices`], [`Problem::ExpressPlayDown`].
    async fn finish_registration(&self, id: Uuid) -> Result<Registered, Problem>;

    /// What the checkout page needs.
    ///
    /// # Errors
    /// [`Problem::SignedOut`], [`Problem::NoSuchTitle`].
    async fn checkout(&self, slug: &Slug, kind: OrderKind) -> Result<Checkout, Problem>;

    /// Seed step 4: looks the device up by its cookie, charges, and makes the order. The same
    /// `order_key` again gives the same order, charged once.
    ///
    /// # Errors
    /// [`Problem::SignedOut`], [`Problem::NotRegistered`], [`Problem::NoSuchDevice`],
    /// [`Problem::CardInvalid`], [`Problem::CardDeclined`], [`Problem::RecordLate`],
    /// [`Problem::TwoDevices`], [`Problem::ExpressPlayDown`], [`Problem::ExpressPlayRefused`].
    async fn place_order(&self, form: OrderForm) -> Result<Order, Problem>;

    /// What the page needs that moves a purchase to this browser's device.
    ///
    /// # Errors
    /// [`Problem::SignedOut`], [`Problem::NoSuchOrder`].
    async fn moving(&self, order: Uuid) -> Result<Moving, Problem>;

    /// Seed step 4 for this browser's device, to which a purchase is bound from then on. Once it
    /// is there, the same again changes nothing.
    ///
    /// # Errors
    /// [`Problem::SignedOut`], [`Problem::NoSuchOrder`], [`Problem::NotRegistered`],
    /// [`Problem::RentalStays`], [`Problem::HadThere`], [`Problem::MovedLately`],
    /// [`Problem::RecordLate`], [`Problem::TwoDevices`], [`Problem::ExpressPlayDown`],
    /// [`Problem::ExpressPlayRefused`].
    async fn move_order(&self, order: Uuid) -> Result<Order, Problem>;

    /// Seed steps 5 and 6: asks for a token bound to the order's device and hands it over, to
    /// whichever browser of the viewer asks. An order for this browser's device is preferred
    /// where there are several.
    ///
    /// # Errors
    /// [`Problem::SignedOut`], [`Problem::NotBought`], [`Problem::RentalNotStarted`],
    /// [`Problem::RentalOver`], [`Problem::ExpressPlayDown`], [`Problem::ExpressPlayRefused`].
    async fn hand_over(&self, slug: &Slug) -> Result<HandOver, Problem>;

    /// How an order that is playing stands; the player asks every few seconds while a rental
    /// plays. The trace is the one that came with its token.
    ///
    /// # Errors
    /// [`Problem::SignedOut`], [`Problem::NoSuchOrder`], [`Problem::RentalOver`].
    async fn playing(&self, order: Uuid, trace: Option<TraceId>) -> Result<Playing, Problem>;

    /// Whether the shop was started for a presenter.
    fn has_presenter(&self) -> bool;

    /// How things stand for a presenter; none where the shop was not started for one.
    async fn presenting(&self) -> Result<Option<Presenting>, Problem>;

    /// Does what a presenter asks for.
    ///
    /// # Errors
    /// [`Problem::BadInput`] where the shop was not started for a presenter, or for a viewer who
    /// is no demo viewer.
    async fn present(&self, act: Act) -> Result<(), Problem>;

    /// Keeps what the drawer is to say of a press, in place of what it was to say before.
    async fn leave_said(&self, said: Option<Said>) -> Result<(), Problem>;

    /// Takes what the drawer is to say of the last press.
    async fn take_said(&self) -> Result<Option<Said>, Problem>;

    /// Takes in what the browser says of a licence request.
    ///
    /// # Errors
    /// [`Problem::SignedOut`]; [`Problem::BadInput`] where the trace is none of the viewer's.
    async fn report_license(&self, report: LicenseReport) -> Result<(), Problem>;

    /// The viewer's workflow, as it stands.
    ///
    /// # Errors
    /// [`Problem::SignedOut`].
    async fn workflow(&self, query: &WorkflowQuery) -> Result<Workflow, Problem>;

    /// What the lab's page needs, whoever looks.
    async fn lab(&self) -> Result<Lab, Problem>;

    /// Prepares an attempt on one of the viewer's purchases: a token for it, as
    /// [`Self::hand_over`] gives it, or what else is to be tried.
    ///
    /// # Errors
    /// [`Problem::SignedOut`], [`Problem::NoSuchOrder`], [`Problem::Busy`], and those of
    /// [`Self::hand_over`]; [`Problem::BadInput`] for what cannot be tried here.
    async fn prepare_attempt(&self, attempt: Attempt, order: Uuid) -> Result<Prepared, Problem>;
}
