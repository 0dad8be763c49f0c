-- +goose Up
create table device_group (
    org_id          text not null,
    id              text not null,
    parent_id       text, -- null: a root
    customer_id     text, -- the root's, also below it
    name            text not null,
    sort_name       text not null,
    created_at      bigint not null,
    updated_at      bigint not null,
    version         bigint not null,
    primary key (org_id, id),
    foreign key (org_id) references organization (id),
    foreign key (org_id, parent_id) references device_group (org_id, id),
    foreign key (org_id, customer_id) references customer (org_id, id)
);
create index device_group_parent on device_group (org_id, parent_id);
create index device_group_customer on device_group (org_id, customer_id);
create index device_group_name on device_group (org_id, sort_name, id);
create index device_group_created on device_group (org_id, created_at, id);

create table device (
    org_id          text not null,
    id              text not null,
    group_id        text,
    customer_id     text,
    name            text not null,
    sort_name       text not null,
    platform        text not null,
    description     text not null,
    search_text     text not null,
    created_at      bigint not null,
    updated_at      bigint not null,
    version         bigint not null,
    primary key (org_id, id),
    foreign key (org_id) references organization (id),
    foreign key (org_id, group_id) references device_group (org_id, id),
    foreign key (org_id, customer_id) references customer (org_id, id)
);
create index device_name on device (org_id, sort_name, id);
create index device_created on device (org_id, created_at, id);
create index device_group_of on device (org_id, group_id);
create index device_customer on device (org_id, customer_id, sort_name, id);

-- One row an organization, changed first by whatever moves a group, so that two moves cannot make a circle.
create table device_lock (
    org_id          text primary key,
    taken           bigint not null
);

-- +goose Down
drop table device_lock;
drop table device;
drop table device_group;
