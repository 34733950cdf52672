-- +goose Up
-- Derived: of which community rules are; those of '' hold where a community has none of its own.
ALTER TABLE recognition_rule ADD COLUMN channel TEXT NOT NULL DEFAULT '';

-- +goose Down
ALTER TABLE recognition_rule DROP COLUMN channel;
