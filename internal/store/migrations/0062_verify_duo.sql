-- +goose Up
-- An organization's Duo applications. The secret keys are sealed.
create table verify_duo (
    org_id          text not null,
    host            text not null,
    auth_ikey       text not null,
    auth_skey       bytea,
    admin_ikey      text not null,
    admin_skey      bytea,
    created_at      bigint not null,
    updated_at      bigint not null,
    version         bigint not null,
    primary key (org_id)
);

-- Who a contact is at Duo, as it was last looked up.
create table verify_duo_user (
    org_id          text not null,
    contact_id      text not null,
    state           text not null, -- found, not_found, ambiguous, not_enrolled, bypass, disabled, own
    user_id         text not null,
    username        text not null,
    phone_id        text not null,
    device          text not null,
    checked_at      bigint not null,
    primary key (org_id, contact_id)
);

-- The pushes of verifications.
create table verify_duo_push (
    org_id          text not null,
    verification_id text not null,
    contact_id      text not null,
    kind            text not null, -- admin, auth
    user_id         text not null,
    username        text not null,
    phone_id        text not null,
    state           text not null, -- queued, sending, waiting, over
    push_id         text not null,
    matched         boolean not null,
    approved        boolean not null,
    reason          text not null,
    created_at      bigint not null,
    next_at         bigint not null,
    primary key (org_id, verification_id)
);
create index verify_duo_push_contact on verify_duo_push (org_id, contact_id, created_at);
create index verify_duo_push_next on verify_duo_push (next_at) where state = 'waiting';

-- +goose Down
drop table verify_duo_push;
drop table verify_duo_user;
drop table verify_duo;
