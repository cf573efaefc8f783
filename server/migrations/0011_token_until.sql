-- When the token that was handed over last for an order can no longer be redeemed.
alter table orders add column token_until integer;
