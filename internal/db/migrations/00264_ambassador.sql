-- +goose Up
-- Kept: whether a member may be asked to help others in communities. Who says no is never asked; who says nothing neither.
CREATE TABLE community_ambassador (
  member TEXT PRIMARY KEY,
  willing INTEGER NOT NULL,
  at BIGINT NOT NULL
);
-- Kept: who was asked to help in which thread, once each.
CREATE TABLE community_ambassador_ask (
  id TEXT PRIMARY KEY,
  member TEXT NOT NULL,
  community TEXT NOT NULL,
  thread TEXT NOT NULL,
  asked_by TEXT NOT NULL,
  at BIGINT NOT NULL,
  thanked_at BIGINT,
  UNIQUE (member, thread)
);
CREATE INDEX community_ambassador_ask_at ON community_ambassador_ask (at);

-- +goose Down
DROP TABLE community_ambassador_ask;
DROP TABLE community_ambassador;
