-- +goose Up
-- Long work with visible progress. What it works on lies in the payload, how far it is in done.
create table task (
    org_id          text not null,
    id              text not null,
    kind            text not null,
    state           text not null,
    total           bigint not null,
    done            bigint not null,
    failed          bigint not null,
    results         bigint not null, -- how many there are
    reason          text not null,
    message         text not null,
    payload         text not null,
    data            text not null, -- what of the payload people see
    created_by      text not null,
    created_name    text not null,
    ceiling         text not null, -- permissions of the token that started it; null: all of the person's
    run             bigint not null, -- grows with each start, so that of two that run only the later one goes on
    attempts        bigint not null, -- failed ones since the last progress
    created_at      bigint not null,
    updated_at      bigint not null,
    started_at      bigint,
    ended_at        bigint,
    version         bigint not null,
    primary key (org_id, id),
    foreign key (org_id) references organization (id)
);
create index task_starter on task (org_id, created_by, id);
create index task_state on task (org_id, state, id);
create index task_ended on task (ended_at) where ended_at is not null;

create table task_result (
    org_id          text not null,
    task_id         text not null,
    position        bigint not null,
    target_type     text not null,
    target_id       text not null,
    name            text not null,
    line            bigint not null, -- of a file; 0: none
    outcome         text not null,
    reason          text not null,
    message         text not null,
    primary key (org_id, task_id, position),
    foreign key (org_id, task_id) references task (org_id, id) on delete cascade
);
create index task_result_outcome on task_result (org_id, task_id, outcome, position);

-- +goose Down
drop table task_result;
drop table task;
