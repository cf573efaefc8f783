//! A viewer's account: signing up, in and out, and another password.

use app::{
    account::{AccountPage, Notice, SignUpForm},
    model::Viewer,
    problem::Problem,
};
use tower_sessions::session::Id as SessionId;
use uuid::Uuid;

use super::Request;
use crate::{
    accounts::{Account, Proof},
    error::Error,
    sign_ins,
};

impl Request {
    pub(super) async fn start_session(&self, email: &str, password: &str) -> Result<Viewer, Error> {
        let accounts = &self.shop.accounts;
        let own_device = match accounts.number_of(email).await? {
            Some(viewer) => self.own_device(viewer).await?,
            None => None,
        };
        let proof = accounts.sign_in(email, password, own_device).await?;
        self.begin_session(proof).await
    }

    pub(super) async fn open_account(&self, form: SignUpForm) -> Result<Viewer, Error> {
        let proof = self.shop.accounts.sign_up(form).await?;
        self.begin_session(proof).await
    }

    /// Whoever was signed in here before is not any more.
    pub(super) async fn begin_session(&self, proof: Proof) -> Result<Viewer, Error> {
        let before = self.browser.session().await?;
        let session = self.browser.sign_in(proof.account.id).await?;
        self.end_before(before).await?;
        let now = self.shop.clock.now();
        match sign_ins::begin(&self.shop.db, session, &proof, now).await? {
            true => Ok(proof.account.viewer),
            false => Err(Problem::WrongPassword.into()),
        }
    }

    pub(super) async fn end_session(&self) -> Result<(), Error> {
        self.end_before(self.browser.session().await?).await?;
        self.browser.sign_out().await
    }

    /// Ends the session that there was, and tells the screens of whose it was.
    async fn end_before(&self, session: Option<SessionId>) -> Result<(), Error> {
        if let Some(session) = session
            && let Some(was) = sign_ins::end(&self.shop.db, session).await?
        {
            self.shop.workflow.tell(was);
        }
        Ok(())
    }

    pub(super) async fn end_sessions(&self) -> Result<(), Error> {
        let viewer = self.signed_in().await?;
        let mut tx = self.shop.db.begin_with("begin immediate").await?;
        let sessions = sign_ins::end_all(&mut tx, viewer).await?;
        tx.commit().await?;
        self.shop.workflow.tell(viewer);
        let notice = Notice::SignedOutEverywhere { sessions };
        self.browser.sign_out_with(notice).await
    }

    pub(super) async fn account_page(&self) -> Result<AccountPage, Error> {
        let Account { id, viewer, demo } = self.account().await?.ok_or(Problem::SignedOut)?;
        let here = self.browser.session().await?.ok_or(Problem::SignedOut)?;
        Ok(AccountPage {
            viewer,
            demo,
            sign_ins: sign_ins::of_viewer(&self.shop.db, id, here).await?,
        })
    }

    pub(super) async fn renew_password(&self, current: &str, new: &str) -> Result<(), Error> {
        let account = self.account().await?.ok_or(Problem::SignedOut)?;
        let own_device = self.own_device(account.id).await?;
        let accounts = &self.shop.accounts;
        let (proof, ended) = accounts
            .change_password(&account, current, new, own_device)
            .await?;
        self.begin_session(proof).await?;
        self.shop.workflow.tell(account.id);
        // This one ended with the others, and began anew.
        let others = ended.saturating_sub(1);
        let notice = Notice::PasswordChanged { others };
        self.browser.leave_notice(notice).await
    }

    async fn own_device(&self, viewer: Uuid) -> Result<Option<Uuid>, Error> {
        Ok(self.this_device(viewer).await?.map(|device| device.id))
    }
}
