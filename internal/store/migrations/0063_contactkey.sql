-- +goose Up
-- Passkeys of contacts. One that was taken out of use stays, so that the record can be read, and is never asked again.
create table contactkey (
    org_id          text not null,
    id              text not null,
    contact_id      text not null,
    name            text not null,
    rp_id           text not null,
    credential_id   bytea not null,
    public_key      bytea not null,
    aaguid          text not null,
    flags           bigint not null,
    sign_count      bigint not null,
    created_at      bigint not null,
    last_used_at    bigint,
    revoked_at      bigint,
    primary key (org_id, id)
);
create unique index contactkey_credential on contactkey (org_id, credential_id);
create index contactkey_contact on contactkey (org_id, contact_id, id);

-- A link that lets a contact make one passkey, once. The number that the technician says is kept as a MAC.
create table contactkey_enrolment (
    org_id          text not null,
    id              text not null,
    contact_id      text not null,
    technician_id   text not null,
    technician_name text not null,
    address         text not null,
    language        text not null,
    token_hash      bytea not null,
    number_mac      bytea not null,
    state           text not null,
    created_at      bigint not null,
    expires_at      bigint not null,
    ended_at        bigint,
    primary key (org_id, id)
);
create unique index contactkey_enrolment_token on contactkey_enrolment (token_hash);
create index contactkey_enrolment_contact on contactkey_enrolment (org_id, contact_id, state);

-- +goose Down
drop table contactkey_enrolment;
drop table contactkey;
