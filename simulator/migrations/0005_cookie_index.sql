-- Which licences were issued under a cookie: what the index was that each licence had to wait for.
-- It is filled for many records at once, see cookie_index.rs.
drop index record_issued_by_cookie;

create table issued_by_cookie (
  account  text not null,
  cookie   text not null,
  event_id integer not null,
  primary key (account, cookie, event_id)
) strict, without rowid;

-- The newest of an account's records that is in there, if it is a licence under a cookie.
create table cookie_index (
  account    text primary key,
  indexed_to integer not null
) strict, without rowid;
