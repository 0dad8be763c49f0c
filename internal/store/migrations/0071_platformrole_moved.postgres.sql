-- +goose Up
-- Whoever gets another platform role loses the organization's own that was based on the one before, whatever changes it. It must not come back with it.
-- +goose StatementBegin
create function platformrole_moved() returns trigger language plpgsql as $$
begin
    update platformrole_technician set platformrole_id = null, version = version + 1
        where org_id = new.org_id and technician_id = new.id and platformrole_id is not null;
    return null;
end
$$;
-- +goose StatementEnd
create trigger technician_platformrole after update of platform_role on technician
    for each row when (new.platform_role <> old.platform_role) execute function platformrole_moved();

-- +goose Down
drop trigger technician_platformrole on technician;
drop function platformrole_moved();
