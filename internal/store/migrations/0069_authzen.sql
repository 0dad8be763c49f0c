-- +goose Up
-- What other programs were told about access (ACC-21): refusals, and whatever was allowed beyond seeing. Rows are kept for a month, and no more of an
-- organization than a bound.
create table authzen_decision (
    org_id          text not null,
    id              text not null,
    at              bigint not null, -- when first
    times           bigint not null, -- how often within the same second
    asked_by        text not null, -- the technician whose session or token asked
    token_id        text not null, -- '' for a session
    subject_id      text not null, -- '' for nobody who is there
    permission      text not null,
    resource_type   text not null,
    resource_id     text not null, -- '' for what is no id
    outcome         text not null,
    reason          text not null,
    rules           text not null, -- a JSON list: the ids of the grants and overrides that led there
    primary key (org_id, id),
    foreign key (org_id) references organization (id)
);
create index authzen_decision_at on authzen_decision (org_id, at, id);

-- +goose Down
drop table authzen_decision;
