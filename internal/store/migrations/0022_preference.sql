-- +goose Up
-- What a person set in their console, by names that the console chooses.
create table preference (
    org_id          text not null,
    technician_id   text not null,
    key             text not null,
    value           text not null,
    updated_at      bigint not null,
    primary key (org_id, technician_id, key),
    foreign key (org_id, technician_id) references technician (org_id, id) on delete cascade
);

-- +goose Down
drop table preference;
