-- +goose Up
-- The mailbox from which an organization's mail is fetched.
create table message_imap (
    org_id          text not null,
    host            text not null,
    port            bigint not null,
    tls             text not null,
    username        text not null,
    password        bytea not null,
    folder          text not null,
    handled         text not null,
    move_to         text not null,
    created_at      bigint not null,
    updated_at      bigint not null,
    version         bigint not null,
    primary key (org_id)
);

-- How far the mailbox was read, and which run of the server reads it until when.
create table message_imap_state (
    org_id          text not null,
    uid_validity    bigint not null,
    last_uid        bigint not null,
    node            text not null,
    lease_until     bigint not null,
    state           text not null,
    reason          text not null,
    checked_at      bigint,
    primary key (org_id)
);

-- +goose Down
drop table message_imap_state;
drop table message_imap;
