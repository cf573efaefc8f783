-- The customers of other shops, whom the entitlement server knows by their cookies alone: what it
-- read under one when it last made a device-bound token, so that the next reading can be held
-- against it. Once two_devices_at is set, no such token is made under the cookie again.
create table customers (
    cookie text primary key not null,
    device_id text,
    last_event text,
    two_devices_at integer
) strict;
