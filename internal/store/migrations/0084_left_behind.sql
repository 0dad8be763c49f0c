-- +goose Up
-- Whose name a ticket keeps, for it to be erased with them: a name alone may be another's.
alter table ticket add column former_contact_id text not null default '';
create index ticket_former_contact on ticket (org_id, former_contact_id) where former_contact_id <> '';
-- When a mailbox was last read without trouble; checked_at is also moved by looks that fail.
alter table message_imap_state add column read_at bigint;

-- Up to which week an organization's administrators were told of overrides (R14).
create table verify_override_told (
    org_id          text not null,
    until           bigint not null,
    primary key (org_id),
    foreign key (org_id) references organization (id)
);

-- With time and state: for each ticket without verification that a report lists, and for the time line of a ticket, SQLite otherwise went through all
-- verifications of an organization.
create index verify_challenge_of_ticket on verify_challenge (org_id, ticket_id, created_at, id, state);
create index verify_request_of_ticket on verify_request (org_id, ticket_id, created_at, id, state);

-- +goose Down
drop index verify_request_of_ticket;
drop index verify_challenge_of_ticket;
drop table verify_override_told;
alter table message_imap_state drop column read_at;
drop index ticket_former_contact;
alter table ticket drop column former_contact_id;
