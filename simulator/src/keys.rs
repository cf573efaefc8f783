//! Key storage: `/keystore/keys` (API section 5).
//!
//! Only wrapped keys are kept. Who gives the kek gets the key in clear, in the answer alone.

use axum::{
    Json,
    response::{IntoResponse, Response},
};
use expressplay::{
    ContentKey, EncryptedKey, ErrorCode, KeyEncryptionKey, KeyId, Refusal,
    key_storage::{KeyToStore, StoredKey},
};
use http::{Method, StatusCode};
use jiff::Timestamp;
use sqlx::{Row, sqlite::SqliteRow};

use crate::{
    account::AccountId,
    call::{Call, dropped, refuse},
    error::{ErrorFormat, Failure},
    key_wrap,
    sandbox::{Customer, Sandbox},
    service::Service,
};

/// A key as it is kept.
pub(crate) struct Kept {
    kid: KeyId,
    kek_id: Option<String>,
    ek: EncryptedKey,
    info: Option<String>,
    expiration: Option<String>,
    content_id: Option<String>,
    last_update: Timestamp,
}

/// `GET` and `POST /keystore/keys`.
pub(crate) async fn all(service: &Service, call: &Call) -> Result<Response, Failure> {
    let (customer, format) = call.enter(service, ErrorFormat::Json)?;
    let kek = kek_of(call).map_err(refuse(format))?;
    if call.method != Method::POST {
        let kept = service
            .kept_keys(customer.id)
            .await
            .map_err(|error| Failure::internal(&error, format))?;
        // A key under another kek is listed all the same, only not in clear.
        let shown = |key: &Kept| key.answer(kek.as_ref()).or_else(|_| key.answer(None));
        let keys: Result<Vec<_>, _> = kept.iter().map(shown).collect();
        return Ok(Json(keys.map_err(refuse(format))?).into_response());
    }
    let kept = if call.body.is_empty() {
        let make = || make(&customer.sandbox, kek.as_ref()).map_err(refuse(format));
        let mut made = make()?;
        // A seed that begins again makes the kids again that are kept already.
        while let Some(_taken) = service
            .kept_key(customer.id, &made.kid)
            .await
            .map_err(|error| Failure::internal(&error, format))?
        {
            made = make()?;
        }
        made
    } else {
        read_body(&customer.sandbox, &call.body, kek.as_ref()).map_err(refuse(format))?
    };
    let is_kept = service
        .keep_key(&customer, &kept)
        .await
        .map_err(|error| Failure::internal(&error, format))?;
    if !is_kept {
        return Err(refuse(format)(dropped()));
    }
    Ok(Json(kept.answer(kek.as_ref()).map_err(refuse(format))?).into_response())
}

/// `GET` and `DELETE /keystore/keys/{kid}`.
pub(crate) async fn one(service: &Service, call: &Call) -> Result<Response, Failure> {
    let (customer, format) = call.enter(service, ErrorFormat::Json)?;
    let kek = kek_of(call).map_err(refuse(format))?;
    let kid = call.kid.as_deref().unwrap_or_default();
    let kid: KeyId = kid.parse().map_err(refuse(format))?;
    let internal = |error: sqlx::Error| Failure::internal(&error, format);
    let missing = || Failure {
        status: StatusCode::NOT_FOUND,
        format,
        refusal: Refusal::wrong(ErrorCode::KeyStorage, "kid", &kid.to_string())
            .because("there is no such key"),
        trouble: None,
    };
    if call.method == Method::DELETE {
        let removed = service
            .forget_key(&customer, &kid)
            .await
            .map_err(internal)?;
        return if removed {
            Ok(StatusCode::NO_CONTENT.into_response())
        } else {
            Err(missing())
        };
    }
    let kept = service
        .kept_key(customer.id, &kid)
        .await
        .map_err(internal)?
        .ok_or_else(missing)?;
    Ok(Json(kept.answer(kek.as_ref()).map_err(refuse(format))?).into_response())
}

fn kek_of(call: &Call) -> Result<Option<KeyEncryptionKey>, Refusal> {
    call.parameters.read("kek")
}

fn needs_kek(kek: Option<&KeyEncryptionKey>) -> Result<&KeyEncryptionKey, Refusal> {
    kek.ok_or_else(|| Refusal::missing(ErrorCode::EncryptedKey, "kek"))
}

/// A key of the service's own making.
fn make(sandbox: &Sandbox, kek: Option<&KeyEncryptionKey>) -> Result<Kept, Refusal> {
    let kek = needs_kek(kek)?;
    let key = ContentKey::from_bytes(sandbox.entropy.bytes());
    Ok(Kept {
        kid: KeyId::Bytes(sandbox.entropy.bytes()),
        kek_id: Some(key_wrap::kek_id(kek)),
        ek: key_wrap::wrap(kek, &key)?,
        info: None,
        expiration: None,
        content_id: None,
        last_update: sandbox.clock.now(),
    })
}

/// A key of the customer's.
fn read_body(
    sandbox: &Sandbox,
    body: &[u8],
    kek: Option<&KeyEncryptionKey>,
) -> Result<Kept, Refusal> {
    let key: KeyToStore = serde_json::from_slice(body).map_err(|error| {
        // serde_json's own message may quote a value, and a value may be a key.
        let (line, column) = (error.line(), error.column());
        let why = format!("the JSON is at fault in line {line}, column {column}");
        Refusal::new(ErrorCode::KeyStorage, why).at("body")
    })?;
    let kid = key
        .kid
        .ok_or_else(|| Refusal::missing(ErrorCode::KidMissing, "kid"))?
        .parse()?;
    let ek = match (key.k.as_deref(), key.ek.as_deref()) {
        (Some(k), None) => {
            let key = k.parse().map_err(|refusal: Refusal| refusal.at("k"))?;
            key_wrap::wrap(needs_kek(kek)?, &key)?
        }
        (None, Some(ek)) => ek.parse()?,
        (Some(_), Some(_)) => {
            let refusal = Refusal::from(ErrorCode::EncryptedKey).at("ek");
            return Err(refusal.because("k and ek say the same: give one of them"));
        }
        (None, None) => return Err(Refusal::missing(ErrorCode::ContentKey, "k")),
    };
    if let Some(kek) = kek {
        key_wrap::unwrap(kek, &ek)?;
    }
    Ok(Kept {
        kid,
        kek_id: key.kek_id.or_else(|| kek.map(key_wrap::kek_id)),
        ek,
        info: key.info,
        expiration: key.expiration,
        content_id: key.content_id,
        last_update: sandbox.clock.now(),
    })
}

impl Kept {
    /// As the service shows it: hex in upper case, the key in clear where the kek is given.
    fn answer(&self, kek: Option<&KeyEncryptionKey>) -> Result<StoredKey, Refusal> {
        let k = kek
            .map(|kek| key_wrap::unwrap_stored(kek, &self.ek))
            .transpose()?;
        Ok(StoredKey {
            kid: match &self.kid {
                KeyId::Bytes(bytes) => hex::encode_upper(bytes),
                KeyId::Name(_) => self.kid.to_string(),
            },
            kek_id: self.kek_id.clone(),
            ek: hex::encode_upper(self.ek.as_bytes()),
            k: k.map(|key| hex::encode_upper(key.reveal())),
            info: self.info.clone(),
            expiration: self.expiration.clone(),
            content_id: self.content_id.clone(),
            last_update: Some(self.last_update.to_string()),
        })
    }

    pub(crate) fn read(row: &SqliteRow) -> Result<Self, sqlx::Error> {
        let kid: String = row.try_get("kid")?;
        let ek: Vec<u8> = row.try_get("ek")?;
        let ek = <[u8; 24]>::try_from(ek)
            .map_err(|_| sqlx::Error::Decode("a wrapped key has 24 bytes".into()))?;
        let last_update = Timestamp::from_millisecond(row.try_get("last_update_ms")?);
        Ok(Self {
            kid: kid
                .parse()
                .map_err(|error: Refusal| sqlx::Error::Decode(error.into()))?,
            kek_id: row.try_get("kek_id")?,
            ek: EncryptedKey::from_bytes(ek),
            info: row.try_get("info")?,
            expiration: row.try_get("expiration")?,
            content_id: row.try_get("content_id")?,
            last_update: last_update.map_err(|error| sqlx::Error::Decode(error.into()))?,
        })
    }
}

impl Service {
    /// The wrapped key of a kid, for a token that names a stored one.
    pub(crate) async fn wrapped_key(
        &self,
        account: AccountId,
        kid: &KeyId,
    ) -> Result<Option<EncryptedKey>, sqlx::Error> {
        Ok(self.kept_key(account, kid).await?.map(|kept| kept.ek))
    }

    async fn kept_key(&self, account: AccountId, kid: &KeyId) -> Result<Option<Kept>, sqlx::Error> {
        sqlx::query("select * from stored_key where account = ? and kid = ?")
            .bind(account.to_string())
            .bind(kid.to_string())
            .fetch_optional(&self.readers)
            .await?
            .as_ref()
            .map(Kept::read)
            .transpose()
    }

    async fn kept_keys(&self, account: AccountId) -> Result<Vec<Kept>, sqlx::Error> {
        sqlx::query("select * from stored_key where account = ? order by last_update_ms, kid")
            .bind(account.to_string())
            .fetch_all(&self.readers)
            .await?
            .iter()
            .map(Kept::read)
            .collect()
    }

    /// Keeps a key, unless the account's sandbox was dropped; whether it did.
    async fn keep_key(&self, customer: &Customer, key: &Kept) -> Result<bool, sqlx::Error> {
        let mut writer = self.writer.acquire().await?;
        if customer.sandbox.is_dropped() {
            return Ok(false);
        }
        sqlx::query(
            "insert or replace into stored_key
                 (account, kid, kek_id, ek, info, expiration, content_id, last_update_ms)
             values (?, ?, ?, ?, ?, ?, ?, ?)",
        )
        .bind(customer.id.to_string())
        .bind(key.kid.to_string())
        .bind(key.kek_id.as_deref())
        .bind(&key.ek.as_bytes()[..])
        .bind(key.info.as_deref())
        .bind(key.expiration.as_deref())
        .bind(key.content_id.as_deref())
        .bind(key.last_update.as_millisecond())
        .execute(&mut *writer)
        .await?;
        Ok(true)
    }

    /// Forgets a key, unless the account's sandbox was dropped; whether it did.
    async fn forget_key(&self, customer: &Customer, kid: &KeyId) -> Result<bool, sqlx::Error> {
        let mut writer = self.writer.acquire().await?;
        if customer.sandbox.is_dropped() {
            return Ok(false);
        }
        let done = sqlx::query("delete from stored_key where account = ? and kid = ?")
            .bind(customer.id.to_string())
            .bind(kid.to_string())
            .execute(&mut *writer)
            .await?;
        Ok(done.rows_affected() > 0)
    }
}
