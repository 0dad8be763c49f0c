-- +goose Up
-- Repeats what is in the record, to filter by.
alter table audit_event add column ticket_id text not null default '';
update audit_event set ticket_id = coalesce(json_extract(record, '$.ticket_id'), '') where json_valid(record);
create index audit_event_ticket on audit_event (org_id, ticket_id, seq) where ticket_id <> '';
create index audit_event_customer on audit_event (org_id, customer_id, seq) where customer_id <> '';
create index audit_event_trouble on audit_event (org_id, outcome, seq) where outcome <> 'success';

-- +goose Down
drop index audit_event_trouble;
drop index audit_event_customer;
drop index audit_event_ticket;
alter table audit_event drop column ticket_id;
