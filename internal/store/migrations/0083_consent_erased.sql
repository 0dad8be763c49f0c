-- +goose Up
-- Addresses that wanted no messages when they were erased, each as a MAC under a key of the installation that lies outside the database.
create table consent_erased (
    org_id          text not null,
    mac             text not null,
    primary key (org_id, mac)
);

-- +goose Down
drop table consent_erased;
