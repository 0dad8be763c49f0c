-- +goose Up
-- The language that a voice reads a message in.
alter table message_delivery add column language text not null default '';

-- What a carrier read a received message as and answered by itself: stop, help, start, or nothing.
alter table message_inbound add column handled text not null default '';

-- What a provider says about a message before its own answer to the request was written down.
create table message_report (
    org_id          text not null,
    provider        text not null,
    provider_id     text not null,
    state           text not null,
    reason          text not null,
    at              bigint not null,
    primary key (org_id, provider, provider_id)
);
create index message_attempt_provider on message_attempt (org_id, provider, provider_id) where provider_id <> '' and provider <> 'sandbox';

-- +goose Down
drop index message_attempt_provider;
drop table message_report;
alter table message_inbound drop column handled;
alter table message_delivery drop column language;
