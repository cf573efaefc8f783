//! `/__sim/sandboxes/{sandbox}/snapshots`: what a sandbox holds, kept to go back to; and the same
//! as a file, to be taken elsewhere.

use std::collections::HashSet;
use std::{fmt, sync::Arc, time::Duration};

use axum::{
    Json,
    extract::{RawQuery, State},
};
use http::StatusCode;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use sqlx::{Sqlite, Transaction, error::ErrorKind};

use super::{
    At, Body, ChangeSettings, NewAccount, NewSandbox, Problem, SandboxState, sandboxes::Chosen,
};
use crate::{
    Entropy, Environment,
    account::AccountId,
    clock::Hands,
    cookie_index,
    fault::{MOST_FAULTS, NewFault, NoFault},
    keys::Kept,
    records::{COLUMNS, OF_ACCOUNT, read_row},
    sandbox::{Sandbox, SandboxName},
    service::Service,
};

/// The tables that hold an account's data, each with what writes its rows as JSON and what reads
/// them back. Blobs are hexadecimal digits.
const TABLES: [(&str, &str, &str); 3] = [
    (
        "record",
        "select json_group_array(json_object('eventId', event_id, 'eventTimeMs', event_time_ms,
            'drm', drm, 'cookie', cookie, 'deviceId', hex(device_id),
            'refusedDeviceId', hex(refused_device_id), 'contentId', content_id, 'kids', kids,
            'status', status, 'errorCode', error_code, 'ipAddress', ip_address,
            'eventType', event_type))
         from account cross join record on record.key between account.number << 32
           and (account.number << 32) + 4294967295
         where account.id = ?",
        "insert into account (id) values (?1);
         insert into record
         select (account.number << 32)
              + case when max(event_id) over () > 2147483648
                     then row_number() over (order by event_id) else event_id end,
            value ->> 'eventTimeMs',
            value ->> 'drm',
            value ->> 'cookie', nullif(unhex(value ->> 'deviceId'), x''),
            nullif(unhex(value ->> 'refusedDeviceId'), x''), value ->> 'contentId',
            value ->> 'kids', value ->> 'status', value ->> 'errorCode', value ->> 'ipAddress',
            coalesce(value ->> 'eventType', 'license')
         from (select value, value ->> 'eventId' as event_id from json_each(?2))
         join account on account.id = ?1",
    ),
    (
        "stored_key",
        "select json_group_array(json_object('kid', kid, 'kekId', kek_id, 'ek', hex(ek),
            'info', info, 'expiration', expiration, 'contentId', content_id,
            'lastUpdateMs', last_update_ms))
         from stored_key where account = ?",
        "insert into stored_key
         select ?1, value ->> 'kid', value ->> 'kekId', unhex(value ->> 'ek'), value ->> 'info',
            value ->> 'expiration', value ->> 'contentId', value ->> 'lastUpdateMs'
         from json_each(?2)",
    ),
    (
        "credit",
        "select json_group_array(json_object('remaining', remaining))
         from credit where account = ?",
        "insert into credit select ?1, value ->> 'remaining' from json_each(?2)",
    ),
];

/// The most snapshots of a sandbox.
const MOST: i64 = 100;

/// All that a sandbox holds, authenticators included: what is exported and imported, as JSON.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Document {
    /// Of this shape.
    version: Version,
    name: SandboxName,
    seed: Option<u64>,
    hands: Hands,
    record_lag_ms: u64,
    accounts: Vec<Held>,
    faults: Vec<NewFault>,
}

/// Without what is secret in it.
impl fmt::Debug for Document {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Document")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

impl Document {
    /// The same under another name, for a sandbox of that name.
    #[must_use]
    pub fn named(self, name: SandboxName) -> Self {
        Self { name, ..self }
    }

    fn check_faults(&self) -> Result<(), NoFault> {
        if self.faults.len() > MOST_FAULTS {
            return Err(NoFault::TooMany);
        }
        self.faults.iter().try_for_each(NewFault::check)
    }
}

/// The one shape that there is yet.
#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(try_from = "u32", into = "u32")]
struct Version;

impl TryFrom<u32> for Version {
    type Error = &'static str;

    fn try_from(number: u32) -> Result<Self, &'static str> {
        match number {
            1 => Ok(Self),
            _ => Err("this simulator reads version 1"),
        }
    }
}

impl From<Version> for u32 {
    fn from(_: Version) -> Self {
        1
    }
}

/// What an account of a sandbox holds.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Held {
    environment: Environment,
    authenticator: String,
    settings: ChangeSettings,
    /// Rows, by table, in the order of [`TABLES`].
    data: [Box<RawValue>; 3],
}

/// A snapshot to be taken.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewSnapshot {
    /// Its name; one of that name is replaced.
    name: SandboxName,
}

/// A snapshot, as the control plane shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SnapshotState {
    /// Its name.
    pub name: String,
    /// When it was taken, by real time.
    #[schema(value_type = String, format = DateTime)]
    pub taken_at: Timestamp,
}

#[utoipa::path(
    get,
    path = "/__sim/sandboxes/{sandbox}/snapshots",
    operation_id = "listTheSnapshots",
    tag = "Snapshots",
    summary = "List the snapshots",
    params(("sandbox" = String, Path, description = "The sandbox's name")),
    responses((status = 200, description = "The snapshots", body = Vec<SnapshotState>), Problem),
)]
pub(crate) async fn list(
    State(service): State<Service>,
    Chosen(sandbox): Chosen,
) -> Result<Json<Vec<SnapshotState>>, Problem> {
    Ok(Json(service.snapshots_of(&sandbox).await?))
}

#[utoipa::path(
    post,
    path = "/__sim/sandboxes/{sandbox}/snapshots",
    operation_id = "takeASnapshot",
    tag = "Snapshots",
    summary = "Take a snapshot",
    params(("sandbox" = String, Path, description = "The sandbox's name")),
    request_body = NewSnapshot,
    responses((status = 201, description = "The snapshot", body = SnapshotState), Problem),
)]
pub(crate) async fn take(
    State(service): State<Service>,
    Chosen(sandbox): Chosen,
    Body(new): Body<NewSnapshot>,
) -> Result<(StatusCode, Json<SnapshotState>), Problem> {
    let state = service.take_snapshot(&sandbox, &new.name).await?;
    Ok((StatusCode::CREATED, Json(state)))
}

#[utoipa::path(
    post,
    path = "/__sim/sandboxes/{sandbox}/snapshots/{name}/restore",
    operation_id = "goBackToASnapshot",
    tag = "Snapshots",
    summary = "Go back to a snapshot",
    params(("sandbox" = String, Path, description = "The sandbox's name"), ("name" = String, Path, description = "The snapshot's name")),
    responses((status = 200, description = "The sandbox as it was", body = SandboxState), Problem),
)]
pub(crate) async fn restore(
    State(service): State<Service>,
    Chosen(sandbox): Chosen,
    At(at): At<(String, String)>,
) -> Result<Json<SandboxState>, Problem> {
    let (_, name) = at;
    Ok(Json(service.restore_snapshot(&sandbox, &name).await?))
}

#[utoipa::path(
    delete,
    path = "/__sim/sandboxes/{sandbox}/snapshots/{name}",
    operation_id = "removeASnapshot",
    tag = "Snapshots",
    summary = "Remove a snapshot",
    params(("sandbox" = String, Path, description = "The sandbox's name"), ("name" = String, Path, description = "The snapshot's name")),
    responses((status = 204, description = "It is gone"), Problem),
)]
pub(crate) async fn remove(
    State(service): State<Service>,
    Chosen(sandbox): Chosen,
    At(at): At<(String, String)>,
) -> Result<StatusCode, Problem> {
    let (_, name) = at;
    service.remove_snapshot(&sandbox, &name).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Forgets what was done in the sandbox: records, stored keys, calls, faults. Accounts, settings
/// and the clock stay as they are; what a seed fixes begins again.
#[utoipa::path(
    post,
    path = "/__sim/sandboxes/{sandbox}/reset",
    operation_id = "forgetWhatWasDone",
    tag = "Snapshots",
    summary = "Forget what was done",
    params(("sandbox" = String, Path, description = "The sandbox's name")),
    responses((status = 200, description = "The sandbox, empty", body = SandboxState), Problem),
)]
pub(crate) async fn reset(
    State(service): State<Service>,
    Chosen(sandbox): Chosen,
) -> Result<Json<SandboxState>, Problem> {
    Ok(Json(service.reset_sandbox(&sandbox).await?))
}

#[utoipa::path(
    get,
    path = "/__sim/sandboxes/{sandbox}/export",
    operation_id = "exportASandbox",
    tag = "Snapshots",
    summary = "Export a sandbox",
    params(("sandbox" = String, Path, description = "The sandbox's name")),
    responses((status = 200, description = "All that the sandbox holds", body = serde_json::Value), Problem),
)]
pub(crate) async fn export(
    State(service): State<Service>,
    Chosen(sandbox): Chosen,
) -> Result<Json<Document>, Problem> {
    Ok(Json(service.document_of(&sandbox).await?))
}

/// Makes a sandbox of a document. One for `default` goes into it, in place of what it holds, where
/// it has the document's accounts: the simulator is started with those. An account with an eventId
/// over 2^31 has its records numbered anew from 1, in their order: it has room for 2^32 - 1.
#[utoipa::path(
    post,
    path = "/__sim/import",
    operation_id = "importASandbox",
    tag = "Snapshots",
    summary = "Import a sandbox",
    params(("name" = Option<String>, Query, description = "The sandbox's name; the document's where this is left out")),
    request_body = serde_json::Value,
    responses((status = 201, description = "The sandbox that was made of it", body = SandboxState), Problem),
)]
pub(crate) async fn import(
    State(service): State<Service>,
    RawQuery(query): RawQuery,
    Body(mut document): Body<Document>,
) -> Result<(StatusCode, Json<SandboxState>), Problem> {
    for (key, value) in form_urlencoded::parse(query.as_deref().unwrap_or_default().as_bytes()) {
        let name = match &*key {
            "name" => value.parse().map_err(|error| format!("name: {error}")),
            _ => Err("an import takes the parameter name, and no other".to_owned()),
        };
        document = document.named(name.map_err(|why| Problem::new(StatusCode::BAD_REQUEST, why))?);
    }
    let sandbox = service.import_sandbox(document).await?;
    Ok((StatusCode::CREATED, Json(service.state_of(&sandbox).await?)))
}

impl Held {
    fn new_account(&self) -> NewAccount {
        NewAccount {
            environment: self.environment,
            authenticator: Some(self.authenticator.clone()),
            settings: self.settings.clone(),
        }
    }
}

impl Service {
    /// A sandbox's snapshots, by name.
    pub(crate) async fn snapshots_of(
        &self,
        sandbox: &Sandbox,
    ) -> Result<Vec<SnapshotState>, Problem> {
        let _turn = self.turn_of(sandbox).await?;
        let rows: Vec<(String, i64)> = sqlx::query_as(
            "select name, taken_at_ms from snapshot where sandbox = ? order by name",
        )
        .bind(sandbox.name.as_str())
        .fetch_all(&self.readers)
        .await?;
        let states = rows.into_iter().map(|(name, ms)| SnapshotState {
            name,
            taken_at: Timestamp::from_millisecond(ms).unwrap_or_default(),
        });
        Ok(states.collect())
    }

    /// Keeps what a sandbox holds now under a name.
    pub(crate) async fn take_snapshot(
        &self,
        sandbox: &Arc<Sandbox>,
        name: &SandboxName,
    ) -> Result<SnapshotState, Problem> {
        let _turn = self.turn_of(sandbox).await?;
        let (others,): (i64,) =
            sqlx::query_as("select count(*) from snapshot where sandbox = ? and name <> ?")
                .bind(sandbox.name.as_str())
                .bind(name.as_str())
                .fetch_one(&self.readers)
                .await?;
        if others >= MOST {
            let why = format!("a sandbox has {MOST} snapshots at most: remove some");
            return Err(Problem::new(StatusCode::CONFLICT, why));
        }
        let document = self.document_of(sandbox).await?;
        let text = serde_json::to_string(&document).map_err(|e| sqlx::Error::Encode(e.into()))?;
        let taken_at = sandbox.clock.real();
        sqlx::query("insert or replace into snapshot values (?, ?, ?, ?)")
            .bind(sandbox.name.as_str())
            .bind(name.as_str())
            .bind(taken_at.as_millisecond())
            .bind(text)
            .execute(&self.writer)
            .await?;
        let name = name.to_string();
        Ok(SnapshotState { name, taken_at })
    }

    /// Makes a sandbox hold again what it held then.
    pub(crate) async fn restore_snapshot(
        &self,
        sandbox: &Arc<Sandbox>,
        name: &str,
    ) -> Result<SandboxState, Problem> {
        let row: Option<(String,)> =
            sqlx::query_as("select document from snapshot where sandbox = ? and name = ?")
                .bind(sandbox.name.as_str())
                .bind(name)
                .fetch_optional(&self.readers)
                .await?;
        let (text,) = row.ok_or_else(|| no_snapshot(sandbox, name))?;
        let document: Document =
            serde_json::from_str(&text).map_err(|error| sqlx::Error::Decode(error.into()))?;
        self.put_back(sandbox, document).await?;
        self.state_of(sandbox).await
    }

    /// Removes a snapshot.
    pub(crate) async fn remove_snapshot(
        &self,
        sandbox: &Sandbox,
        name: &str,
    ) -> Result<(), Problem> {
        let _turn = self.turn_of(sandbox).await?;
        let removed = sqlx::query("delete from snapshot where sandbox = ? and name = ?")
            .bind(sandbox.name.as_str())
            .bind(name)
            .execute(&self.writer)
            .await?;
        match removed.rows_affected() {
            0 => Err(no_snapshot(sandbox, name)),
            _ => Ok(()),
        }
    }

    /// Forgets what was done in a sandbox.
    pub(crate) async fn reset_sandbox(
        &self,
        sandbox: &Arc<Sandbox>,
    ) -> Result<SandboxState, Problem> {
        let _turn = self.turn_of(sandbox).await?;
        let mut transaction = self.writer.begin_with("begin immediate").await?;
        for customer in self.sandboxes.customers_of(sandbox) {
            self.clear(&mut transaction, customer.id).await?;
        }
        self.give_credits(&mut transaction, sandbox).await?;
        transaction.commit().await?;
        sandbox.faults.clear();
        sandbox.journal.clear();
        sandbox.start_again();
        self.state_of(sandbox).await
    }

    /// Makes a sandbox of a document, under the document's name. The default one is there already,
    /// and holds afterwards what the document says.
    pub(crate) async fn import_sandbox(&self, document: Document) -> Result<Arc<Sandbox>, Problem> {
        document.check_faults()?;
        let of_default = (document.name == SandboxName::of_default())
            .then(|| self.sandboxes.get(&document.name))
            .flatten();
        if let Some(sandbox) = of_default {
            self.put_back(&sandbox, document).await?;
            return Ok(sandbox);
        }
        let new = NewSandbox {
            name: Some(document.name.clone()),
            seed: document.seed,
            accounts: document.accounts.iter().map(Held::new_account).collect(),
            ..NewSandbox::default()
        };
        let sandbox = self.make_sandbox(new).await?;
        if let Err(problem) = self.put_back(&sandbox, document).await {
            self.drop_sandbox(&sandbox).await?;
            return Err(problem);
        }
        Ok(sandbox)
    }

    /// All that a sandbox holds.
    pub(crate) async fn document_of(&self, sandbox: &Sandbox) -> Result<Document, Problem> {
        sandbox.there()?;
        let mut accounts = vec![];
        // One view of all tables: what is written meanwhile is in none of them.
        let mut view = self.readers.begin().await?;
        for customer in self.sandboxes.customers_of(sandbox) {
            let mut data = vec![];
            for (_, write, _) in TABLES {
                let (rows,): (String,) = sqlx::query_as(write)
                    .bind(customer.id.to_string())
                    .fetch_one(&mut *view)
                    .await?;
                let rows = RawValue::from_string(rows);
                data.push(rows.map_err(|error| sqlx::Error::Decode(error.into()))?);
            }
            let data = <[Box<RawValue>; 3]>::try_from(data)
                .map_err(|_| sqlx::Error::Decode("a table is missing".into()))?;
            accounts.push(Held {
                environment: customer.environment,
                authenticator: customer.authenticator.reveal(),
                settings: ChangeSettings::of(&customer.settings()),
                data,
            });
        }
        let faults = sandbox.faults.list(sandbox.clock.real());
        Ok(Document {
            version: Version,
            name: sandbox.name.clone(),
            seed: sandbox.seed,
            hands: sandbox.clock.hands(),
            record_lag_ms: sandbox.record_lag_ms(),
            accounts,
            faults: faults.into_iter().map(|state| state.fault).collect(),
        })
    }

    /// Deletes all that an account holds.
    pub(super) async fn clear(
        &self,
        transaction: &mut Transaction<'_, Sqlite>,
        account: AccountId,
    ) -> Result<(), sqlx::Error> {
        self.log.forget_place_of(account);
        sqlx::query(
            "delete from record where key between
               (select number << 32 from account where id = ?1)
               and (select (number << 32) + 4294967295 from account where id = ?1);
             delete from issued_by_cookie
               where account = (select number from account where id = ?1);
             delete from account where id = ?1;
             delete from stored_key where account = ?1;
             delete from credit where account = ?1",
        )
        .bind(account.to_string())
        .execute(&mut **transaction)
        .await?;
        Ok(())
    }

    /// Makes a sandbox hold what a document says, and nothing else.
    async fn put_back(&self, sandbox: &Arc<Sandbox>, document: Document) -> Result<(), Problem> {
        document.check_faults()?;
        let _turn = self.turn_of(sandbox).await?;
        let customers = self.sandboxes.customers_of(sandbox);
        let mut transaction = self.writer.begin_with("begin immediate").await?;
        for customer in &customers {
            self.clear(&mut transaction, customer.id).await?;
        }
        let mut settings = vec![];
        for (index, held) in document.accounts.iter().enumerate() {
            let customer = customers.iter().find(|customer| {
                customer.environment == held.environment
                    && customer.authenticator.reveal() == held.authenticator
            });
            let customer = customer.ok_or_else(|| {
                let why = format!(
                    "the document has an account that sandbox {} has not: give it the same \
                     authenticators, or import under another name",
                    sandbox.name
                );
                Problem::new(StatusCode::CONFLICT, why)
            })?;
            let place = format!("accounts[{index}]");
            if settings
                .iter()
                .any(|(known, _)| Arc::ptr_eq(*known, customer))
            {
                return Err(bad(format!("{place}: this account is there twice")));
            }
            for (part, ((table, _, read), rows)) in TABLES.iter().zip(&held.data).enumerate() {
                let place = format!("{place}.data[{part}], {table}");
                check_list(&mut transaction, rows, &place).await?;
                if *table == "record" {
                    check_ids(&mut transaction, rows, &place).await?;
                }
                sqlx::query(read)
                    .bind(customer.id.to_string())
                    .bind(rows.get())
                    .execute(&mut *transaction)
                    .await
                    .map_err(|error| not_taken(&place, error))?;
            }
            check(&mut transaction, customer.id)
                .await
                .map_err(|error| {
                    bad(format!(
                        "{place}.data holds what no simulator writes: {error}"
                    ))
                })?;
            let account = HashSet::from([customer.id.0]);
            cookie_index::take_in(&mut transaction, &account).await?;
            let mut changed = customer.settings();
            held.settings.apply(&mut changed)?;
            settings.push((customer, changed));
        }
        transaction.commit().await?;
        for (customer, changed) in settings {
            customer.set(changed);
        }
        sandbox.clock.put(document.hands);
        sandbox.set_record_lag(Duration::from_millis(document.record_lag_ms));
        sandbox.faults.clear();
        sandbox.start_again();
        for fault in document.faults {
            // There is nothing wrong with it, and room for it: that was looked at above.
            let _ = sandbox.faults.add(fault, sandbox.clock.real());
        }
        self.keep(sandbox).await
    }
}

fn no_snapshot(sandbox: &Sandbox, name: &str) -> Problem {
    Problem::no(format!("snapshot {name} of {}", sandbox.name))
}

fn bad(why: String) -> Problem {
    Problem::new(StatusCode::BAD_REQUEST, why)
}

/// Whether rows are what is looked for in them: objects in a list.
async fn check_list(
    transaction: &mut Transaction<'_, Sqlite>,
    rows: &RawValue,
    place: &str,
) -> Result<(), Problem> {
    let (is_list,): (bool,) = sqlx::query_as(
        "select case when json_valid(?1) then json_type(?1) = 'array'
           and not exists (select 1 from json_each(?1) where type <> 'object') else false end",
    )
    .bind(rows.get())
    .fetch_one(&mut **transaction)
    .await?;
    match is_list {
        true => Ok(()),
        false => Err(bad(format!(
            "{place}: give a list of objects, one for each"
        ))),
    }
}

/// Whether records' ids are some that an export may have, each once: an older version's go up to
/// 2^53.
async fn check_ids(
    transaction: &mut Transaction<'_, Sqlite>,
    records: &RawValue,
    place: &str,
) -> Result<(), Problem> {
    let (strange, again): (i64, i64) = sqlx::query_as(
        "select count(*) filter (where typeof(id) <> 'integer' or id not between 1 and 1 << 53),
                count(*) - count(distinct id)
         from (select value ->> 'eventId' as id from json_each(?))",
    )
    .bind(records.get())
    .fetch_one(&mut **transaction)
    .await?;
    let why = match (strange, again) {
        (0, 0) => return Ok(()),
        (0, _) => "an eventId comes twice".to_owned(),
        (_, _) => format!(
            "an eventId is a whole number from 1 to {}, and {strange} are not",
            1_u64 << 53
        ),
    };
    Err(bad(format!("{place}: {why}")))
}

/// Rows were not taken: what is wrong with them, or else with the database.
fn not_taken(place: &str, error: sqlx::Error) -> Problem {
    /// <https://sqlite.org/rescode.html#constraint_datatype>
    const DATATYPE: &str = "3091";
    let database = error.as_database_error();
    let why = match database.map(|error| (error.kind(), error.code())) {
        Some((ErrorKind::UniqueViolation, _)) => "a row comes twice",
        Some((ErrorKind::NotNullViolation, _)) => "a row lacks what each has",
        Some((ErrorKind::CheckViolation, _)) => "a row says what none can say",
        Some((_, Some(code))) if code == DATATYPE => "a row has a text in place of a number",
        _ => return error.into(),
    };
    bad(format!("{place}: {why}"))
}

/// Whether every row can be read that has been put back.
async fn check(
    transaction: &mut Transaction<'_, Sqlite>,
    account: AccountId,
) -> Result<(), sqlx::Error> {
    let strange = format!("select count(*) {OF_ACCOUNT} and length(record.device_id) <> 16");
    let (strange,): (i64,) = sqlx::query_as(&strange)
        .bind(account.to_string())
        .fetch_one(&mut **transaction)
        .await?;
    if strange > 0 {
        return Err(sqlx::Error::Decode("a record's device is none".into()));
    }
    let records = format!("select {COLUMNS} {OF_ACCOUNT}");
    let rows = sqlx::query(&records).bind(account.to_string());
    for row in rows.fetch_all(&mut **transaction).await? {
        read_row(&row)?;
    }
    let rows = sqlx::query("select * from stored_key where account = ?").bind(account.to_string());
    for row in rows.fetch_all(&mut **transaction).await? {
        Kept::read(&row)?;
    }
    Ok(())
}

impl Sandbox {
    /// What a seed fixes begins again.
    fn start_again(&self) {
        if let Some(seed) = self.seed {
            self.entropy
                .start_as(&Entropy::named(seed, self.name.as_str()));
            self.faults.start_as(&Self::chance(Some(seed), &self.name));
        }
    }
}
