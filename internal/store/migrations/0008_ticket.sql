-- +goose Up
create table ticket (
    org_id          text not null,
    id              text not null,
    number          bigint not null,
    customer_id     text not null,
    contact_id      text,
    contact_name    text not null, -- of a contact that is no longer there
    summary         text not null,
    description     text not null,
    status          text not null,
    created_by      text not null,
    creator_name    text not null,
    creator_type    text not null,
    closed_at       bigint,
    search_text     text not null,
    created_at      bigint not null,
    updated_at      bigint not null,
    version         bigint not null,
    primary key (org_id, id),
    unique (org_id, number),
    foreign key (org_id, customer_id) references customer (org_id, id),
    -- A ticket's contact is one of its customer, also when two changes race.
    foreign key (org_id, contact_id, customer_id) references contact (org_id, id, customer_id)
);
create index ticket_created on ticket (org_id, created_at, id);
create index ticket_updated on ticket (org_id, updated_at, id);
create index ticket_customer on ticket (org_id, customer_id, status);
create index ticket_contact on ticket (org_id, contact_id, customer_id);

create table ticket_counter (
    org_id          text primary key,
    last_number     bigint not null
);

create table ticket_note (
    org_id          text not null,
    id              text not null,
    ticket_id       text not null,
    body            text not null,
    visibility      text not null,
    author_type     text not null,
    author_id       text not null,
    author_name     text not null,
    created_at      bigint not null,
    primary key (org_id, id),
    foreign key (org_id, ticket_id) references ticket (org_id, id) on delete cascade
);
create index ticket_note_ticket on ticket_note (org_id, ticket_id, created_at, id);

-- +goose Down
drop table ticket_note;
drop table ticket_counter;
drop table ticket;
