-- Accounts by a number of their own, which keys begin with in place of a text of 36 characters.
create table account (
  number     integer primary key,
  id         text not null unique,
  -- The newest of its records that the index by cookie has taken in.
  indexed_to integer not null default 0
) strict;

insert into account (id) select distinct account from record;

-- A record stands under its account's number in the upper 31 bits and its event_id in the lower 32:
-- an account's records are side by side in a table as compact as SQLite has any.
create table event (
  key               integer primary key,
  event_id          integer generated always as (key & 4294967295) virtual,
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
  event_type        text not null check (event_type in ('license', 'registration', 'deregistration')),
  check (status = 'issued' or device_id is null),
  check ((status = 'refused') = (error_code is not null))
) strict;

insert into event
select (account.number << 32) + record.event_id, record.event_time_ms, record.drm, record.cookie,
       record.device_id, record.refused_device_id, record.content_id, record.kids, record.status,
       record.error_code, record.ip_address, record.event_type
from account join record on record.account = account.id
order by 1;

drop table record;
alter table event rename to record;

-- It is filled again at the start that follows.
drop table cookie_index;
drop table issued_by_cookie;
create table issued_by_cookie (
  account  integer not null,
  cookie   text not null,
  event_id integer not null,
  primary key (account, cookie, event_id)
) strict, without rowid;

-- Which challenges were used: 64 bits of a hash each, appended, and looked up in memory.
drop table used_challenge;
create table used_challenge (
  number     integer primary key,
  mark       integer not null,
  used_at_ms integer not null
) strict;
