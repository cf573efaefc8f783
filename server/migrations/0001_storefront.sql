-- Times are milliseconds since 1970, ids are UUIDs in text.

-- A demo viewer signs in only while the storefront runs with demo data.
create table viewers (
    id text primary key not null,
    email text not null unique collate nocase,
    name text not null,
    password_hash text not null,
    created_at integer not null,
    demo integer not null default 0 check (demo in (0, 1))
) strict;

-- A registration, begun with a cookie (seed steps 1 to 3). It is a device once registered_at is
-- set. device_id is what ExpressPlay's record said then. It is shown, it selects, and it guards (a
-- sale whose record says another device is refused); the device_id of an order never comes from it.
-- Once two_devices_at is set, two devices were seen under the cookie: nothing is sold by it again,
-- whatever later records say.
create table devices (
    id text primary key not null,
    viewer_id text not null references viewers (id),
    cookie text not null unique,
    begun_at integer not null,
    registered_at integer,
    device_id text,
    two_devices_at integer,
    check ((registered_at is null) = (device_id is null))
) strict;

create index devices_of_viewer on devices (viewer_id, registered_at);

-- The handles that browsers hold: only their SHA-256.
create table handles (
    hash blob primary key not null,
    device text not null references devices (id),
    issued_at integer not null
) strict;

-- device_id is from the record that was retrieved for this very order (seed step 4).
create table orders (
    id text primary key not null,
    viewer_id text not null references viewers (id),
    order_key text not null,
    slug text not null,
    kind text not null check (kind in ('buy', 'rent')),
    price_cents integer not null,
    cookie text not null,
    device_id text not null,
    ordered_at integer not null,
    handed_over_at integer,
    licensed_at integer,
    unique (viewer_id, order_key)
) strict;

create index orders_of_viewer on orders (viewer_id, slug, ordered_at);

create table payments (
    id text primary key not null,
    order_id text not null unique references orders (id),
    amount_cents integer not null,
    card_last_four text not null,
    paid_at integer not null
) strict;
