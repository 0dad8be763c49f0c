-- +goose Up
-- One proof that a caller is the contact (EUV).
create table verify_challenge (
    org_id          text not null,
    id              text not null,
    contact_id      text not null,
    customer_id     text not null,
    technician_id   text not null,
    technician_name text not null,
    method          text not null,
    level           bigint not null,
    address         text not null,
    language        text not null,
    ticket_id       text not null,
    action          text not null,
    call_direction  text not null,
    note            text not null,
    state           text not null,
    delivery        text not null,
    code_mac        bytea,
    link_hash       bytea,
    digits          bigint not null,
    tries           bigint not null,
    created_at      bigint not null,
    expires_at      bigint not null,
    ended_at        bigint,
    shield_until    bigint,
    version         bigint not null,
    primary key (org_id, id)
);
create unique index verify_challenge_pending on verify_challenge (org_id, contact_id) where state = 'pending';
create unique index verify_challenge_link on verify_challenge (link_hash) where link_hash is not null;
create index verify_challenge_contact on verify_challenge (org_id, contact_id, id);
create index verify_challenge_address on verify_challenge (org_id, address, created_at);
create index verify_challenge_ticket on verify_challenge (org_id, ticket_id, id);
create index verify_challenge_expiry on verify_challenge (expires_at) where state = 'pending';

-- One proof that a technician is the MSP's (TV).
create table verify_request (
    org_id          text not null,
    id              text not null,
    contact_id      text not null,
    customer_id     text not null,
    medium          text not null,
    address         text not null,
    language        text not null,
    state           text not null,
    code_sealed     bytea,
    digits_mac      bytea,
    tries           bigint not null,
    ticket_id       text not null,
    claimed_by      text not null,
    claimed_name    text not null,
    claimed_at      bigint,
    unbound         boolean not null,
    note            text not null,
    created_at      bigint not null,
    expires_at      bigint not null,
    ended_at        bigint,
    version         bigint not null,
    primary key (org_id, id)
);
create unique index verify_request_live on verify_request (org_id, contact_id) where state in ('pending', 'claimed');
create index verify_request_state on verify_request (org_id, state, id);
create index verify_request_contact on verify_request (org_id, contact_id, id);
create index verify_request_expiry on verify_request (expires_at) where state in ('pending', 'claimed');

-- Wrong codes, to count them per contact, technician and organization.
create table verify_wrong (
    org_id          text not null,
    id              text not null,
    at              bigint not null,
    contact_id      text not null,
    technician_id   text not null,
    primary key (org_id, id)
);
create index verify_wrong_contact on verify_wrong (org_id, contact_id, at);
create index verify_wrong_technician on verify_wrong (org_id, technician_id, at);
create index verify_wrong_at on verify_wrong (org_id, at);

-- A contact or technician with whom no verification may be done until a time.
create table verify_lock (
    org_id          text not null,
    subject         text not null,
    reason          text not null,
    until           bigint not null,
    primary key (org_id, subject)
);

create table verify_settings (
    org_id          text primary key,
    settings        text not null,
    version         bigint not null
);
