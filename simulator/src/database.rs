//! SQLite as this project keeps it: on disk before anything is answered, and for this user's eyes.

use std::{
    fs::{DirBuilder, File, OpenOptions, Permissions, TryLockError},
    io,
    os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt},
    path::Path,
    str::FromStr,
    time::Duration,
};

use sqlx::{
    migrate::MigrateError,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};

/// The URL of a database that goes when the program does.
pub const IN_MEMORY: &str = "sqlite::memory:";

/// How many pages the log before the database's file grows to, 24 MB, until they are moved there.
/// Pages that change with every commit are moved once for many.
const WAL_PAGES: &str = "6000";

/// How long a writer waits for another one.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);

/// Whether a database goes when the program does.
#[must_use]
pub fn is_in_memory(url: &str) -> bool {
    url.contains(":memory:") || url.contains("mode=memory")
}

/// How to connect: every commit is on disk before it is answered (WAL, `synchronous` FULL), so
/// that a process that is killed leaves nothing half made.
///
/// File and folder are made where they are missing, and nobody else may read them: what is in
/// there opens tokens and sessions.
///
/// # Errors
/// [`sqlx::Error::Configuration`] for a URL that is none; [`sqlx::Error::Io`] where the file cannot
/// be made.
pub fn options(url: &str) -> Result<SqliteConnectOptions, sqlx::Error> {
    if !url.starts_with("sqlite:") {
        let why = "a database's URL is sqlite://path.db or sqlite::memory:";
        return Err(sqlx::Error::Configuration(why.into()));
    }
    let options = SqliteConnectOptions::from_str(url)?
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .pragma("wal_autocheckpoint", WAL_PAGES)
        .busy_timeout(BUSY_TIMEOUT);
    if is_in_memory(url) {
        return Ok(options);
    }
    make_private(options.get_filename())?;
    Ok(options)
}

/// Keeps other processes from serving the same database for as long as the file is held. Who only
/// reads or adds something needs no such thing.
///
/// # Errors
/// [`sqlx::Error::Configuration`] where another process serves it; [`sqlx::Error::Io`].
pub fn claim(url: &str) -> Result<Option<File>, sqlx::Error> {
    if is_in_memory(url) {
        return Ok(None);
    }
    let mut path = options(url)?.get_filename().as_os_str().to_owned();
    // A file of its own: to close any descriptor of SQLite's would drop SQLite's locks on it.
    path.push(".lock");
    let file = OpenOptions::new()
        .create(true)
        .append(true)
        .mode(0o600)
        .open(path)?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => {
            let why = "another process serves it; stop that one first";
            Err(sqlx::Error::Configuration(why.into()))
        }
        Err(TryLockError::Error(error)) => Err(error.into()),
    }
}

/// Why a database takes no more, whatever it is asked: no single statement's fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Trouble {
    /// There is no room left.
    #[error("the disk is full")]
    Full,
    /// The system does not write or read what it is told to.
    #[error("the disk fails, or files have reached the largest size that they may have")]
    Disk,
    /// What is in the file is no database, or not a whole one.
    #[error("the database is corrupt")]
    Corrupt,
    /// Somebody else has kept it locked for as long as one waits for that.
    #[error("another program holds the database locked")]
    Locked,
    /// It can be read, and no more; or its file is no longer where it was.
    #[error("the database cannot be written any more: its file was moved, or may only be read")]
    ReadOnly,
}

impl Trouble {
    /// The trouble that an error tells of, if it does.
    #[must_use]
    pub fn of(error: &sqlx::Error) -> Option<Self> {
        let error = match error {
            sqlx::Error::Database(error) => error,
            sqlx::Error::Migrate(migration) => {
                return match migration.as_ref() {
                    MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => {
                        Self::of(error)
                    }
                    _ => None,
                };
            }
            _ => return None,
        };
        let code: u32 = error.code()?.parse().ok()?;
        // The low byte is SQLite's primary result code: https://sqlite.org/rescode.html
        match code & 0xff {
            5 | 6 => Some(Self::Locked),
            8 => Some(Self::ReadOnly),
            10 | 14 => Some(Self::Disk),
            11 | 26 => Some(Self::Corrupt),
            13 => Some(Self::Full),
            _ => None,
        }
    }

    /// What to do about it before another start.
    #[must_use]
    pub const fn advice(self) -> &'static str {
        match self {
            Self::Full => "Make room on its disk, or choose another",
            Self::Disk => "See that its folder can be written and has room, or choose another",
            Self::Corrupt => "Move that file away if nothing in it is needed, or choose another",
            Self::Locked => {
                "Stop what holds it (another simulator, a database browser, a backup), or choose \
                 another"
            }
            Self::ReadOnly => "Let this user write the file and its folder, or choose another",
        }
    }
}

/// A pool of so many connections. A database in memory is its one connection, which never ends.
#[must_use]
pub fn pool(url: &str, connections: u32) -> SqlitePoolOptions {
    // A file does not hang up: to ask a connection whether it is still there would only take time.
    let options = SqlitePoolOptions::new().test_before_acquire(false);
    if is_in_memory(url) || connections == 1 {
        options
            .max_connections(1)
            .idle_timeout(None)
            .max_lifetime(None)
    } else {
        options.max_connections(connections)
    }
}

/// Makes file and folder. SQLite gives the files that it puts beside this one the same mode.
fn make_private(file: &Path) -> io::Result<()> {
    if let Some(folder) = file.parent() {
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(folder)?;
    }
    // One that is there already may be open to all. It is not opened here: see `claim`.
    if file.try_exists()? {
        return std::fs::set_permissions(file, Permissions::from_mode(0o600));
    }
    OpenOptions::new()
        .create(true)
        .append(true)
        .mode(0o600)
        .open(file)
        .map(|_| ())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_database_is_its_owners_alone() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("deep/down/records.db");
        let url = format!("sqlite://{}", file.display());
        let pool = pool(&url, 2)
            .connect_with(options(&url).unwrap())
            .await
            .unwrap();
        sqlx::query("create table t (n integer)")
            .execute(&pool)
            .await
            .unwrap();
        let mode = |name: &str| {
            let path = folder.path().join("deep/down").join(name);
            path.metadata().unwrap().permissions().mode() & 0o777
        };
        assert_eq!(mode("."), 0o700);
        assert_eq!(mode("records.db"), 0o600);
        assert_eq!(mode("records.db-wal"), 0o600);
    }

    #[test]
    fn a_database_that_was_open_to_all_is_shut() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("old.db");
        std::fs::write(&file, "").unwrap();
        std::fs::set_permissions(&file, Permissions::from_mode(0o644)).unwrap();
        options(&format!("sqlite://{}", file.display())).unwrap();
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn a_database_is_served_by_one_at_a_time() {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}", folder.path().join("one.db").display());
        let claimed = claim(&url).unwrap();
        let fault = claim(&url).unwrap_err().to_string();
        assert!(fault.contains("another process serves it"), "{fault}");
        drop(claimed);
        assert!(claim(&url).unwrap().is_some());
        assert!(claim(IN_MEMORY).unwrap().is_none());
    }

    #[test]
    fn what_is_no_sqlite_url_is_no_path_either() {
        for url in ["nonsense://x", "shop.db", "", "postgres://localhost/x"] {
            let fault = options(url).unwrap_err().to_string();
            assert!(fault.contains("sqlite://path.db"), "{url}: {fault}");
        }
    }

    #[test]
    fn memory_is_known_by_each_of_its_names() {
        for url in [IN_MEMORY, "sqlite://:memory:", "sqlite://x?mode=memory"] {
            assert!(is_in_memory(url), "{url}");
            options(url).unwrap();
        }
        assert!(!is_in_memory("sqlite://memory.db"));
    }

    #[tokio::test]
    async fn what_takes_no_more_is_told_from_what_was_asked_wrongly() {
        let database = pool(IN_MEMORY, 1)
            .connect_with(options(IN_MEMORY).unwrap())
            .await
            .unwrap();
        let run = async |sql: &str| sqlx::query(sql).execute(&database).await;
        run("create table t (n blob primary key)").await.unwrap();
        run("insert into t values (1)").await.unwrap();
        for wrong in ["insert into t values (1)", "insert into nowhere values (1)"] {
            assert_eq!(Trouble::of(&run(wrong).await.unwrap_err()), None, "{wrong}");
        }
        run("pragma max_page_count = 3").await.unwrap();
        let full = run("insert into t values (zeroblob(100000))").await;
        assert_eq!(Trouble::of(&full.unwrap_err()), Some(Trouble::Full));

        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("none.db");
        std::fs::write(&file, "no database, whatever its name".repeat(100)).unwrap();
        let url = format!("sqlite://{}", file.display());
        let opened = pool(&url, 1).connect_with(options(&url).unwrap()).await;
        assert_eq!(Trouble::of(&opened.unwrap_err()), Some(Trouble::Corrupt));
    }

    #[tokio::test]
    async fn a_database_in_memory_is_one_for_all_who_ask() {
        let pool = pool(IN_MEMORY, 8)
            .connect_with(options(IN_MEMORY).unwrap())
            .await
            .unwrap();
        sqlx::query("create table t (n integer)")
            .execute(&pool)
            .await
            .unwrap();
        for _ in 0..16 {
            let count: (i64,) = sqlx::query_as("select count(*) from t")
                .fetch_one(&pool)
                .await
                .unwrap();
            assert_eq!(count.0, 0);
        }
    }
}
