-- +goose Up
-- A link that lets an invited technician take up the account. It is bound to the address that it was sent to, and only the newest of a
-- technician can be alive: sending again revokes what was there.
create table invitation (
    org_id          text not null,
    id              text not null,
    technician_id   text not null,
    token_hash      bytea not null,
    email           text not null,
    email_key       text not null,
    sent_by         text not null, -- the technician whose rights bound it, or "system"
    sent_by_name    text not null,
    sent_at         bigint not null,
    expires_at      bigint not null,
    accepted_at     bigint,
    revoked_at      bigint,
    revoked_why     text not null,
    primary key (org_id, id),
    foreign key (org_id, technician_id) references technician (org_id, id) on delete cascade
);
create unique index invitation_token on invitation (token_hash);
create index invitation_technician on invitation (org_id, technician_id, id);

-- A link that lets a technician choose a new password. It is bound to the address and to the password as it was when it was made.
create table recovery (
    org_id          text not null,
    id              text not null,
    technician_id   text not null,
    token_hash      bytea not null,
    email_key       text not null,
    password_at     bigint not null,
    created_at      bigint not null,
    expires_at      bigint not null,
    primary key (org_id, id),
    foreign key (org_id, technician_id) references technician (org_id, id) on delete cascade
);
create unique index recovery_token on recovery (token_hash);
create index recovery_technician on recovery (org_id, technician_id);
create index recovery_expiry on recovery (expires_at);

-- What somebody typed who forgot the password. It is looked up after they were answered, so that the answer tells nothing by its time.
create table recovery_request (
    org_id          text not null, -- "": nobody knows yet
    id              text not null,
    email           text not null,
    organization    text not null,
    address         text not null,
    device          text not null,
    request_id      text not null,
    created_at      bigint not null,
    primary key (org_id, id)
);
create index recovery_request_created on recovery_request (created_at);

-- How often a reset was asked for, for one name (under a keyed hash, whether anybody has it or not) or from one network.
create table recovery_count (
    org_id          text not null, -- "": for all alike
    counted         text not null,
    asked           bigint not null,
    started_at      bigint not null,
    primary key (org_id, counted)
);
create index recovery_count_started on recovery_count (started_at);

-- +goose Down
drop table recovery_count;
drop table recovery_request;
drop table recovery;
drop table invitation;
