-- +goose Up
-- What somebody asked a second person for, what was decided, and what became of it (ACC-30 to ACC-32). Rows stay for good and hold names as they were.
create table approval (
    org_id          text not null,
    id              text not null,
    action          text not null,
    permission      text not null, -- '' for access that is asked for
    scope_type      text not null, -- what the permission is decided on
    scope_id        text not null, -- '' for wholes
    gives           text not null, -- a JSON list: what whoever approves has to hold there
    target_type     text not null,
    target_id       text not null,
    target_name     text not null,
    customer_id     text not null, -- '' for the organization
    customer_name   text not null,
    parameters      text not null, -- as they will run
    facts           text not null, -- a JSON list: what was shown beside them
    digest          text not null, -- over all of the above and who asked
    requester_id    text not null,
    requester_name  text not null,
    reason          text not null,
    ticket_id       text not null,
    break_glass     boolean not null,
    state           text not null,
    comment         text not null,
    decided_by      text not null,
    decided_name    text not null,
    decision_mac    bytea, -- binds the decision to the digest, under a key that is not in the database
    failure         text not null, -- the code of what went wrong
    created_at      bigint not null,
    expires_at      bigint not null, -- of the request: dead at this time, not after it
    decided_at      bigint,
    usable_until    bigint, -- of what was approved
    ended_at        bigint,
    version         bigint not null,
    primary key (org_id, id),
    foreign key (org_id) references organization (id)
);
create index approval_state on approval (org_id, state, id);
create index approval_requester on approval (org_id, requester_id, id);
create index approval_expiry on approval (expires_at) where state = 'pending';
create index approval_usable on approval (usable_until) where state = 'approved';

-- +goose Down
drop table approval;
