-- +goose Up
-- What a technician signs in with. Whatever ends a technician's sessions gives the account a new epoch, and a session begins only under
-- the epoch that its sign-in started from: one that is being made at that moment does not slip through.
create table signin_account (
    org_id          text not null,
    technician_id   text not null,
    epoch           bigint not null,
    password_hash   text not null,
    must_change     boolean not null,
    password_at     bigint,
    primary key (org_id, technician_id)
);

create table signin_session (
    org_id          text not null,
    id              text not null,
    technician_id   text not null,
    token_hash      bytea not null,
    must_change     boolean not null, -- the password that it began with is a temporary one
    methods         text not null,
    authenticated_at bigint not null,
    address         text not null,
    device          text not null,
    idle_for        bigint not null,
    created_at      bigint not null,
    last_seen_at    bigint not null,
    expires_at      bigint not null,
    ended_at        bigint,
    ended_why       text not null,
    primary key (org_id, id)
);
create unique index signin_session_token on signin_session (token_hash);
create index signin_session_technician on signin_session (org_id, technician_id, id);
create index signin_session_expiry on signin_session (expires_at);

-- A browser from which a technician has signed in before.
create table signin_device (
    org_id          text not null,
    id              text not null,
    technician_id   text not null,
    token_hash      bytea not null,
    created_at      bigint not null,
    last_seen_at    bigint not null,
    primary key (org_id, id)
);
create unique index signin_device_token on signin_device (org_id, technician_id, token_hash);
create index signin_device_seen on signin_device (last_seen_at);

create table signin_token (
    org_id          text not null,
    id              text not null,
    technician_id   text not null,
    name            text not null,
    prefix          text not null,
    token_hash      bytea not null,
    permissions     text not null,
    created_at      bigint not null,
    expires_at      bigint not null,
    last_used_at    bigint,
    primary key (org_id, id)
);
create unique index signin_token_hash on signin_token (token_hash);
create index signin_token_technician on signin_token (org_id, technician_id, id);
create index signin_token_expiry on signin_token (expires_at);

-- A link that signs in once.
create table signin_link (
    org_id          text not null,
    id              text not null,
    technician_id   text not null,
    token_hash      bytea not null,
    created_at      bigint not null,
    expires_at      bigint not null,
    primary key (org_id, id)
);
create unique index signin_link_token on signin_link (token_hash);
create index signin_link_technician on signin_link (org_id, technician_id);
create index signin_link_expiry on signin_link (expires_at);

-- Failures in a row of an account (or of a name that nobody has, under a keyed hash and no organization) from one network.
create table signin_failure (
    org_id          text not null,
    account         text not null,
    network         text not null,
    failures        bigint not null,
    started_at      bigint not null,
    not_before      bigint,
    locked_until    bigint,
    last_at         bigint not null,
    primary key (org_id, account, network)
);
create index signin_failure_last on signin_failure (last_at);

-- Its one row is written by whoever sets up the installation, so that two at once cannot.
create table signin_setup (
    org_id          text not null,
    only_one        bigint primary key check (only_one = 1),
    at              bigint not null
);
