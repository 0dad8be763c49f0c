-- +goose Up
-- What a technician was told. data holds ids and names by which the sentence is made in the reader's language.
create table notification (
    org_id          text not null,
    id              text not null,
    technician_id   text not null,
    kind            text not null,
    data            text not null,
    created_at      bigint not null,
    read_at         bigint,
    primary key (org_id, id),
    foreign key (org_id, technician_id) references technician (org_id, id) on delete cascade
);
create index notification_technician on notification (org_id, technician_id, id);
create index notification_unread on notification (org_id, technician_id) where read_at is null;
create index notification_created on notification (created_at);

-- A mail or text message that waits for the end of its receiver's quiet hours.
create table notification_held (
    org_id          text not null,
    notification_id text not null,
    way             text not null,
    due_at          bigint not null,
    primary key (org_id, notification_id, way),
    foreign key (org_id, notification_id) references notification (org_id, id) on delete cascade
);
create index notification_held_due on notification_held (due_at);

-- How a technician wants to be told; who has no row gets the defaults.
create table notification_preference (
    org_id          text not null,
    technician_id   text not null,
    events          text not null,
    quiet_from      text not null,
    quiet_to        text not null,
    updated_at      bigint not null,
    primary key (org_id, technician_id),
    foreign key (org_id, technician_id) references technician (org_id, id) on delete cascade
);

-- +goose Down
drop table notification_preference;
drop table notification_held;
drop table notification;
