-- +goose Up
-- What business facts were about, in which language, and what kind of matter it was.
ALTER TABLE business_fact ADD COLUMN topic TEXT NOT NULL DEFAULT '';
ALTER TABLE business_fact ADD COLUMN language TEXT NOT NULL DEFAULT '';
ALTER TABLE business_fact ADD COLUMN matter TEXT NOT NULL DEFAULT '';
-- What measures look for: periods that reach into a window, what a buyer touched, and what an idea brought.
CREATE INDEX business_fact_until ON business_fact (kind, until) WHERE until IS NOT NULL;
CREATE INDEX business_fact_touch ON business_fact (person, organisation, at) WHERE kind = 'touch';
CREATE INDEX business_fact_of ON business_fact (ref) WHERE kind = 'benefit' AND ref <> '';

-- +goose Down
DROP INDEX business_fact_until;
DROP INDEX business_fact_touch;
DROP INDEX business_fact_of;
ALTER TABLE business_fact DROP COLUMN topic;
ALTER TABLE business_fact DROP COLUMN language;
ALTER TABLE business_fact DROP COLUMN matter;
