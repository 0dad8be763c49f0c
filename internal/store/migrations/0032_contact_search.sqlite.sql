-- +goose Up
-- In the order of the list and with what the search box looks through, so that a search reads this alone and fetches only what it found.
create index contact_search on contact (org_id, sort_name, id, customer_id, search_text);
drop index contact_name;

-- +goose Down
create index contact_name on contact (org_id, sort_name, id);
drop index contact_search;
