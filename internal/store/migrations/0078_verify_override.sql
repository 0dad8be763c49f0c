-- +goose Up
-- Where a technician's word and a second person's decision stand for the proof that an action takes (L0, R14): for one action, one contact and that
-- technician, for a short time.
create table verify_override (
    org_id          text not null,
    id              text not null, -- that of the request that was approved
    contact_id      text not null,
    customer_id     text not null,
    technician_id   text not null,
    approved_by     text not null, -- '' where an administrator took it upon themselves (D-11)
    action          text not null,
    required        bigint not null,
    reason          text not null,
    ticket_id       text not null,
    created_at      bigint not null,
    expires_at      bigint not null, -- dead at this time, not after it
    primary key (org_id, id),
    foreign key (org_id) references organization (id)
);
create index verify_override_contact on verify_override (org_id, contact_id, expires_at);
create index verify_override_created on verify_override (org_id, created_at);

-- +goose Down
drop table verify_override;
