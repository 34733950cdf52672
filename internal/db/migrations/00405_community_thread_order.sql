-- +goose Up
-- A list is read in its order from an index, the pinned ones first: its page costs the same whatever a space holds. What waits is counted from an index alone.
CREATE INDEX community_thread_active ON community_thread (space, pinned, last_at, id) WHERE deleted_at IS NULL;
CREATE INDEX community_thread_best ON community_thread (space, score, at, id) WHERE deleted_at IS NULL;
DROP INDEX community_thread_waiting;
DROP INDEX community_thread_unsolved;
CREATE INDEX community_thread_waiting ON community_thread (space, at, id) WHERE kind = 'question' AND replies = 0 AND accepted = '' AND duplicate_of = '' AND deleted_at IS NULL AND locked = 0;
CREATE INDEX community_thread_unsolved ON community_thread (space, at, id) WHERE kind = 'question' AND replies > 0 AND accepted = '' AND duplicate_of = '' AND deleted_at IS NULL AND locked = 0;
-- +goose Down
DROP INDEX community_thread_unsolved;
DROP INDEX community_thread_waiting;
CREATE INDEX community_thread_waiting ON community_thread (space, at, id) WHERE kind = 'question' AND replies = 0 AND accepted = '' AND duplicate_of = '' AND deleted_at IS NULL;
CREATE INDEX community_thread_unsolved ON community_thread (space, at, id) WHERE kind = 'question' AND replies > 0 AND accepted = '' AND duplicate_of = '' AND deleted_at IS NULL;
DROP INDEX community_thread_best;
DROP INDEX community_thread_active;
