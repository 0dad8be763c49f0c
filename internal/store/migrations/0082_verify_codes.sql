-- +goose Up
-- Whether an organization's code methods are off because too many wrong codes were entered (R5). No row: they never were.
create table verify_codes (
    org_id          text not null primary key,
    off_until       bigint, -- null or past: they are on
    counted_from    bigint, -- wrong codes up to then do not count any more, since an administrator has switched codes on again
    foreign key (org_id) references organization (id)
);

-- +goose Down
drop table verify_codes;
