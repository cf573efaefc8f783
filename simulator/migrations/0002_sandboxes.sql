-- A sandbox beside the default one, as it was set up: seed, accounts and their settings in JSON;
-- and where its clock's hands are.
create table sandbox (
  name       text primary key,
  definition text not null,
  hands      text not null
) strict, without rowid;

-- How many licences an account has left, where it has not any number of them.
create table credit (
  account   text primary key,
  remaining integer not null check (remaining >= 0)
) strict, without rowid;

-- event_id counts up within an account, so that no account sees how much others do, and what a seed
-- fixes comes out the same beside others.
create table event (
  account           text not null,
  event_id          integer not null,
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
  primary key (account, event_id),
  check (status = 'issued' or device_id is null),
  check ((status = 'refused') = (error_code is not null))
) strict, without rowid;

insert into event
select account, row_number() over (partition by account order by event_id), event_time_ms, drm,
       cookie, device_id, refused_device_id, content_id, kids, status, error_code, ip_address
from record;

drop table record;
alter table event rename to record;

create index record_issued_by_cookie on record (account, cookie, event_id) where status = 'issued';
