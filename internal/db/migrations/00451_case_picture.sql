-- +goose Up
-- Kept: the picture of a profile as it was when it was flagged, for as long as the words are.
ALTER TABLE community_case ADD COLUMN picture BLOB;
ALTER TABLE community_case ADD COLUMN picture_type TEXT NOT NULL DEFAULT '';
-- +goose Down
ALTER TABLE community_case DROP COLUMN picture_type;
ALTER TABLE community_case DROP COLUMN picture;
