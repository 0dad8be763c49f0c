-- +goose Up
alter table contact add column department text not null default '';
alter table contact add column custom_fields text not null default '{}';
-- Where a contact comes from that nobody entered by hand, and what it is called there.
alter table contact add column source text not null default '';
alter table contact add column source_id text not null default '';
create unique index contact_source on contact (org_id, source, source_id) where source_id <> '';

-- Who joined an address to this contact from another one: as good a reason not to trust it at once as having entered it (D-27).
alter table contact_phone add column merged_by text not null default '';
alter table contact_email add column merged_by text not null default '';

-- Contacts that are another one now, and the names that sources have for them.
create table contact_merged (
    org_id          text not null,
    id              text not null,
    into_id         text not null,
    source          text not null,
    source_id       text not null,
    merged_at       bigint not null,
    primary key (org_id, id),
    foreign key (org_id, into_id) references contact (org_id, id) on delete cascade
);
create index contact_merged_into on contact_merged (org_id, into_id);
create index contact_merged_source on contact_merged (org_id, source, source_id);

alter table customer add column status text not null default 'active';
alter table customer add column phone text not null default '';
alter table customer add column address text not null default '';
alter table customer add column website text not null default '';
create index customer_status on customer (org_id, status, sort_name, id);

-- +goose Down
drop index customer_status;
alter table customer drop column website;
alter table customer drop column address;
alter table customer drop column phone;
alter table customer drop column status;
drop table contact_merged;
alter table contact_email drop column merged_by;
alter table contact_phone drop column merged_by;
drop index contact_source;
alter table contact drop column source_id;
alter table contact drop column source;
alter table contact drop column custom_fields;
alter table contact drop column department;
