-- +goose Up
-- One change of a document for clients in one language. The newest decides what is shown; one that is a reset has no text.
create table document_version (
    org_id          text not null,
    document_key    text not null,
    language        text not null,
    number          bigint not null,
    title           text not null,
    body            text not null,
    action          text not null,
    restored_from   bigint not null,
    by_id           text not null,
    by_name         text not null,
    created_at      bigint not null,
    primary key (org_id, document_key, language, number)
);

-- What the documents say of an organization, and which of them everybody may read.
create table document_setting (
    org_id              text not null,
    phone               text not null,
    website             text not null,
    verification_number text not null,
    verification_email  text not null,
    published           text not null,
    updated_at          bigint not null,
    version             bigint not null,
    primary key (org_id)
);

-- +goose Down
drop table document_setting;
drop table document_version;
