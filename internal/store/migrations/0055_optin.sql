-- +goose Up
-- One form that a contact was sent to agree to messages at a number.
create table optin_form (
    org_id          text not null,
    id              text not null,
    token_hash      bytea,
    contact_id      text not null,
    customer_id     text not null,
    way             text not null,
    sent_to         text not null,
    number          text not null,
    language        text not null,
    text_version    text not null,
    state           text not null,
    delivery        text not null,
    asked_by        text not null,
    asked_name      text not null,
    ticket_id       text not null,
    new_number      text not null,
    code_mac        bytea,
    code_tries      bigint not null,
    code_expires_at bigint,
    created_at      bigint not null,
    expires_at      bigint not null,
    ended_at        bigint,
    version         bigint not null,
    primary key (org_id, id)
);
create unique index optin_form_token on optin_form (token_hash) where token_hash is not null;
create index optin_form_contact on optin_form (org_id, contact_id, id);
create index optin_form_number on optin_form (org_id, number) where token_hash is not null;
create index optin_form_expiry on optin_form (expires_at) where token_hash is not null;

-- A number from a form that waits for a technician, since the old one is in use for verification or kept by another system.
create table optin_change (
    org_id          text not null,
    id              text not null,
    contact_id      text not null,
    customer_id     text not null,
    form_id         text not null,
    old_number      text not null,
    new_number      text not null,
    reason          text not null,
    state           text not null,
    created_at      bigint not null,
    ended_at        bigint,
    ended_by        text not null,
    ended_name      text not null,
    version         bigint not null,
    primary key (org_id, id)
);
create index optin_change_contact on optin_change (org_id, contact_id, id);

-- +goose Down
drop table optin_change;
drop table optin_form;
