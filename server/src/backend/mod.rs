//! What the pages ask, answered for one request.

mod account;
mod history;
mod lab;
mod moving;
mod playing;
pub(crate) mod presenting;
mod registering;
mod selling;
pub(crate) mod watching;

use std::sync::Arc;

use app::{
    account::{AccountPage, Notice, SignUpForm},
    backend::Backend,
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
    workflow::{Field, LicenseReport, Value, Workflow, WorkflowQuery},
};
use async_trait::async_trait;
use expressplay::{DeviceId, TokenUrl, trace_context::TraceId};
use uuid::Uuid;

use crate::{
    accounts::Account, browser::Browser, catalogue::Entry, devices, error::Error, orders,
    rental::TERMS, shop::Shop,
};

/// The [`Backend`] of one request.
#[derive(Debug)]
pub struct Request {
    shop: Arc<Shop>,
    browser: Browser,
}

#[async_trait]
impl Backend for Request {
    fn cdm(&self) -> Cdm {
        self.shop.cdm
    }

    async fn viewer(&self) -> Result<Option<Viewer>, Problem> {
        let account = self.account().await.map_err(Error::into_problem)?;
        Ok(account.map(|account| account.viewer))
    }

    async fn sign_in(&self, email: &str, password: &str) -> Result<Viewer, Problem> {
        self.start_session(email, password)
            .await
            .map_err(Error::into_problem)
    }

    async fn sign_up(&self, form: SignUpForm) -> Result<Viewer, Problem> {
        self.open_account(form).await.map_err(Error::into_problem)
    }

    async fn sign_out(&self) -> Result<(), Problem> {
        self.end_session().await.map_err(Error::into_problem)
    }

    async fn sign_out_everywhere(&self) -> Result<(), Problem> {
        self.end_sessions().await.map_err(Error::into_problem)
    }

    async fn account(&self) -> Result<AccountPage, Problem> {
        self.account_page().await.map_err(Error::into_problem)
    }

    async fn change_password(&self, current: &str, new: &str) -> Result<(), Problem> {
        self.renew_password(current, new)
            .await
            .map_err(Error::into_problem)
    }

    fn keep_locale(&self, locale: Locale) {
        self.browser.keep_locale(locale);
    }

    fn slot(&self) -> Option<Slot> {
        self.browser.slot()
    }

    fn keep_slot(&self, slot: Slot) {
        self.browser.keep_slot(slot);
    }

    async fn leave_failure(&self, failure: Failure) -> Result<(), Problem> {
        self.browser
            .leave_failure(failure)
            .await
            .map_err(Error::into_problem)
    }

    async fn take_failure(&self) -> Result<Option<Failure>, Problem> {
        self.browser
            .take_failure()
            .await
            .map_err(Error::into_problem)
    }

    async fn take_notice(&self) -> Result<Option<Notice>, Problem> {
        self.browser
            .take_notice()
            .await
            .map_err(Error::into_problem)
    }

    async fn titles(&self) -> Result<Vec<Title>, Problem> {
        Ok(self
            .shop
            .catalogue
            .titles
            .iter()
            .map(|entry| entry.title_in(self.browser.locale()))
            .collect())
    }

    async fn title(&self, slug: &Slug) -> Result<TitlePage, Problem> {
        self.title_page(slug).await.map_err(Error::into_problem)
    }

    async fn orders(&self) -> Result<Vec<Order>, Problem> {
        self.all_orders().await.map_err(Error::into_problem)
    }

    async fn positions(&self) -> Result<Vec<Position>, Problem> {
        self.midway().await.map_err(Error::into_problem)
    }

    async fn order(&self, id: Uuid) -> Result<OrderPage, Problem> {
        self.order_page(id).await.map_err(Error::into_problem)
    }

    async fn read_records(&self, order: Uuid) -> Result<(), Problem> {
        self.read_history(order).await.map_err(Error::into_problem)
    }

    async fn devices(&self) -> Result<Vec<Device>, Problem> {
        self.all_devices().await.map_err(Error::into_problem)
    }

    async fn begin_registration(&self) -> Result<Registration, Problem> {
        self.begin().await.map_err(Error::into_problem)
    }

    async fn finish_registration(&self, id: Uuid) -> Result<Registered, Problem> {
        self.finish(id).await.map_err(Error::into_problem)
    }

    async fn checkout(&self, slug: &Slug, kind: OrderKind) -> Result<Checkout, Problem> {
        self.checkout_page(slug, kind)
            .await
            .map_err(Error::into_problem)
    }

    async fn place_order(&self, form: OrderForm) -> Result<Order, Problem> {
        self.sell(form).await.map_err(Error::into_problem)
    }

    async fn moving(&self, order: Uuid) -> Result<Moving, Problem> {
        self.move_page(order).await.map_err(Error::into_problem)
    }

    async fn move_order(&self, order: Uuid) -> Result<Order, Problem> {
        self.move_here(order).await.map_err(Error::into_problem)
    }

    async fn hand_over(&self, slug: &Slug) -> Result<HandOver, Problem> {
        self.bind_and_hand_over(slug)
            .await
            .map_err(Error::into_problem)
    }

    async fn playing(&self, order: Uuid, trace: Option<TraceId>) -> Result<Playing, Problem> {
        self.time_left(order, trace)
            .await
            .map_err(Error::into_problem)
    }

    fn has_presenter(&self) -> bool {
        self.shop.presenter.is_some()
    }

    async fn presenting(&self) -> Result<Option<Presenting>, Problem> {
        self.how_things_stand().await.map_err(Error::into_problem)
    }

    async fn present(&self, act: Act) -> Result<(), Problem> {
        self.press(act).await.map_err(Error::into_problem)
    }

    async fn leave_said(&self, said: Option<Said>) -> Result<(), Problem> {
        let left = self.browser.leave_said(said).await;
        left.map_err(Error::into_problem)
    }

    async fn take_said(&self) -> Result<Option<Said>, Problem> {
        self.browser.take_said().await.map_err(Error::into_problem)
    }

    async fn report_license(&self, report: LicenseReport) -> Result<(), Problem> {
        self.keep_report(&report).await.map_err(Error::into_problem)
    }

    async fn workflow(&self, query: &WorkflowQuery) -> Result<Workflow, Problem> {
        self.look(query).await.map_err(Error::into_problem)
    }

    async fn lab(&self) -> Result<Lab, Problem> {
        self.lab_page().await.map_err(Error::into_problem)
    }

    async fn prepare_attempt(&self, attempt: Attempt, order: Uuid) -> Result<Prepared, Problem> {
        self.prepare(attempt, order)
            .await
            .map_err(Error::into_problem)
    }
}

impl Request {
    /// The shop, as one browser's request sees it.
    #[must_use]
    pub const fn new(shop: Arc<Shop>, browser: Browser) -> Self {
        Self { shop, browser }
    }

    async fn account(&self) -> Result<Option<Account>, Error> {
        match self.browser.session().await? {
            Some(session) => self.shop.accounts.of_session(session).await,
            None => Ok(None),
        }
    }

    /// The number of the viewer who is signed in.
    pub(crate) async fn signed_in(&self) -> Result<Uuid, Error> {
        let account = self.account().await?;
        Ok(account.ok_or(Problem::SignedOut)?.id)
    }

    fn entry(&self, slug: &Slug) -> Result<&Entry, Problem> {
        self.shop.catalogue.entry(slug).ok_or(Problem::NoSuchTitle)
    }

    /// Which of the viewer's devices this browser is: to choose by, and to show.
    async fn this_device(&self, viewer: Uuid) -> Result<Option<devices::Registration>, Error> {
        match self.browser.handle(viewer) {
            Some(handle) => devices::of_handle(&self.shop.db, viewer, &handle).await,
            None => Ok(None),
        }
    }

    async fn this_device_id(&self, viewer: Uuid) -> Result<Option<DeviceId>, Error> {
        let device = self.this_device(viewer).await?;
        Ok(device.and_then(|device| device.finished).map(|(id, _)| id))
    }

    async fn title_page(&self, slug: &Slug) -> Result<TitlePage, Error> {
        let title = self.entry(slug)?.title_in(self.browser.locale());
        let (mut orders, mut this_device) = (vec![], None);
        if let Some(account) = self.account().await? {
            self.settle_soon(account.id, slug).await?;
            this_device = self.this_device_id(account.id).await?;
            orders = self.by_preference(account.id, slug).await?;
        }
        let now = self.shop.clock.now();
        let over = orders.iter().find_map(|order| order.left(now).err());
        orders.retain(|order| order.left(now).is_ok());
        Ok(TitlePage {
            title,
            terms: TERMS,
            why_not: orders
                .is_empty()
                .then_some(over.unwrap_or(Problem::NotBought)),
            orders: orders
                .iter()
                .map(|order| order.shown(&self.shop.catalogue, now))
                .collect(),
            this_device,
        })
    }

    async fn all_orders(&self) -> Result<Vec<Order>, Error> {
        let Some(account) = self.account().await? else {
            return Ok(vec![]);
        };
        let orders = orders::of_viewer(&self.shop.db, account.id).await?;
        let now = self.shop.clock.now();
        Ok(orders
            .iter()
            .map(|order| order.shown(&self.shop.catalogue, now))
            .collect())
    }

    async fn all_devices(&self) -> Result<Vec<Device>, Error> {
        let viewer = self.signed_in().await?;
        let here = self.this_device_id(viewer).await?;
        devices::of_viewer(&self.shop.db, viewer, here).await
    }

    /// The viewer's workflow, as it stands.
    pub(crate) async fn look(&self, query: &WorkflowQuery) -> Result<Workflow, Error> {
        let account = self.account().await?.ok_or(Problem::SignedOut)?;
        self.shop.workflow.look(&account, query).await
    }
}

/// What an order, made or moved, is answered with.
fn ordered(order: &Order) -> Vec<Field> {
    vec![
        Field::text("order", order.id.to_string()),
        Field::new("device_id", Value::Device(order.device_id)),
    ]
}

/// What a hand-over gives to the browser, as the workflow view shows it.
fn handed(hand_over: &HandOver) -> Vec<Field> {
    let token: Option<TokenUrl> = hand_over.token_url.parse().ok();
    let token = token.map(|url| Value::token(&url.token().hash()));
    let token = token.map(|token| Field::new("token_url", token));
    let manifest = Field::text("manifest", &hand_over.manifest);
    let device = hand_over.order.as_ref().map(|order| order.device_id);
    let device = device.map(|id| Field::new("order.device_id", Value::Device(id)));
    [manifest].into_iter().chain(token).chain(device).collect()
}
