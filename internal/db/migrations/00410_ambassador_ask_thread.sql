-- +goose Up
-- The page of a question says who was asked; who asks is bounded by the day.
CREATE INDEX community_ambassador_ask_thread ON community_ambassador_ask (thread);
CREATE INDEX community_ambassador_ask_by ON community_ambassador_ask (asked_by, at);
-- +goose Down
DROP INDEX community_ambassador_ask_by;
DROP INDEX community_ambassador_ask_thread;
