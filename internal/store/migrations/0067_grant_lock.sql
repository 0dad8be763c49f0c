-- +goose Up
-- Whoever changes the grants or overrides of an organization takes its row first, so that two never count or compare the same ones.
create table grant_lock (
    org_id          text not null,
    taken           bigint not null,
    primary key (org_id),
    foreign key (org_id) references organization (id)
);

-- +goose Down
drop table grant_lock;
