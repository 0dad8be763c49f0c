-- +goose Up
-- What technicians and teams were given. A role is a set of permissions of one purpose (ACC-2).
create table role (
    org_id          text not null,
    id              text not null,
    name            text not null,
    name_key        text not null, -- folded, so that two roles are never told apart by case alone
    description     text not null,
    purpose         text not null,
    permissions     text not null, -- a JSON list of names
    sensitive       text not null, -- of those, what takes an approval when given by this role (D-9)
    system          boolean not null, -- can be used and copied, but neither changed nor deleted
    search_text     text not null,
    created_at      bigint not null,
    updated_at      bigint not null,
    version         bigint not null,
    primary key (org_id, id),
    unique (org_id, name_key),
    foreign key (org_id) references organization (id)
);
create index role_created on role (org_id, created_at, id);

-- A grant gives a role on a scope to a technician or a team (ACC-7). The scope's id is in the column of its type.
create table grant_role (
    org_id          text not null,
    id              text not null,
    technician_id   text, -- or
    team_id         text,
    role_id         text not null,
    scope_type      text not null,
    customer_id     text,
    group_id        text,
    device_id       text,
    not_before      bigint,
    expires_at      bigint, -- dead at this time, not after it
    reason          text not null,
    created_by      text not null,
    created_at      bigint not null,
    primary key (org_id, id),
    foreign key (org_id, technician_id) references technician (org_id, id) on delete cascade,
    foreign key (org_id, team_id) references team (org_id, id) on delete cascade,
    foreign key (org_id, role_id) references role (org_id, id),
    foreign key (org_id, customer_id) references customer (org_id, id) on delete cascade,
    foreign key (org_id, group_id) references device_group (org_id, id) on delete cascade,
    foreign key (org_id, device_id) references device (org_id, id) on delete cascade
);
create index grant_role_technician on grant_role (org_id, technician_id, created_at);
create index grant_role_team on grant_role (org_id, team_id, created_at);
create index grant_role_role on grant_role (org_id, role_id, created_at);
create index grant_role_customer on grant_role (org_id, customer_id);
create index grant_role_group on grant_role (org_id, group_id);
create index grant_role_device on grant_role (org_id, device_id);
create index grant_role_created on grant_role (org_id, created_at, id);

-- An override allows or denies one permission on a scope to a technician or a team (ACC-10).
create table grant_override (
    org_id          text not null,
    id              text not null,
    technician_id   text, -- or
    team_id         text,
    effect          text not null, -- allow or deny
    permission      text not null,
    scope_type      text not null,
    customer_id     text,
    group_id        text,
    device_id       text,
    not_before      bigint,
    expires_at      bigint,
    created_by      text not null,
    created_at      bigint not null,
    primary key (org_id, id),
    foreign key (org_id, technician_id) references technician (org_id, id) on delete cascade,
    foreign key (org_id, team_id) references team (org_id, id) on delete cascade,
    foreign key (org_id, customer_id) references customer (org_id, id) on delete cascade,
    foreign key (org_id, group_id) references device_group (org_id, id) on delete cascade,
    foreign key (org_id, device_id) references device (org_id, id) on delete cascade
);
create index grant_override_technician on grant_override (org_id, technician_id);
create index grant_override_team on grant_override (org_id, team_id);
create index grant_override_customer on grant_override (org_id, customer_id);
create index grant_override_group on grant_override (org_id, group_id);
create index grant_override_device on grant_override (org_id, device_id);

-- What every active technician has on the customers assigned to them (D-8): of one customer, or of all.
create table grant_default (
    org_id          text not null,
    whose           text not null, -- the customer's id; '' for all customers
    customer_id     text,
    permissions     text not null,
    updated_at      bigint not null,
    version         bigint not null,
    primary key (org_id, whose),
    foreign key (org_id) references organization (id),
    foreign key (org_id, customer_id) references customer (org_id, id) on delete cascade
);

-- Names what changed of all that access hangs on, so that every server can read it again. Triggers write it: no way of changing
-- something can forget to. A row is needed for an hour.
create table access_change (
    org_id          text not null,
    epoch           integer primary key autoincrement,
    kind            text not null, -- the table
    id              text not null,
    other           text not null, -- of a pair the second one; of a rule where it is or was
    tx              bigint not null default 0, -- the transaction, where several can be open at once
    at              bigint not null default (cast(unixepoch('subsec') * 1000000 as integer)) -- microseconds
);
create index access_change_at on access_change (at);

-- +goose StatementBegin
create trigger organization_access_insert after insert on organization begin
    insert into access_change (org_id, kind, id, other) values (new.id, 'organization', new.id, '');
end;
-- +goose StatementEnd
-- +goose StatementBegin
create trigger organization_access_update after update of status on organization begin
    insert into access_change (org_id, kind, id, other) values (new.id, 'organization', new.id, '');
end;
-- +goose StatementEnd
-- +goose StatementBegin
create trigger organization_access_delete after delete on organization begin
    insert into access_change (org_id, kind, id, other) values (old.id, 'organization', old.id, '');
end;
-- +goose StatementEnd
-- +goose StatementBegin
create trigger technician_access_insert after insert on technician begin
    insert into access_change (org_id, kind, id, other) values (new.org_id, 'technician', new.id, '');
end;
-- +goose StatementEnd
-- +goose StatementBegin
create trigger technician_access_update after update of platform_role, owner, status, state on technician begin
    insert into access_change (org_id, kind, id, other) values (new.org_id, 'technician', new.id, '');
end;
-- +goose StatementEnd
-- +goose StatementBegin
create trigger technician_access_delete after delete on technician begin
    insert into access_change (org_id, kind, id, other) values (old.org_id, 'technician', old.id, '');
end;
-- +goose StatementEnd
-- +goose StatementBegin
create trigger technician_customer_access_insert after insert on technician_customer begin
    insert into access_change (org_id, kind, id, other) values (new.org_id, 'technician_customer', new.technician_id, new.customer_id);
end;
-- +goose StatementEnd
-- +goose StatementBegin
create trigger technician_customer_access_update after update of technician_id, customer_id on technician_customer begin
    insert into access_change (org_id, kind, id, other) values (old.org_id, 'technician_customer', old.technician_id, old.customer_id);
    insert into access_change (org_id, kind, id, other) values (new.org_id, 'technician_customer', new.technician_id, new.customer_id);
end;
-- +goose StatementEnd
-- +goose StatementBegin
create trigger technician_customer_access_delete after delete on technician_customer begin
    insert into access_change (org_id, kind, id, other) values (old.org_id, 'technician_customer', old.technician_id, old.customer_id);
end;
-- +goose StatementEnd
-- +goose StatementBegin
create trigger team_access_insert after insert on team begin
    insert into access_change (org_id, kind, id, other) values (new.org_id, 'team', new.id, '');
end;
-- +goose StatementEnd
-- +goose StatementBegin
create trigger team_access_delete after delete on team begin
    insert into access_change (org_id, kind, id, other) values (old.org_id, 'team', old.id, '');
end;
-- +goose StatementEnd
-- +goose StatementBegin
create trigger team_member_access_insert after insert on team_member begin
    insert into access_change (org_id, kind, id, other) values (new.org_id, 'team_member', new.team_id, new.technician_id);
end;
-- +goose StatementEnd
-- +goose StatementBegin
create trigger team_member_access_update after update of team_id, technician_id on team_member begin
    insert into access_change (org_id, kind, id, other) values (old.org_id, 'team_member', old.team_id, old.technician_id);
    insert into access_change (org_id, kind, id, other) values (new.org_id, 'team_member', new.team_id, new.technician_id);
end;
-- +goose StatementEnd
-- +goose StatementBegin
create trigger team_member_access_delete after delete on team_member begin
    insert into access_change (org_id, kind, id, other) values (old.org_id, 'team_member', old.team_id, old.technician_id);
end;
-- +goose StatementEnd
-- +goose StatementBegin
create trigger team_customer_access_insert after insert on team_customer begin
    insert into access_change (org_id, kind, id, other) values (new.org_id, 'team_customer', new.team_id, new.customer_id);
end;
-- +goose StatementEnd
-- +goose StatementBegin
create trigger team_customer_access_update after update of team_id, customer_id on team_customer begin
    insert into access_change (org_id, kind, id, other) values (old.org_id, 'team_customer', old.team_id, old.customer_id);
    insert into access_change (org_id, kind, id, other) values (new.org_id, 'team_customer', new.team_id, new.customer_id);
end;
-- +goose StatementEnd
-- +goose StatementBegin
create trigger team_customer_access_delete after delete on team_customer begin
    insert into access_change (org_id, kind, id, other) values (old.org_id, 'team_customer', old.team_id, old.customer_id);
end;
-- +goose StatementEnd
-- +goose StatementBegin
create trigger customer_access_insert after insert on customer begin
    insert into access_change (org_id, kind, id, other) values (new.org_id, 'customer', new.id, '');
end;
-- +goose StatementEnd
-- +goose StatementBegin
create trigger customer_access_delete after delete on customer begin
    insert into access_change (org_id, kind, id, other) values (old.org_id, 'customer', old.id, '');
end;
-- +goose StatementEnd
-- +goose StatementBegin
create trigger device_group_access_insert after insert on device_group begin
    insert into access_change (org_id, kind, id, other) values (new.org_id, 'device_group', new.id, '');
end;
-- +goose StatementEnd
-- +goose StatementBegin
create trigger device_group_access_update after update of parent_id, customer_id on device_group begin
    insert into access_change (org_id, kind, id, other) values (new.org_id, 'device_group', new.id, '');
end;
-- +goose StatementEnd
-- +goose StatementBegin
create trigger device_group_access_delete after delete on device_group begin
    insert into access_change (org_id, kind, id, other) values (old.org_id, 'device_group', old.id, '');
end;
-- +goose StatementEnd
-- +goose StatementBegin
create trigger device_access_insert after insert on device begin
    insert into access_change (org_id, kind, id, other) values (new.org_id, 'device', new.id, '');
end;
-- +goose StatementEnd
-- +goose StatementBegin
create trigger device_access_update after update of group_id, customer_id on device begin
    insert into access_change (org_id, kind, id, other) values (new.org_id, 'device', new.id, '');
end;
-- +goose StatementEnd
-- +goose StatementBegin
create trigger device_access_delete after delete on device begin
    insert into access_change (org_id, kind, id, other) values (old.org_id, 'device', old.id, '');
end;
-- +goose StatementEnd
-- +goose StatementBegin
create trigger role_access_insert after insert on role begin
    insert into access_change (org_id, kind, id, other) values (new.org_id, 'role', new.id, '');
end;
-- +goose StatementEnd
-- +goose StatementBegin
create trigger role_access_update after update of permissions, sensitive on role begin
    insert into access_change (org_id, kind, id, other) values (new.org_id, 'role', new.id, '');
end;
-- +goose StatementEnd
-- +goose StatementBegin
create trigger role_access_delete after delete on role begin
    insert into access_change (org_id, kind, id, other) values (old.org_id, 'role', old.id, '');
end;
-- +goose StatementEnd
-- +goose StatementBegin
create trigger grant_role_access_insert after insert on grant_role begin
    insert into access_change (org_id, kind, id, other) values (new.org_id, 'grant_role', new.id, coalesce(new.device_id, new.group_id, new.customer_id, new.scope_type));
end;
-- +goose StatementEnd
-- +goose StatementBegin
create trigger grant_role_access_update after update of technician_id, team_id, role_id, scope_type, customer_id, group_id, device_id, not_before, expires_at on grant_role begin
    insert into access_change (org_id, kind, id, other) values (old.org_id, 'grant_role', old.id, coalesce(old.device_id, old.group_id, old.customer_id, old.scope_type));
    insert into access_change (org_id, kind, id, other) values (new.org_id, 'grant_role', new.id, coalesce(new.device_id, new.group_id, new.customer_id, new.scope_type));
end;
-- +goose StatementEnd
-- +goose StatementBegin
create trigger grant_role_access_delete after delete on grant_role begin
    insert into access_change (org_id, kind, id, other) values (old.org_id, 'grant_role', old.id, coalesce(old.device_id, old.group_id, old.customer_id, old.scope_type));
end;
-- +goose StatementEnd
-- +goose StatementBegin
create trigger grant_override_access_insert after insert on grant_override begin
    insert into access_change (org_id, kind, id, other) values (new.org_id, 'grant_override', new.id, coalesce(new.device_id, new.group_id, new.customer_id, new.scope_type));
end;
-- +goose StatementEnd
-- +goose StatementBegin
create trigger grant_override_access_update after update of technician_id, team_id, effect, permission, scope_type, customer_id, group_id, device_id, not_before, expires_at on grant_override begin
    insert into access_change (org_id, kind, id, other) values (old.org_id, 'grant_override', old.id, coalesce(old.device_id, old.group_id, old.customer_id, old.scope_type));
    insert into access_change (org_id, kind, id, other) values (new.org_id, 'grant_override', new.id, coalesce(new.device_id, new.group_id, new.customer_id, new.scope_type));
end;
-- +goose StatementEnd
-- +goose StatementBegin
create trigger grant_override_access_delete after delete on grant_override begin
    insert into access_change (org_id, kind, id, other) values (old.org_id, 'grant_override', old.id, coalesce(old.device_id, old.group_id, old.customer_id, old.scope_type));
end;
-- +goose StatementEnd
-- +goose StatementBegin
create trigger grant_default_access_insert after insert on grant_default begin
    insert into access_change (org_id, kind, id, other) values (new.org_id, 'grant_default', new.whose, '');
end;
-- +goose StatementEnd
-- +goose StatementBegin
create trigger grant_default_access_update after update of permissions on grant_default begin
    insert into access_change (org_id, kind, id, other) values (new.org_id, 'grant_default', new.whose, '');
end;
-- +goose StatementEnd
-- +goose StatementBegin
create trigger grant_default_access_delete after delete on grant_default begin
    insert into access_change (org_id, kind, id, other) values (old.org_id, 'grant_default', old.whose, '');
end;
-- +goose StatementEnd

-- +goose Down
drop trigger grant_default_access_delete;
drop trigger grant_default_access_update;
drop trigger grant_default_access_insert;
drop trigger grant_override_access_delete;
drop trigger grant_override_access_update;
drop trigger grant_override_access_insert;
drop trigger grant_role_access_delete;
drop trigger grant_role_access_update;
drop trigger grant_role_access_insert;
drop trigger role_access_delete;
drop trigger role_access_update;
drop trigger role_access_insert;
drop trigger device_access_delete;
drop trigger device_access_update;
drop trigger device_access_insert;
drop trigger device_group_access_delete;
drop trigger device_group_access_update;
drop trigger device_group_access_insert;
drop trigger customer_access_delete;
drop trigger customer_access_insert;
drop trigger team_customer_access_delete;
drop trigger team_customer_access_update;
drop trigger team_customer_access_insert;
drop trigger team_member_access_delete;
drop trigger team_member_access_update;
drop trigger team_member_access_insert;
drop trigger team_access_delete;
drop trigger team_access_insert;
drop trigger technician_customer_access_delete;
drop trigger technician_customer_access_update;
drop trigger technician_customer_access_insert;
drop trigger technician_access_delete;
drop trigger technician_access_update;
drop trigger technician_access_insert;
drop trigger organization_access_delete;
drop trigger organization_access_update;
drop trigger organization_access_insert;
drop table access_change;
drop table grant_default;
drop table grant_override;
drop table grant_role;
drop table role;
