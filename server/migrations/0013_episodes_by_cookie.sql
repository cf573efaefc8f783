-- A licence request that no page made is known by its cookie alone.
create index episodes_of_cookie on episodes (cookie, begun_at);
