-- +goose Up
-- A technician's picture as it is sent: a PNG of our own making. Its key is new with each upload, so that browsers may keep what they have.
create table avatar (
    org_id          text not null,
    technician_id   text not null,
    key             text not null,
    content         bytea not null,
    created_at      bigint not null,
    primary key (org_id, technician_id),
    unique (org_id, key),
    foreign key (org_id, technician_id) references technician (org_id, id) on delete cascade
);

-- +goose Down
drop table avatar;
