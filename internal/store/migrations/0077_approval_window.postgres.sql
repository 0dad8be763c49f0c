-- +goose Up
-- What technicians may do for a while without asking again, since somebody approved it: one permission on one target (ACC-15, 7).
create table approval_window (
    org_id          text not null,
    technician_id   text not null,
    what            text not null, -- permission, type and id of the target
    from_at         bigint not null,
    until_at        bigint not null, -- dead at this time, not after it
    approval_id     text not null,
    primary key (org_id, technician_id, what),
    foreign key (org_id, technician_id) references technician (org_id, id) on delete cascade
);
create trigger approval_window_access after insert or delete or update of technician_id, what, from_at, until_at on approval_window
    for each row execute function access_note('technician_id', 'what');

-- +goose Down
drop trigger approval_window_access on approval_window;
drop table approval_window;
