//! Who is signed in where, and what ends it.
//!
//! A session is the browser's; that it is a viewer's is said here, in a row that goes when it ends.

use app::account::SignIn;
use jiff::Timestamp;
use sqlx::{Sqlite, SqlitePool, Transaction};
use tower_sessions::session::Id as SessionId;
use uuid::Uuid;

use crate::{
    accounts::Proof,
    database::{parsed, time},
    error::Error,
};

/// Whose session is still kept: by its library's table, as its library reads it.
const IS_KEPT: &str = "exists (select 1 from tower_sessions
    where id = session and datetime(expiry_date) > datetime('now'))";

/// Makes a session the viewer's, on proof of the password as it stands now: one that was changed
/// while it was being checked proves nothing. Says whether it did.
///
/// # Errors
/// [`Error::Database`].
pub(crate) async fn begin(
    db: &SqlitePool,
    session: SessionId,
    proof: &Proof,
    now: Timestamp,
) -> Result<bool, Error> {
    let begun = sqlx::query(
        "insert into sign_ins (session, viewer_id, begun_at)
         select ?, id, ? from viewers where id = ? and password_hash = ?",
    )
    .bind(session.to_string())
    .bind(now.as_millisecond())
    .bind(proof.account.id.to_string())
    .bind(&proof.password_hash)
    .execute(db)
    .await?;
    Ok(begun.rows_affected() == 1)
}

/// Ends one, and says whose it was; none where nobody was signed in.
///
/// # Errors
/// [`Error::Database`].
pub(crate) async fn end(db: &SqlitePool, session: SessionId) -> Result<Option<Uuid>, Error> {
    let was: Option<(String,)> =
        sqlx::query_as("delete from sign_ins where session = ? returning viewer_id")
            .bind(session.to_string())
            .fetch_optional(db)
            .await?;
    was.map(|(viewer,)| parsed(&viewer, "viewer")).transpose()
}

/// Ends all of a viewer's, and says how many there were.
///
/// # Errors
/// [`Error::Database`].
pub(crate) async fn end_all(
    tx: &mut Transaction<'static, Sqlite>,
    viewer: Uuid,
) -> Result<u32, Error> {
    let (count,): (u32,) = sqlx::query_as(&format!(
        "select count(*) from sign_ins where viewer_id = ? and {IS_KEPT}"
    ))
    .bind(viewer.to_string())
    .fetch_one(&mut **tx)
    .await?;
    sqlx::query(
        "delete from tower_sessions where id in (select session from sign_ins where viewer_id = ?)",
    )
    .bind(viewer.to_string())
    .execute(&mut **tx)
    .await?;
    sqlx::query("delete from sign_ins where viewer_id = ?")
        .bind(viewer.to_string())
        .execute(&mut **tx)
        .await?;
    Ok(count)
}

/// All of a viewer's, newest first.
///
/// # Errors
/// [`Error::Database`].
pub(crate) async fn of_viewer(
    db: &SqlitePool,
    viewer: Uuid,
    here: SessionId,
) -> Result<Vec<SignIn>, Error> {
    let rows: Vec<(String, i64)> = sqlx::query_as(&format!(
        "select session, begun_at from sign_ins where viewer_id = ? and {IS_KEPT}
         order by begun_at desc, rowid desc"
    ))
    .bind(viewer.to_string())
    .fetch_all(db)
    .await?;
    let here = here.to_string();
    rows.into_iter()
        .map(|(session, begun_at)| {
            Ok(SignIn {
                begun_at: time(begun_at)?,
                this_browser: session == here,
            })
        })
        .collect()
}

/// Forgets those whose sessions are gone.
///
/// # Errors
/// [`Error::Database`].
pub(crate) async fn sweep(db: &SqlitePool) -> Result<(), Error> {
    sqlx::query("delete from sign_ins where session not in (select id from tower_sessions)")
        .execute(db)
        .await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use simulator::{Clock, Entropy};
    use tower_sessions_sqlx_store::SqliteStore;

    use super::*;
    use crate::accounts::Accounts;

    const EMAIL: &str = "carol@example.com";
    const NEW: &str = "two boats and no oar";

    async fn accounts() -> (Accounts, SqlitePool, tempfile::TempDir) {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}", folder.path().join("shop.db").display());
        let db = crate::database::open(&url).await.unwrap();
        SqliteStore::new(db.clone()).migrate().await.unwrap();
        let (clock, entropy) = (Clock::default(), Entropy::seeded(1));
        let accounts = Accounts::new(db.clone(), clock, entropy, false)
            .await
            .unwrap();
        accounts.add(EMAIL, "Carol", "old").await.unwrap();
        (accounts, db, folder)
    }

    #[tokio::test]
    async fn a_password_that_was_changed_while_it_was_checked_begins_nothing() {
        let (accounts, db, _folder) = accounts().await;

        let old = accounts.sign_in(EMAIL, "old", None).await.unwrap();
        let changed = accounts.change_password(&old.account, "old", NEW, None);
        let (new, _) = changed.await.unwrap();
        let (late, here) = (SessionId::default(), SessionId::default());
        let now = Timestamp::UNIX_EPOCH;
        assert!(!begin(&db, late, &old, now).await.unwrap());
        assert!(begin(&db, here, &new, now).await.unwrap());
        assert_eq!(accounts.of_session(late).await.unwrap(), None);
        assert_eq!(
            accounts.of_session(here).await.unwrap(),
            Some(new.account.clone())
        );

        let whose = end(&db, here).await.unwrap();
        assert_eq!(whose, Some(new.account.id));
        assert_eq!(end(&db, here).await.unwrap(), None);
        assert_eq!(accounts.of_session(here).await.unwrap(), None);
    }

    #[tokio::test]
    async fn what_has_no_session_any_more_is_swept_away() {
        let (accounts, db, _folder) = accounts().await;
        let proof = accounts.sign_in(EMAIL, "old", None).await.unwrap();
        let (kept, gone) = (SessionId::default(), SessionId::default());
        for session in [kept, gone] {
            begin(&db, session, &proof, Timestamp::UNIX_EPOCH)
                .await
                .unwrap();
        }
        sqlx::query("insert into tower_sessions values (?, x'', '9999-01-01')")
            .bind(kept.to_string())
            .execute(&db)
            .await
            .unwrap();
        sweep(&db).await.unwrap();
        let left = of_viewer(&db, proof.account.id, kept).await.unwrap();
        assert_eq!(left.len(), 1);
        assert!(left[0].this_browser);
        assert_eq!(accounts.of_session(gone).await.unwrap(), None);
    }
}
