-- +goose Up
-- A page made to be framed in a ticket system. The secrets are sealed; the one before stays good until previous_until.
create table pod (
    org_id          text not null,
    id              text not null,
    name            text not null,
    name_key        text not null,
    kind            text not null,
    origins         text not null,
    signed_only     boolean not null,
    secret          bytea not null,
    previous        bytea,
    previous_until  bigint,
    created_at      bigint not null,
    updated_at      bigint not null,
    version         bigint not null,
    primary key (org_id, id),
    unique (org_id, name_key)
);
-- A framed page names its pod before anybody has signed in.
create unique index pod_id on pod (id);

-- A code by which a browser window hands its session to the frame that opened it: once, within a minute.
create table pod_grant (
    org_id          text not null,
    id              text not null,
    pod_id          text not null,
    session_id      text not null,
    technician_id   text not null,
    code_hash       bytea not null,
    challenge       text not null,
    created_at      bigint not null,
    expires_at      bigint not null,
    primary key (org_id, id)
);
create unique index pod_grant_code on pod_grant (code_hash);
create index pod_grant_expiry on pod_grant (expires_at);

-- The pod that a session was begun for, '' for the console; and the session that it was handed over by, '' if it is one of its own.
alter table signin_session add column pod_id text not null default '';
alter table signin_session add column parent_id text not null default '';
create index signin_session_parent on signin_session (org_id, parent_id);

-- +goose Down
drop index signin_session_parent;
alter table signin_session drop column parent_id;
alter table signin_session drop column pod_id;
drop table pod_grant;
drop table pod;
