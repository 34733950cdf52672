-- +goose Up
-- Thanks in words are looked for every few seconds, whatever else was said.
CREATE INDEX activity_thanked ON activity (learned_at) WHERE kind = 'member.thanked';

-- +goose Down
DROP INDEX activity_thanked;
