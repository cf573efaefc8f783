-- How far a viewer has come in a title, on whichever device: the player goes on from there.
create table positions (
    viewer_id text not null references viewers (id),
    slug text not null,
    seconds integer not null check (seconds between 0 and whole_seconds),
    whole_seconds integer not null,
    told_at integer not null,
    primary key (viewer_id, slug)
) strict;
