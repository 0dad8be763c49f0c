-- +goose Up
-- An organization's account at Twilio. Tokens and the key's secret are sealed.
create table message_twilio (
    org_id          text not null,
    enabled         boolean not null,
    account_sid     text not null,
    auth_token      bytea not null,
    alternate_token bytea,
    api_key_sid     text not null,
    api_key_secret  bytea,
    base_url        text not null,
    sms_number      text not null,
    voice_number    text not null,
    service_sid     text not null,
    per_minute      bigint not null,
    created_at      bigint not null,
    updated_at      bigint not null,
    version         bigint not null,
    primary key (org_id)
);
create index message_twilio_account on message_twilio (account_sid);

-- Further numbers of the account whose messages and calls come to us.
create table message_twilio_number (
    org_id          text not null,
    number          text not null,
    created_at      bigint not null,
    primary key (org_id, number)
);

-- A signed callback's proof that Twilio has a message or a call whose request was not answered.
create table message_twilio_proof (
    org_id          text not null,
    delivery_id     text not null,
    sid             text not null,
    at              bigint not null,
    primary key (org_id, delivery_id, sid)
);
create index message_twilio_proof_at on message_twilio_proof (at);

-- What a call will say, sealed until it was said or the call is over.
create table message_twilio_call (
    org_id          text not null,
    id              text not null,
    delivery_id     text not null,
    token_hash      bytea not null,
    language        text not null,
    body            bytea,
    state           text not null, -- waiting, asked, spoken, machine, over
    sid             text not null,
    expires_at      bigint not null,
    created_at      bigint not null,
    updated_at      bigint not null,
    primary key (org_id, id)
);
create unique index message_twilio_call_token on message_twilio_call (token_hash);
create index message_twilio_call_delivery on message_twilio_call (org_id, delivery_id);
create index message_twilio_call_expiry on message_twilio_call (expires_at);

-- +goose Down
drop table message_twilio_call;
drop table message_twilio_proof;
drop table message_twilio_number;
drop table message_twilio;
