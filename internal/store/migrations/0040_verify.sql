-- +goose Up
-- Who does what to complete a verification: the technician types a code, or the contact answers on a page or in an app.
alter table verify_challenge add column form text not null default 'code';
update verify_challenge set form = 'page' where link_hash is not null;

-- +goose Down
alter table verify_challenge drop column form;
