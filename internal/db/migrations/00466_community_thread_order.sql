-- +goose Up
-- A page of a list is found from an index alone, also one deep in it, and what waits is counted so: whatever narrows stands in the index. That it does so by equality leaves no other index that
-- looks as good: which of two partial ones was taken depended on the order in which they were made.
DROP INDEX community_thread_active;
DROP INDEX community_thread_best;
DROP INDEX community_thread_waiting;
DROP INDEX community_thread_unsolved;
CREATE INDEX community_thread_active ON community_thread (space, deleted_at, pinned, last_at, id);
CREATE INDEX community_thread_best ON community_thread (space, deleted_at, score, at, id);
CREATE INDEX community_thread_waiting ON community_thread (space, deleted_at, kind, accepted, duplicate_of, locked, at, id, replies) WHERE kind = 'question' AND replies = 0 AND accepted = '' AND duplicate_of = '' AND deleted_at IS NULL AND locked = 0;
CREATE INDEX community_thread_unsolved ON community_thread (space, deleted_at, kind, accepted, duplicate_of, locked, at, id, replies) WHERE kind = 'question' AND replies > 0 AND accepted = '' AND duplicate_of = '' AND deleted_at IS NULL AND locked = 0;
-- +goose Down
DROP INDEX community_thread_unsolved;
DROP INDEX community_thread_waiting;
DROP INDEX community_thread_best;
DROP INDEX community_thread_active;
CREATE INDEX community_thread_active ON community_thread (space, pinned, last_at, id) WHERE deleted_at IS NULL;
CREATE INDEX community_thread_best ON community_thread (space, score, at, id) WHERE deleted_at IS NULL;
CREATE INDEX community_thread_waiting ON community_thread (space, at, id) WHERE kind = 'question' AND replies = 0 AND accepted = '' AND duplicate_of = '' AND deleted_at IS NULL AND locked = 0;
CREATE INDEX community_thread_unsolved ON community_thread (space, at, id) WHERE kind = 'question' AND replies > 0 AND accepted = '' AND duplicate_of = '' AND deleted_at IS NULL AND locked = 0;
