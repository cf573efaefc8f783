-- What a sandbox held at a moment, as JSON.
create table snapshot (
  sandbox     text not null,
  name        text not null,
  taken_at_ms integer not null,
  document    text not null,
  primary key (sandbox, name)
) strict, without rowid;
