-- +goose Up
-- Derived: the thread that a post was in before that one was merged into another, '' for none.
ALTER TABLE community_post ADD COLUMN led TEXT NOT NULL DEFAULT '';

-- +goose Down
ALTER TABLE community_post DROP COLUMN led;
