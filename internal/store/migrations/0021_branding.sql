-- +goose Up
-- What an organization looks like. logo_key names the row of its logo, "" if it has none.
create table branding (
    org_id          text primary key,
    color           text not null,
    display_name    text not null,
    logo_key        text not null,
    updated_at      bigint not null,
    version         bigint not null,
    foreign key (org_id) references organization (id)
);

-- A logo as it is sent: a PNG of our own making. Its key is new with each upload, so that browsers may keep what they have.
create table branding_logo (
    org_id          text not null,
    key             text not null,
    content         bytea not null,
    created_at      bigint not null,
    primary key (org_id, key)
);
create unique index branding_logo_key on branding_logo (key);

-- +goose Down
drop table branding_logo;
drop table branding;
