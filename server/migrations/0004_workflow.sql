-- What the workflow view shows. An episode is one trace (W3C Trace Context): a registration, an
-- order, a film that is played. `subject` is what it is looked up by later: the registration's or
-- the order's number.
create table episodes (
    trace text primary key not null,
    viewer_id text not null references viewers (id),
    cookie text not null,
    subject text not null,
    occasion text not null,
    begun_at integer not null
) strict;

create index episodes_of_viewer on episodes (viewer_id, cookie, begun_at);

-- A message is kept as it goes out, and again when its answer comes. `at` is real time, in
-- microseconds since 1970; what may be shown of it is JSON.
create table messages (
    id integer primary key autoincrement,
    trace text not null references episodes (trace) on delete cascade,
    span text not null unique,
    act text not null,
    at integer not null,
    method text not null,
    url text not null,
    asked text not null,
    micros integer,
    outcome text,
    answered text not null default '[]',
    noted text not null default '[]'
) strict;

create index messages_of_episode on messages (trace, id);
