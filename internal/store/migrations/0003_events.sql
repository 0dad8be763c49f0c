-- +goose Up
-- The last sequence number of each organization. Its row is locked as a transaction's last act, so that numbers are in the order of commits.
create table events_head (
    org_id          text primary key,
    seq             bigint not null
);

create table events_event (
    org_id          text not null,
    seq             bigint not null,
    kind            text not null,
    object_id       text not null,
    customer_id     text not null,
    needs           text not null,
    recipient       text not null,
    data            text not null,
    created_at      bigint not null,
    primary key (org_id, seq)
);
create index events_event_created on events_event (org_id, created_at);
