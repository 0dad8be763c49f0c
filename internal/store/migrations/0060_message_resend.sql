-- +goose Up
-- Whether the text holds no secret, so that it may be kept for a while to be sent again; and what became of that: the delivery that was made of
-- it, and the one that it was made of.
alter table message_delivery add column resendable boolean not null default false;
alter table message_delivery add column resent_as text not null default '';
alter table message_delivery add column resends text not null default '';

-- The dead letters, and what is listed on a contact.
create index message_delivery_dead on message_delivery (org_id, id) where state in ('failed', 'expired') and resent_as = '';
create index message_delivery_contact on message_delivery (org_id, contact_id, id) where contact_id <> '';
-- The texts that are kept after the end.
create index message_delivery_kept on message_delivery (org_id, ended_at) where ended_at is not null and body is not null;

-- +goose Down
drop index message_delivery_kept;
drop index message_delivery_contact;
drop index message_delivery_dead;
alter table message_delivery drop column resends;
alter table message_delivery drop column resent_as;
alter table message_delivery drop column resendable;
