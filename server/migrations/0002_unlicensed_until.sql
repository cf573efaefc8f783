-- Up to when the records are known to hold no licence for an order that was handed over.
alter table orders add column unlicensed_until integer;
