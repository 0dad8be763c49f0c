-- +goose Up
-- What a report counts, in the order of time: it never looks at the rows themselves.
create index verify_challenge_report on verify_challenge (org_id, created_at, customer_id, technician_id, method, level, state, ticket_id, ended_at);
create index verify_request_report on verify_request (org_id, created_at, customer_id, claimed_by, state, ticket_id);
create index ticket_report on ticket (org_id, created_at, customer_id, assigned_to, id);

-- +goose Down
drop index ticket_report;
drop index verify_request_report;
drop index verify_challenge_report;
