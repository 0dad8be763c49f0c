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
create trigger sensitivity_access after insert or delete or update of permissions on sensitivity
    for each row execute function access_note('whose');

-- +goose Down
drop trigger sensitivity_access on sensitivity;
drop table sensitivity;
