-- +goose Up
-- What a person said last about messages to an address. Nothing is kept of an address about which nothing is known.
create table consent (
    org_id          text not null,
    address_key     text not null,
    state           text not null,
    source          text not null,
    at              bigint not null,
    asked_at        bigint,
    record_id       text not null,
    primary key (org_id, address_key)
);
create index consent_state on consent (org_id, state, address_key);

-- How it came to that, one row for each time; rows are only added.
create table consent_record (
    org_id          text not null,
    id              text not null,
    address_key     text not null,
    state           text not null,
    source          text not null,
    kind            text not null,
    way             text not null,
    contact_id      text not null,
    form_id         text not null,
    inbound_id      text not null,
    by_id           text not null,
    by_name         text not null,
    ip              text not null,
    text_version    text not null,
    language        text not null,
    note            text not null,
    at              bigint not null,
    primary key (org_id, id)
);
create index consent_record_address on consent_record (org_id, address_key, id);
create index consent_record_contact on consent_record (org_id, contact_id, id);

-- The texts that people were shown, word by word.
create table consent_text (
    org_id          text not null,
    version         text not null,
    language        text not null,
    body            text not null,
    at              bigint not null,
    primary key (org_id, version)
);

create table consent_settings (
    org_id          text not null,
    settings        text not null,
    version         bigint not null,
    primary key (org_id)
);

-- What was answered by STOP and START so far.
insert into consent (org_id, address_key, state, source, at, record_id)
    select org_id, address_key, state, 'word', at, inbound_id from message_consent;
insert into consent_record (org_id, id, address_key, state, source, kind, way, contact_id, form_id, inbound_id, by_id, by_name, ip,
        text_version, language, note, at)
    select org_id, inbound_id, address_key, state, 'word', 'conversational', way, '', '', inbound_id, '', '', '', '', '', '', at from message_consent;
drop table message_consent;

-- +goose Down
create table message_consent (
    org_id          text not null,
    address_key     text not null,
    state           text not null,
    way             text not null,
    inbound_id      text not null,
    at              bigint not null,
    primary key (org_id, address_key)
);
insert into message_consent (org_id, address_key, state, way, inbound_id, at)
    select c.org_id, c.address_key, c.state, r.way, r.inbound_id, c.at
    from consent c join consent_record r on r.org_id = c.org_id and r.id = c.record_id
    where c.state in ('opted_in', 'opted_out');
drop table consent_settings;
drop table consent_text;
drop table consent_record;
drop table consent;
