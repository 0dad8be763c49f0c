-- +goose Up
create table team (
    org_id          text not null,
    id              text not null,
    name            text not null,
    name_key        text not null, -- folded, so that two teams are never told apart by case alone
    description     text not null,
    search_text     text not null,
    created_at      bigint not null,
    updated_at      bigint not null,
    version         bigint not null,
    primary key (org_id, id),
    unique (org_id, name_key),
    foreign key (org_id) references organization (id)
);
create index team_created on team (org_id, created_at, id);

-- Who belongs to a team: as a member, as a lead, or as both. Either way the team's customers are theirs.
create table team_member (
    org_id          text not null,
    team_id         text not null,
    technician_id   text not null,
    member          boolean not null,
    lead            boolean not null,
    primary key (org_id, team_id, technician_id),
    foreign key (org_id, team_id) references team (org_id, id) on delete cascade,
    foreign key (org_id, technician_id) references technician (org_id, id) on delete cascade
);
create index team_member_technician on team_member (org_id, technician_id, team_id);

create table team_customer (
    org_id          text not null,
    team_id         text not null,
    customer_id     text not null,
    primary key (org_id, team_id, customer_id),
    foreign key (org_id, team_id) references team (org_id, id) on delete cascade,
    foreign key (org_id, customer_id) references customer (org_id, id) on delete cascade
);
create index team_customer_customer on team_customer (org_id, customer_id, team_id);

-- +goose Down
drop table team_customer;
drop table team_member;
drop table team;
