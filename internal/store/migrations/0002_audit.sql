-- +goose Up
-- One row per organization: how far its log goes, and the hashes from which the next root is computed. Who appends locks it.
create table audit_head (
    org_id          text primary key,
    size            bigint not null,
    hashes          bytea not null,
    last_at         bigint,
    key_epoch       bigint not null,
    checkpoint_size bigint not null
);

-- Rows are only ever added. The columns beside the record repeat what is in it, to filter by; leaf is the record's hash in the tree;
-- private holds the personal data, each section under the key of its subject.
create table audit_event (
    org_id          text not null,
    seq             bigint not null,
    at              bigint not null,
    actor_id        text not null,
    action          text not null,
    outcome         text not null,
    customer_id     text not null,
    record          text not null,
    leaf            bytea not null,
    private         bytea not null,
    primary key (org_id, seq)
);
create index audit_event_at on audit_event (org_id, at);
create index audit_event_actor on audit_event (org_id, actor_id, seq);
create index audit_event_action on audit_event (org_id, action, seq);

create table audit_target (
    org_id          text not null,
    target_id       text not null,
    seq             bigint not null,
    primary key (org_id, target_id, seq)
);

-- Roots of the complete subtrees of 256 events and more, so that a proof reads a few hundred rows of a log of any length.
create table audit_node (
    org_id          text not null,
    level           bigint not null,
    position        bigint not null,
    hash            bytea not null,
    primary key (org_id, level, position)
);

create table audit_checkpoint (
    org_id          text not null,
    size            bigint not null,
    root            bytea not null,
    at              bigint not null,
    note            text not null,
    primary key (org_id, size)
);

-- The keys of personal data. Erasing a person is destroying the key: sealed becomes null.
create table audit_key (
    org_id          text not null,
    id              text not null,
    subject         text not null,
    sealed          bytea,
    created_at      bigint not null,
    erased_at       bigint,
    primary key (org_id, id)
);
create unique index audit_key_live on audit_key (org_id, subject) where erased_at is null;
