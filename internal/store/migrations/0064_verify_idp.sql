-- +goose Up
-- Where the people of a customer sign in. The secret is sealed; the revision is another one after each change.
create table verify_idp_provider (
    org_id          text not null,
    customer_id     text not null,
    revision        text not null,
    issuer          text not null,
    client_id       text not null,
    client_secret   bytea,
    scopes          text not null,
    acr_values      text not null,
    acrs            text not null,
    amr             text not null,
    person_claim    text not null,
    created_at      bigint not null,
    updated_at      bigint not null,
    version         bigint not null,
    primary key (org_id, customer_id)
);

-- The account that a contact signed in with the first time.
create table verify_idp_subject (
    org_id          text not null,
    contact_id      text not null,
    issuer          text not null,
    client_id       text not null,
    subject         text not null,
    created_at      bigint not null,
    primary key (org_id, contact_id, issuer, client_id)
);
create unique index verify_idp_subject_owner on verify_idp_subject (org_id, issuer, client_id, subject);

-- The sign-in of a verification. id is the verification's; what the provider must send back is sealed, and gone once it came back.
create table verify_idp_signin (
    org_id          text not null,
    id              text not null,
    revision        text not null,
    browser_hash    bytea,
    state_hash      bytea,
    secrets         bytea,
    begun           bigint not null,
    expires_at      bigint not null,
    primary key (org_id, id)
);
create unique index verify_idp_signin_state on verify_idp_signin (state_hash);
create index verify_idp_signin_expiry on verify_idp_signin (expires_at);

-- +goose Down
drop table verify_idp_signin;
drop table verify_idp_subject;
drop table verify_idp_provider;
