-- +goose Up
-- What technicians may do for a while without asking again, since somebody approved it: one permission on one target (ACC-15, 7).
create table approval_window (
    org_id          text not null,
    technician_id   text not null,
    what            text not null, -- permission, type and id of the target
    from_at         bigint not null,
    until_at        bigint not null, -- dead at this time, not after it
    approval_id     text not null,
    primary key (org_id, technician_id, what),
    foreign key (org_id, technician_id) references technician (org_id, id) on delete cascade
);
-- +goose StatementBegin
create trigger approval_window_access_insert after insert on approval_window begin
    insert into access_change (org_id, kind, id, other) values (new.org_id, 'approval_window', new.technician_id, new.what);
end;
-- +goose StatementEnd
-- +goose StatementBegin
create trigger approval_window_access_update after update of technician_id, what, from_at, until_at on approval_window begin
    insert into access_change (org_id, kind, id, other) values (old.org_id, 'approval_window', old.technician_id, old.what);
    insert into access_change (org_id, kind, id, other) values (new.org_id, 'approval_window', new.technician_id, new.what);
end;
-- +goose StatementEnd
-- +goose StatementBegin
create trigger approval_window_access_delete after delete on approval_window begin
    insert into access_change (org_id, kind, id, other) values (old.org_id, 'approval_window', old.technician_id, old.what);
end;
-- +goose StatementEnd

-- +goose Down
drop trigger approval_window_access_delete;
drop trigger approval_window_access_update;
drop trigger approval_window_access_insert;
drop table approval_window;
