-- +goose Up
alter table ticket add column priority text not null default 'normal';
alter table ticket add column assigned_to text not null default '';
-- Where a ticket comes from that was not opened here.
alter table ticket add column source text not null default '';
create index ticket_assigned on ticket (org_id, assigned_to, status);
create index ticket_status on ticket (org_id, status, created_at, id);

-- A quick ticket: what is the same in every ticket of a kind.
create table ticket_template (
    org_id          text not null,
    id              text not null,
    name            text not null,
    name_key        text not null,
    summary         text not null,
    description     text not null,
    priority        text not null,
    created_at      bigint not null,
    updated_at      bigint not null,
    version         bigint not null,
    primary key (org_id, id),
    unique (org_id, name_key)
);

create index verify_request_ticket on verify_request (org_id, ticket_id, id);

-- +goose Down
drop index verify_request_ticket;
drop table ticket_template;
drop index ticket_status;
drop index ticket_assigned;
alter table ticket drop column source;
alter table ticket drop column assigned_to;
alter table ticket drop column priority;
