-- Since when an order is bound to the device that it is bound to now: since it was ordered, or since
-- it was moved. A record under the device's cookie says nothing of it from before.
alter table orders add column bound_at integer not null default 0;
update orders set bound_at = ordered_at;

-- A purchase that was moved from one device to another: the cookies and the device_ids of both, the
-- new one from the record retrieved for this very move.
create table moves (
    id text primary key not null,
    order_id text not null references orders (id),
    from_cookie text not null,
    from_device text not null,
    to_cookie text not null,
    to_device text not null,
    moved_at integer not null
) strict;

create index moves_of_order on moves (order_id, moved_at);
