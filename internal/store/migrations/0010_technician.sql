-- +goose Up
alter table technician add column department text not null default '';
alter table technician add column other_phones text not null default '[]';
-- Where a technician comes from that nobody entered by hand, and what the technician is called there.
alter table technician add column imported_from text not null default '';
alter table technician add column source_id text not null default '';
alter table technician add column avatar text not null default '';
-- What sign-in demands of this technician beyond the organization's policy; 0 and the empty list leave it at that.
alter table technician add column ui_access boolean not null default true;
alter table technician add column mfa_required boolean not null default false;
alter table technician add column allowed_networks text not null default '[]';
alter table technician add column idle_minutes bigint not null default 0;
alter table technician add column session_hours bigint not null default 0;
-- The consent that holds now; technician_sms_consent keeps what led to it.
alter table technician add column sms_consent_at bigint;
alter table technician add column sms_consent_version text not null default '';
create index technician_source on technician (org_id, imported_from, source_id);

-- Each time a technician agreed to text messages or took it back: when, from where and to which text. Never changed, only added to.
create table technician_sms_consent (
    org_id          text not null,
    id              text not null,
    technician_id   text not null,
    agreed          boolean not null,
    text_version    text not null,
    address         text not null,
    at              bigint not null,
    primary key (org_id, id),
    foreign key (org_id, technician_id) references technician (org_id, id) on delete cascade
);
create index technician_sms_consent_technician on technician_sms_consent (org_id, technician_id, at);

-- +goose Down
drop table technician_sms_consent;
drop index technician_source;
alter table technician drop column sms_consent_version;
alter table technician drop column sms_consent_at;
alter table technician drop column session_hours;
alter table technician drop column idle_minutes;
alter table technician drop column allowed_networks;
alter table technician drop column mfa_required;
alter table technician drop column ui_access;
alter table technician drop column avatar;
alter table technician drop column source_id;
alter table technician drop column imported_from;
alter table technician drop column other_phones;
alter table technician drop column department;
