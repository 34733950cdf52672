-- +goose Up
-- Within how many days of a question somebody who writes makes contact about it: said for each contact point, and kept with each visit as it was then.
ALTER TABLE contact_point ADD COLUMN days INTEGER NOT NULL DEFAULT 3 CHECK (days BETWEEN 1 AND 30);
ALTER TABLE contact_visit ADD COLUMN days INTEGER NOT NULL DEFAULT 3;
-- +goose Down
ALTER TABLE contact_visit DROP COLUMN days;
ALTER TABLE contact_point DROP COLUMN days;
