-- Who is signed in where: one row for each browser. A session, which its library keeps in a table of
-- its own, counts as a viewer's for as long as its row is here, and no longer. A request that is
-- under way may save its session once more after it was ended, but no row here.
create table sign_ins (
    session text primary key not null,
    viewer_id text not null references viewers (id),
    begun_at integer not null
) strict;

create index sign_ins_of_viewer on sign_ins (viewer_id, begun_at);
