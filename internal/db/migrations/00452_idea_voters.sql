-- +goose Up
-- Derived: how many people are for an idea, those who voted under several addresses once; what its score has more it was said to have before it came here.
ALTER TABLE community_idea ADD COLUMN voters INTEGER NOT NULL DEFAULT 0;
-- +goose Down
ALTER TABLE community_idea DROP COLUMN voters;
