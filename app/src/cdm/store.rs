//! Where this browser's device keys live: an IndexedDB store with an entry for each device.
//! A key in there stays unextractable; what is stored is the browser's handle to it.

use idb::{Database, DatabaseEvent, Factory, ObjectStoreParams, Query, TransactionMode};
use wasm_bindgen::JsValue;

use super::CdmError;
use crate::slot::Slot;

const DATABASE: &str = "bindery-cdm";
const STORE: &str = "keys";

/// The entry of a device's key.
const fn entry(slot: Slot) -> &'static str {
    match slot {
        Slot::A => "device",
        Slot::B => "device-b",
    }
}

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

pub(super) async fn get(database: &Database, slot: Slot) -> Result<Option<JsValue>, CdmError> {
    let transaction = database.transaction(&[STORE], TransactionMode::ReadOnly)?;
    let entry = transaction
        .object_store(STORE)?
        .get(Query::Key(entry(slot).into()))?
        .await?;
    transaction.await?;
    Ok(entry)
}

/// Keeps the key if there is none yet, and gives the one that is kept.
///
/// `add` never overwrites: of two pages that come at once, the second's fails, and both read the
/// first's.
pub(super) async fn keep_first(
    database: &Database,
    slot: Slot,
    key: &JsValue,
) -> Result<JsValue, CdmError> {
    let added = add(database, slot, key).await;
    match get(database, slot).await? {
        Some(kept) => Ok(kept),
        None => Err(added
            .err()
            .unwrap_or_else(|| CdmError::Browser("no key was kept".to_owned()))),
    }
}

async fn add(database: &Database, slot: Slot, key: &JsValue) -> Result<(), CdmError> {
    let transaction = database.transaction(&[STORE], TransactionMode::ReadWrite)?;
    transaction
        .object_store(STORE)?
        .add(key, Some(&entry(slot).into()))?
        .await?;
    transaction.commit()?.await?;
    Ok(())
}
