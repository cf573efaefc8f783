-- The marks of what used_challenge held before 0006, which are hashes that SQL cannot work out:
-- upgrade.rs has put them here. Elsewhere there are none.
create table if not exists carried_mark (
  mark       integer not null,
  used_at_ms integer not null
) strict;

insert into used_challenge (mark, used_at_ms)
select mark, used_at_ms from carried_mark order by used_at_ms;

drop table carried_mark;
