-- +goose Up
-- API tokens are a slice of their own.
alter table signin_token rename to apitoken;

-- What has to be done before anything else is open to a session: '', factor, password or enrolment; and how sure its sign-in was.
alter table signin_session add column hold text not null default '';
alter table signin_session add column level bigint not null default 1;
update signin_session set hold = 'password' where must_change;
alter table signin_session drop column must_change;

-- When a second factor was first demanded of a technician who has none.
alter table signin_account add column factor_since bigint;

-- Hashes of passwords that technicians had, where the organization asks that none comes back.
create table signin_password (
    org_id          text not null,
    id              text not null,
    technician_id   text not null,
    password_hash   text not null,
    primary key (org_id, id)
);
create index signin_password_technician on signin_password (org_id, technician_id, id);

-- What an organization asks of everybody who signs in, as JSON. Without a row the defaults hold.
create table signinpolicy (
    org_id          text not null,
    policy          text not null,
    updated_at      bigint not null,
    version         bigint not null,
    primary key (org_id)
);

-- +goose Down
drop table signinpolicy;
drop index signin_password_technician;
drop table signin_password;
alter table signin_account drop column factor_since;
alter table signin_session add column must_change boolean not null default false;
update signin_session set must_change = true where hold = 'password';
alter table signin_session drop column level;
alter table signin_session drop column hold;
alter table apitoken rename to signin_token;
