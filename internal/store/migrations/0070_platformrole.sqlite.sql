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
-- +goose StatementBegin
create trigger platformrole_access_insert after insert on platformrole begin
    insert into access_change (org_id, kind, id, other) values (new.org_id, 'platformrole', new.id, '');
end;
-- +goose StatementEnd
-- +goose StatementBegin
create trigger platformrole_access_update after update of permissions, customers on platformrole begin
    insert into access_change (org_id, kind, id, other) values (new.org_id, 'platformrole', new.id, '');
end;
-- +goose StatementEnd
-- +goose StatementBegin
create trigger platformrole_access_delete after delete on platformrole begin
    insert into access_change (org_id, kind, id, other) values (old.org_id, 'platformrole', old.id, '');
end;
-- +goose StatementEnd
-- +goose StatementBegin
create trigger platformrole_technician_access_insert after insert on platformrole_technician begin
    insert into access_change (org_id, kind, id, other) values (new.org_id, 'platformrole_technician', new.technician_id, '');
end;
-- +goose StatementEnd
-- +goose StatementBegin
create trigger platformrole_technician_access_update after update of platformrole_id on platformrole_technician begin
    insert into access_change (org_id, kind, id, other) values (new.org_id, 'platformrole_technician', new.technician_id, '');
end;
-- +goose StatementEnd
-- +goose StatementBegin
create trigger platformrole_technician_access_delete after delete on platformrole_technician begin
    insert into access_change (org_id, kind, id, other) values (old.org_id, 'platformrole_technician', old.technician_id, '');
end;
-- +goose StatementEnd

-- +goose Down
drop trigger platformrole_technician_access_delete;
drop trigger platformrole_technician_access_update;
drop trigger platformrole_technician_access_insert;
drop trigger platformrole_access_delete;
drop trigger platformrole_access_update;
drop trigger platformrole_access_insert;
drop table platformrole_technician;
drop table platformrole;
