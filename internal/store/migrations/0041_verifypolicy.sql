-- +goose Up
-- How callers are verified: the organization's own rules in the row without a customer, and what differs for single customers.
create table verifypolicy (
    org_id          text not null,
    customer_id     text not null,
    policy          text not null,
    version         bigint not null,
    updated_at      bigint not null,
    primary key (org_id, customer_id)
);
-- A success at an address, to know which addresses prove something.
create index verify_challenge_proved on verify_challenge (org_id, contact_id, address) where state = 'verified';

-- +goose Down
drop index verify_challenge_proved;
drop table verifypolicy;
