-- +goose Up
-- What was flagged: '' a post, article or profile; post is then the id of the article or of the member.
ALTER TABLE community_case ADD COLUMN what TEXT NOT NULL DEFAULT '';
-- The case by which words and picture of a profile are not shown, '' for none.
ALTER TABLE community_profile ADD COLUMN hidden_by TEXT NOT NULL DEFAULT '';

-- +goose Down
ALTER TABLE community_profile DROP COLUMN hidden_by;
ALTER TABLE community_case DROP COLUMN what;
