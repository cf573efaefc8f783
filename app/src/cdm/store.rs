//! The one place in this browser where the device's key lives: an IndexedDB store with one entry.
//! A key in there stays unextractable; what is stored is the browser's handle to it.

use idb::{Database, DatabaseEvent, Factory, ObjectStoreParams, Query, TransactionMode};
use wasm_bindgen::JsValue;

use super::CdmError;

const DATABASE: &str = "bindery-cdm";
const STORE: &str = "keys";
const ENTRY: &str = "device";

pub(super) async fn open() -> Result<Database, CdmError> {
    let mut request = Factory::new()?.open(DATABASE, Some(1))?;
    request.on_upgrade_needed(|event| {
        // A store that is not made shows in the next transaction, which fails.
        if let Ok(database) = event.database() {
            let _ = database.create_object_store(STORE, ObjectStoreParams::new());
        }
    });
    Ok(request.await?)
}

pub(super) async fn get(database: &Database) -> Result<Option<JsValue>, CdmError> {
    let transaction = database.transaction(&[STORE], TransactionMode::ReadOnly)?;
    let entry = transaction
        .object_store(STORE)?
        .get(Query::Key(ENTRY.into()))?
        .await?;
    transaction.await?;
    Ok(entry)
}

/// Keeps the key if there is none yet, and gives the one that is kept.
///
/// `add` never overwrites: of two pages that come at once, the second's fails, and both read the
/// first's.
pub(super) async fn keep_first(database: &Database, key: &JsValue) -> Result<JsValue, CdmError> {
    let added = add(database, key).await;
    match get(database).await? {
        Some(kept) => Ok(kept),
        None => Err(added
            .err()
            .unwrap_or_else(|| CdmError::Browser("no key was kept".to_owned()))),
    }
}

async fn add(database: &Database, key: &JsValue) -> Result<(), CdmError> {
    let transaction = database.transaction(&[STORE], TransactionMode::ReadWrite)?;
    transaction
        .object_store(STORE)?
        .add(key, Some(&ENTRY.into()))?
        .await?;
    transaction.commit()?.await?;
    Ok(())
}
