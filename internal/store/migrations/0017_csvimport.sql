-- +goose Up
-- A file that somebody brought, on its way into the records.
create table csvimport (
    org_id          text not null,
    id              text not null,
    kind            text not null,
    file_name       text not null,
    size            bigint not null,
    row_count       bigint not null,
    delimiter       text not null,
    columns         text not null,
    mapping         text not null,
    options         text not null,
    state           text not null,
    created         bigint not null,
    updated         bigint not null,
    skipped         bigint not null,
    refused         bigint not null,
    task_id         text not null,
    created_by      text not null,
    created_name    text not null,
    created_at      bigint not null,
    updated_at      bigint not null,
    version         bigint not null,
    primary key (org_id, id),
    foreign key (org_id) references organization (id)
);
create index csvimport_age on csvimport (updated_at);

create table csvimport_chunk (
    org_id          text not null,
    import_id       text not null,
    position        bigint not null,
    data            bytea not null,
    primary key (org_id, import_id, position),
    foreign key (org_id, import_id) references csvimport (org_id, id) on delete cascade
);

-- What became of each row, or what would.
create table csvimport_row (
    org_id          text not null,
    import_id       text not null,
    line            bigint not null,
    outcome         text not null,
    name            text not null,
    target_id       text not null,
    field           text not null,
    reason          text not null,
    message         text not null,
    primary key (org_id, import_id, line),
    foreign key (org_id, import_id) references csvimport (org_id, id) on delete cascade
);
create index csvimport_row_outcome on csvimport_row (org_id, import_id, outcome, line);

-- Which column people chose for which field last time, by the name of the column.
create table csvimport_mapping (
    org_id          text not null,
    kind            text not null,
    column_key      text not null,
    field           text not null,
    primary key (org_id, kind, column_key)
);

-- What customers and devices are called in the files that they come from. Contacts and technicians keep it themselves.
create table csvimport_source (
    org_id          text not null,
    kind            text not null,
    source_id       text not null,
    target_id       text not null,
    primary key (org_id, kind, source_id)
);
create index csvimport_source_target on csvimport_source (org_id, kind, target_id);

-- +goose Down
drop table csvimport_source;
drop table csvimport_mapping;
drop table csvimport_row;
drop table csvimport_chunk;
drop table csvimport;
