-- +goose Up
-- Whoever investigates asks about one person or one thing.
create index authzen_decision_subject on authzen_decision (org_id, subject_id, at, id);
create index authzen_decision_resource on authzen_decision (org_id, resource_id, at, id);

-- +goose Down
drop index authzen_decision_resource;
drop index authzen_decision_subject;
