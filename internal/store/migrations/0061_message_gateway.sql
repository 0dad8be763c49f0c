-- +goose Up
-- An organization's gateway: any provider that speaks our small HTTP interface. Secrets are sealed; account names the organization in callbacks.
create table message_gateway (
    org_id          text not null,
    enabled         boolean not null,
    account         text not null,
    base_url        text not null,
    secret          bytea not null,
    alternate       bytea,
    sms_number      text not null,
    voice_number    text not null,
    per_minute      bigint not null,
    created_at      bigint not null,
    updated_at      bigint not null,
    version         bigint not null,
    primary key (org_id)
);
create unique index message_gateway_account on message_gateway (account);

-- Callbacks that were taken in, so that a repetition is known as one.
create table message_gateway_event (
    org_id          text not null,
    id              text not null,
    at              bigint not null,
    primary key (org_id, id)
);
create index message_gateway_event_at on message_gateway_event (at);

-- Which carrier is tried first, and how fast an organization sends.
create table message_sending (
    org_id          text not null,
    sms             text not null,
    voice           text not null,
    per_minute      bigint not null,
    version         bigint not null,
    primary key (org_id)
);

-- +goose Down
drop table message_sending;
drop table message_gateway_event;
drop table message_gateway;
