-- +goose Up
-- What is said in forums is found by its time, whatever else was said.
CREATE INDEX post_forum ON post (at) WHERE kind IN ('question', 'answer', 'comment');

-- +goose Down
DROP INDEX post_forum;
