-- +goose Up
-- Questions that have answers and none that was accepted, the oldest first.
CREATE INDEX community_thread_unsolved ON community_thread (space, at, id) WHERE kind = 'question' AND replies > 0 AND accepted = '' AND duplicate_of = '' AND deleted_at IS NULL;

-- +goose Down
DROP INDEX community_thread_unsolved;
