-- +goose Up
-- What technicians set about, and what came out (ACC-19, ACC-20): once for each UTC day. Rows are kept for 90 days, and no more of an organization than a
-- bound.
-- The table lies in the order of its key, so that a million rows can be read as they lie.
create table usage_day (
    org_id          text not null,
    technician_id   text not null,
    permission      text not null,
    resource_type   text not null, -- a type of target; '' for the question whether they hold it anywhere
    resource_id     text not null, -- '' for what has none
    outcome         text not null, -- allow, deny, needs_approval; approved for what takes an approval and had one
    day             bigint not null, -- since 1970-01-01
    times           bigint not null,
    last_at         bigint not null,
    primary key (org_id, technician_id, permission, resource_type, resource_id, outcome, day),
    foreign key (org_id) references organization (id)
) without rowid;
create index usage_day_day on usage_day (org_id, day);

-- When a permission was last used by each technician, for 400 days.
create table usage_last (
    org_id          text not null,
    technician_id   text not null,
    permission      text not null,
    used_at         bigint, -- null for never
    asked_at        bigint, -- when another program last asked whether they may, and they may; null for never
    primary key (org_id, technician_id, permission),
    foreign key (org_id) references organization (id)
);

-- Since when there is a record.
create table usage_since (
    org_id          text not null,
    at              bigint not null,
    primary key (org_id),
    foreign key (org_id) references organization (id)
);

-- +goose Down
drop table usage_since;
drop table usage_last;
drop table usage_day;
