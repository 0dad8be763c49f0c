-- +goose Up
-- What an item of a review is: the grant of a role, an override that allows one permission, or the platform role of a person. For an override role_id
-- is the permission; for a platform role grant_id is the technician, and role_id owner, the platform role, or the organization's own one.
alter table accessreview_item add column kind text not null default 'role';

-- +goose Down
alter table accessreview_item drop column kind;
