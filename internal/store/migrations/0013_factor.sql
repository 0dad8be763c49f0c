-- +goose Up
-- The authenticator app of a technician. A secret waits in pending until a code of it has come; the codes of steps up to last_step are used up.
create table factor_totp (
    org_id          text not null,
    technician_id   text not null,
    secret          bytea,
    last_step       bigint not null,
    enrolled_at     bigint,
    pending         bytea,
    pending_until   bigint,
    primary key (org_id, technician_id)
);

create table factor_recovery (
    org_id          text not null,
    technician_id   text not null,
    code_hash       bytea not null,
    used_at         bigint,
    primary key (org_id, technician_id, code_hash)
);

-- Passkeys sign in by themselves; security keys only stand beside a password. changed_at is when a key was seen whose backup-eligible flag
-- is not what it was: it is refused from then on.
create table factor_passkey (
    org_id          text not null,
    id              text not null,
    technician_id   text not null,
    kind            text not null,
    name            text not null,
    rp_id           text not null,
    credential_id   bytea not null,
    public_key      bytea not null,
    flags           bigint not null,
    sign_count      bigint not null,
    details         text not null,
    created_at      bigint not null,
    last_used_at    bigint,
    changed_at      bigint,
    primary key (org_id, id)
);
create unique index factor_passkey_credential on factor_passkey (org_id, credential_id);
create index factor_passkey_technician on factor_passkey (org_id, technician_id, id);

-- A question that one browser may answer once. Whoever signs in with a passkey is not known before the answer: then org_id is empty.
create table factor_challenge (
    org_id          text not null,
    id              text not null,
    technician_id   text not null,
    bound_to        text not null,
    purpose         text not null,
    data            text not null,
    created_at      bigint not null,
    expires_at      bigint not null,
    primary key (org_id, id)
);
create unique index factor_challenge_id on factor_challenge (id);
create index factor_challenge_technician on factor_challenge (org_id, technician_id, created_at);
create index factor_challenge_expiry on factor_challenge (expires_at);

-- Wrong codes of a technician: all since the last right one, and those since the primary factor was last given.
create table factor_failure (
    org_id          text not null,
    technician_id   text not null,
    failures        bigint not null,
    failures_round  bigint not null,
    last_at         bigint not null,
    locked_until    bigint,
    primary key (org_id, technician_id)
);
