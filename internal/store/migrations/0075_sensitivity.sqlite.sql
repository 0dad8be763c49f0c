-- +goose Up
-- Which permissions take an approval (ACC-30, D-9): in the whole organization, in the place of what the catalogue declares, or at one customer beside that.
create table sensitivity (
    org_id          text not null,
    whose           text not null, -- the customer's id; '' for the organization
    customer_id     text,
    permissions     text not null, -- a JSON list of names
    updated_at      bigint not null,
    version         bigint not null,
    primary key (org_id, whose),
    foreign key (org_id) references organization (id),
    foreign key (org_id, customer_id) references customer (org_id, id) on delete cascade
);
-- +goose StatementBegin
create trigger sensitivity_access_insert after insert on sensitivity begin
    insert into access_change (org_id, kind, id, other) values (new.org_id, 'sensitivity', new.whose, '');
end;
-- +goose StatementEnd
-- +goose StatementBegin
create trigger sensitivity_access_update after update of permissions on sensitivity begin
    insert into access_change (org_id, kind, id, other) values (new.org_id, 'sensitivity', new.whose, '');
end;
-- +goose StatementEnd
-- +goose StatementBegin
create trigger sensitivity_access_delete after delete on sensitivity begin
    insert into access_change (org_id, kind, id, other) values (old.org_id, 'sensitivity', old.whose, '');
end;
-- +goose StatementEnd

-- +goose Down
drop trigger sensitivity_access_delete;
drop trigger sensitivity_access_update;
drop trigger sensitivity_access_insert;
drop table sensitivity;
