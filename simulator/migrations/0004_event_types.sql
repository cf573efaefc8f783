-- Marlin Broadband's tokens do not only acquire licences: they register devices and take them back.
alter table record add column event_type text not null default 'license'
  check (event_type in ('license', 'registration', 'deregistration'));
