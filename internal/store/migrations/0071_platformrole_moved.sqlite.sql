-- +goose Up
-- Whoever gets another platform role loses the organization's own that was based on the one before, whatever changes it. It must not come back with it.
-- +goose StatementBegin
create trigger technician_platformrole after update of platform_role on technician when new.platform_role <> old.platform_role begin
    update platformrole_technician set platformrole_id = null, version = version + 1 where org_id = new.org_id and technician_id = new.id and platformrole_id is not null;
end;
-- +goose StatementEnd

-- +goose Down
drop trigger technician_platformrole;
