-- +goose Up
-- A review of access (ACC-35): who has which grant is looked at once, and each one is confirmed or taken away.
create table accessreview (
    org_id          text not null,
    id              text not null,
    name            text not null,
    state           text not null, -- planned, running, ending (before its time), ended
    scope           text not null, -- a JSON object: the teams and customers that it is about; all if it names none
    unanswered      text not null, -- revoke or keep: what becomes at the end of what nobody answered
    remind_days     bigint not null, -- before the end
    repeats         boolean not null, -- the end of one plans the next, three months on
    starts_at       bigint not null,
    due_at          bigint not null, -- over at this time, not after it
    reminded        bigint not null, -- 0 told of the start, 1 reminded some days before, 2 reminded on the day
    created_by      text not null,
    created_name    text not null,
    ended_by        text not null, -- '' for the date
    ended_name      text not null,
    created_at      bigint not null,
    started_at      bigint,
    ended_at        bigint,
    version         bigint not null,
    primary key (org_id, id),
    foreign key (org_id) references organization (id)
);
create index accessreview_open on accessreview (state, due_at) where state <> 'ended';

-- One grant as it was when the review began, and what was answered. Rows stay when the grant goes, and hold names as they were.
create table accessreview_item (
    org_id          text not null,
    review_id       text not null,
    grant_id        text not null,
    subject_type    text not null,
    subject_id      text not null,
    subject_name    text not null,
    place           text not null, -- in the order of the list
    role_id         text not null,
    role_name       text not null,
    role_version    bigint not null,
    purpose         text not null,
    scope_type      text not null,
    scope_id        text not null, -- '' for wholes
    scope_name      text not null,
    customer_id     text not null, -- whose the scope is; '' for nobody's and for wholes
    not_before      bigint,
    expires_at      bigint,
    granted_by      text not null,
    granted_name    text not null,
    granted_at      bigint not null,
    use_known       boolean not null, -- whether anything was known about use when the review began
    used_at         bigint, -- when anything in the role was last used; null: never since uses are recorded
    answer          text not null, -- '' open, confirmed, revoked; at the end also kept, gone
    automatic       boolean not null, -- answered by the end of the review, not by a person
    reason          text not null, -- the code of why the end could not take it away
    comment         text not null,
    answered_by     text not null,
    answered_name   text not null,
    answered_at     bigint,
    after_answer    text not null, -- at the end: same, changed or gone, for what was not taken away by the review
    version         bigint not null,
    primary key (org_id, review_id, grant_id),
    foreign key (org_id, review_id) references accessreview (org_id, id) on delete cascade
);
create index accessreview_item_place on accessreview_item (org_id, review_id, place, grant_id);
create index accessreview_item_subject on accessreview_item (org_id, subject_id);
create index accessreview_item_granted_by on accessreview_item (org_id, granted_by);
create index accessreview_item_answered_by on accessreview_item (org_id, answered_by);

-- +goose Down
drop table accessreview_item;
drop table accessreview;
