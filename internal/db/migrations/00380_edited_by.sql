-- +goose Up
-- Derived: the name of who changed a post last, and of who took the words that stood there before away; '' for its author.
ALTER TABLE community_post ADD COLUMN edited_by TEXT NOT NULL DEFAULT '';
ALTER TABLE community_edit ADD COLUMN editor TEXT NOT NULL DEFAULT '';
-- Kept: the name of who did what a notice tells of, '' where that is whoever wrote what it is about.
ALTER TABLE community_notice ADD COLUMN by_name TEXT NOT NULL DEFAULT '';

-- +goose Down
ALTER TABLE community_notice DROP COLUMN by_name;
ALTER TABLE community_edit DROP COLUMN editor;
ALTER TABLE community_post DROP COLUMN edited_by;
