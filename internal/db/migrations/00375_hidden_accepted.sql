-- +goose Up
-- An answer that was accepted when it was hidden is so again when it is shown, unless another was accepted meanwhile.
ALTER TABLE community_hidden ADD COLUMN accepted INTEGER NOT NULL DEFAULT 0;
-- +goose Down
ALTER TABLE community_hidden DROP COLUMN accepted;
