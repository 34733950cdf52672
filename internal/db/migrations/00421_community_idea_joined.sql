-- +goose Up
-- Derived: the idea that one was taken into itself, where merged_into is the one at the end, and the idea that a vote came along with, so that it can be taken out again.
ALTER TABLE community_idea ADD COLUMN joined TEXT NOT NULL DEFAULT '';
ALTER TABLE community_idea_vote ADD COLUMN from_idea TEXT NOT NULL DEFAULT '';
CREATE INDEX community_idea_joined ON community_idea (joined) WHERE joined <> '';

-- +goose Down
DROP INDEX community_idea_joined;
ALTER TABLE community_idea_vote DROP COLUMN from_idea;
ALTER TABLE community_idea DROP COLUMN joined;
