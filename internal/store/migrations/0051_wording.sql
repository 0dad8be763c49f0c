-- +goose Up
-- What an organization says in its own words: the parts of one text in one language, as a JSON object.
create table wording (
    org_id          text not null,
    text_key        text not null,
    language        text not null,
    parts           text not null,
    updated_at      bigint not null,
    version         bigint not null,
    primary key (org_id, text_key, language),
    foreign key (org_id) references organization (id)
);

-- +goose Down
drop table wording;
