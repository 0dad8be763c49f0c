-- +goose Up
-- What a mail carries besides its text, as the recipe from which the file is made when the mail is sent. It is sealed, and goes when the delivery ends.
create table message_attachment (
    org_id          text not null,
    delivery_id     text not null,
    maker           text not null,
    recipe          bytea not null,
    created_at      bigint not null,
    primary key (org_id, delivery_id),
    foreign key (org_id) references organization (id)
);

-- What came with a mail in the sandbox: its name and how many bytes it has. The file itself is not kept.
alter table message_sandbox add column attachment_name text not null default '';
alter table message_sandbox add column attachment_size bigint not null default 0;

-- +goose Down
alter table message_sandbox drop column attachment_size;
alter table message_sandbox drop column attachment_name;
drop table message_attachment;
