-- +goose Up
-- Who has an address is asked for every message and for every row of an import. An index that holds the answer is the only one that SQLite
-- prefers to going through the whole primary key.
create index contact_email_lookup on contact_email (org_id, email_key, contact_id);
drop index contact_email_email;
create index contact_phone_lookup on contact_phone (org_id, number, contact_id);
drop index contact_phone_number;

-- +goose Down
create index contact_phone_number on contact_phone (org_id, number);
drop index contact_phone_lookup;
create index contact_email_email on contact_email (org_id, email_key);
drop index contact_email_lookup;
