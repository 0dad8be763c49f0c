-- +goose Up
-- Platform roles that an organization made itself (ACC-8): what they list counts instead of what the platform role gives that they are based on.
create table platformrole (
    org_id          text not null,
    id              text not null,
    name            text not null,
    name_key        text not null,
    description     text not null,
    based_on        text not null, -- manager, technician or read_only; never changes
    customers       text not null, -- all, assigned, teams or own
    permissions     text not null, -- a JSON list of names
    created_at      bigint not null,
    updated_at      bigint not null,
    version         bigint not null,
    primary key (org_id, id),
    unique (org_id, name_key),
    foreign key (org_id) references organization (id)
);
-- Who has one. It counts while it is based on the platform role that they have.
create table platformrole_technician (
    org_id          text not null,
    technician_id   text not null,
    platformrole_id text, -- null: none any longer
    updated_at      bigint not null,
    version         bigint not null,
    primary key (org_id, technician_id),
    foreign key (org_id, technician_id) references technician (org_id, id) on delete cascade,
    foreign key (org_id, platformrole_id) references platformrole (org_id, id)
);
create index platformrole_technician_role on platformrole_technician (org_id, platformrole_id);
create trigger platformrole_access after insert or delete or update of permissions, customers on platformrole
    for each row execute function access_note('id');
create trigger platformrole_technician_access after insert or delete or update of platformrole_id on platformrole_technician
    for each row execute function access_note('technician_id');

-- +goose Down
drop trigger platformrole_technician_access on platformrole_technician;
drop trigger platformrole_access on platformrole;
drop table platformrole_technician;
drop table platformrole;
