-- +goose Up
create table organization (
    id              text primary key,
    slug            text not null unique,
    name            text not null,
    region          text not null,
    time_zone       text not null,
    locale          text not null,
    status          text not null,
    demo            boolean not null,
    settings        text not null,
    created_at      bigint not null,
    updated_at      bigint not null,
    version         bigint not null
);

-- A creating request that was carried out, so that its repetition is not (Idempotency-Key).
create table store_idempotency (
    org_id          text not null,
    actor           text not null,
    key             text not null,
    request_hash    bytea not null,
    answer          bytea,
    answer_until    bigint,
    created_at      bigint not null,
    primary key (org_id, actor, key)
);
create index store_idempotency_created on store_idempotency (created_at);
