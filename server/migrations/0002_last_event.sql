-- The newest record under the cookie that was ever read. A full answer without it may have a gap
-- before it, in which anything can have happened.
alter table devices add column last_event text;
