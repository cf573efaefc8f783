-- The key that tokens are sealed under: one row, made at the first start, kept across restarts.
create table sealing_key (
  only integer primary key check (only = 1),
  key  blob not null check (length(key) = 32)
) strict;

-- The transaction log. event_id counts up and is never used again.
create table record (
  event_id          integer primary key autoincrement,
  account           text not null,
  event_time_ms     integer not null,
  drm               text not null,
  cookie            text,
  device_id         blob,
  refused_device_id blob,
  content_id        text,
  kids              text not null, -- a JSON array
  status            text not null check (status in ('issued', 'refused')),
  error_code        integer,
  ip_address        text not null,
  check (status = 'issued' or device_id is null),
  check ((status = 'refused') = (error_code is not null))
) strict;

create index record_by_account on record (account, event_id);
create index record_issued_by_cookie on record (account, cookie, event_id) where status = 'issued';

-- Which challenges a device key has used; a row is kept for ten minutes of real time.
create table used_challenge (
  thumbprint blob not null,
  jti        text not null,
  used_at_ms integer not null,
  primary key (thumbprint, jti)
) strict, without rowid;

create index used_challenge_by_age on used_challenge (used_at_ms);

-- Key storage. Only the wrapped key is kept: the customer alone has the kek.
create table stored_key (
  account        text not null,
  kid            text not null,
  kek_id         text,
  ek             blob not null check (length(ek) = 24),
  info           text,
  expiration     text,
  content_id     text,
  last_update_ms integer not null,
  primary key (account, kid)
) strict, without rowid;
