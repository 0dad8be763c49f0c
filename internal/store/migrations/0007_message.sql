-- +goose Up
-- One message to one address. next_at says when the machine has to look at it again; it is null once nothing is left to do.
create table message_delivery (
    org_id          text not null,
    id              text not null,
    way             text not null,
    address         text not null,
    address_key     text not null,
    purpose         text not null,
    owner_type      text not null,
    owner_id        text not null,
    contact_id      text not null,
    customer_id     text not null,
    key             text not null,
    starts          boolean not null,
    on_request      boolean not null,
    subject         bytea,
    body            bytea,
    reply_hash      bytea,
    state           text not null,
    reason          text not null,
    attempts        bigint not null,
    uncertain       bigint not null,
    provider        text not null,
    claim           text not null,
    node            text not null,
    next_at         bigint,
    uncertain_since bigint,
    expires_at      bigint not null,
    created_at      bigint not null,
    updated_at      bigint not null,
    ended_at        bigint,
    primary key (org_id, id)
);
create unique index message_delivery_key on message_delivery (org_id, key);
create index message_delivery_due on message_delivery (org_id, way, next_at) where next_at is not null;
create index message_delivery_starts on message_delivery (org_id, address_key, created_at) where starts;
create index message_delivery_owner on message_delivery (org_id, owner_type, owner_id, id);
create unique index message_delivery_reply on message_delivery (org_id, reply_hash) where reply_hash is not null;

-- One request to a provider. It holds ids and codes only.
create table message_attempt (
    org_id          text not null,
    delivery_id     text not null,
    number          bigint not null,
    provider        text not null,
    provider_id     text not null,
    state           text not null,
    reason          text not null,
    claim           text not null,
    possible_repeat boolean not null,
    started_at      bigint not null,
    ended_at        bigint,
    primary key (org_id, delivery_id, number)
);

-- Taken by every message that starts something, so that parallel starts to one address are counted one after the other.
create table message_start (
    org_id          text not null,
    address_key     text not null,
    last_at         bigint not null,
    primary key (org_id, address_key)
);

create table message_spend (
    org_id          text not null,
    month           text not null,
    spent           bigint not null,
    primary key (org_id, month)
);

-- What a person said last about getting messages at an address.
create table message_consent (
    org_id          text not null,
    address_key     text not null,
    state           text not null,
    way             text not null,
    inbound_id      text not null,
    at              bigint not null,
    primary key (org_id, address_key)
);

create table message_inbound (
    org_id          text not null,
    id              text not null,
    way             text not null,
    sender          text not null,
    recipient       text not null,
    provider_id     text not null,
    reply_to        text not null,
    aligned         boolean not null,
    subject         bytea,
    body            bytea,
    state           text not null,
    tries           bigint not null,
    next_at         bigint,
    at              bigint not null,
    routed_at       bigint,
    primary key (org_id, id)
);
create unique index message_inbound_provider on message_inbound (org_id, way, provider_id);
create index message_inbound_due on message_inbound (org_id, next_at) where next_at is not null;
create index message_inbound_at on message_inbound (org_id, at);

-- An organization's own mail server.
create table message_mail (
    org_id          text not null,
    host            text not null,
    port            bigint not null,
    tls             text not null,
    username        text not null,
    password        bytea,
    from_address    text not null,
    from_name       text not null,
    inbound_address text not null,
    created_at      bigint not null,
    updated_at      bigint not null,
    version         bigint not null,
    primary key (org_id)
);
create unique index message_mail_inbound on message_mail (inbound_address) where inbound_address <> '';

-- What the sandbox carrier was handed, as an outside provider would keep it: one row a request.
create table message_sandbox (
    org_id          text not null,
    id              text not null,
    delivery_id     text not null,
    number          bigint not null,
    way             text not null,
    sender          text not null,
    recipient       text not null,
    recipient_key   text not null,
    subject         text not null,
    body            text not null,
    possible_repeat boolean not null,
    created_at      bigint not null,
    primary key (org_id, id)
);
create unique index message_sandbox_request on message_sandbox (org_id, delivery_id, number);
create index message_sandbox_recipient on message_sandbox (org_id, recipient_key, id);
