-- +goose Up
create table customer (
    org_id          text not null,
    id              text not null,
    name            text not null,
    sort_name       text not null,
    domains         text not null,
    notes           text not null,
    search_text     text not null,
    created_at      bigint not null,
    updated_at      bigint not null,
    version         bigint not null,
    primary key (org_id, id),
    foreign key (org_id) references organization (id)
);
create index customer_name on customer (org_id, sort_name, id);
create index customer_created on customer (org_id, created_at, id);

create table technician (
    org_id          text not null,
    id              text not null,
    given_name      text not null,
    family_name     text not null,
    chosen_name     text not null,
    display_name    text not null, -- the chosen name, or what given and family name make
    sort_name       text not null,
    email           text not null,
    email_key       text not null,
    phone           text not null,
    job_title       text not null,
    usernames       text not null,
    platform_role   text not null,
    owner           boolean not null,
    status          text not null,
    state           text not null,
    locale          text not null,
    time_zone       text not null,
    theme           text not null,
    search_text     text not null,
    last_active_at  bigint,
    created_at      bigint not null,
    updated_at      bigint not null,
    version         bigint not null,
    primary key (org_id, id),
    unique (org_id, email_key),
    foreign key (org_id) references organization (id)
);
-- A person signs in with an email alone, whatever the organization.
create index technician_email on technician (email_key, org_id);
create index technician_name on technician (org_id, sort_name, id);
create index technician_created on technician (org_id, created_at, id);
create index technician_role on technician (org_id, platform_role, status);
create index technician_phone on technician (org_id, phone);

create table technician_customer (
    org_id          text not null,
    technician_id   text not null,
    customer_id     text not null,
    primary key (org_id, technician_id, customer_id),
    foreign key (org_id, technician_id) references technician (org_id, id) on delete cascade,
    foreign key (org_id, customer_id) references customer (org_id, id) on delete cascade
);
create index technician_customer_customer on technician_customer (org_id, customer_id);

-- One row an organization, changed first by whatever may leave it without an administrator, so that two such changes wait for each other.
create table technician_lock (
    org_id          text primary key,
    taken           bigint not null
);

create table contact (
    org_id          text not null,
    id              text not null,
    customer_id     text not null,
    name            text not null,
    sort_name       text not null,
    job_title       text not null,
    emails          text not null,
    phones          text not null,
    language        text not null,
    vip             boolean not null,
    approver        boolean not null,
    notes           text not null,
    search_text     text not null,
    created_at      bigint not null,
    updated_at      bigint not null,
    version         bigint not null,
    primary key (org_id, id),
    unique (org_id, id, customer_id),
    foreign key (org_id, customer_id) references customer (org_id, id)
);
create index contact_name on contact (org_id, sort_name, id);
create index contact_created on contact (org_id, created_at, id);
create index contact_customer on contact (org_id, customer_id, sort_name, id);

-- The addresses of contacts, to find contacts by them; since when and by whom each is there decides later what may be sent to it.
create table contact_phone (
    org_id          text not null,
    contact_id      text not null,
    number          text not null,
    created_at      bigint not null,
    added_by        text not null,
    initial         boolean not null,
    primary key (org_id, contact_id, number),
    foreign key (org_id, contact_id) references contact (org_id, id) on delete cascade
);
create index contact_phone_number on contact_phone (org_id, number);

create table contact_email (
    org_id          text not null,
    contact_id      text not null,
    email_key       text not null,
    created_at      bigint not null,
    added_by        text not null,
    initial         boolean not null,
    primary key (org_id, contact_id, email_key),
    foreign key (org_id, contact_id) references contact (org_id, id) on delete cascade
);
create index contact_email_email on contact_email (org_id, email_key);

-- +goose Down
drop table contact_email;
drop table contact_phone;
drop table contact;
drop table technician_lock;
drop table technician_customer;
drop table technician;
drop table customer;
