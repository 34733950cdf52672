-- +goose Up
-- What measures of communities look for by time.
CREATE INDEX community_membership_at ON community_membership (at);
CREATE INDEX community_thread_begun ON community_thread (at, id);
CREATE INDEX community_idea_step_at ON community_idea_step (at);

-- +goose Down
DROP INDEX community_membership_at;
DROP INDEX community_thread_begun;
DROP INDEX community_idea_step_at;
