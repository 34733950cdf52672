-- +goose Up
-- Kept: whether and how posts are shown to a model elsewhere, and what of today's budget is used up: that must hold over a restart. One row.
-- secret is sealed for "enrich:remote"; on_since is NULL while it is off; stopped is the problem that stopped it.
CREATE TABLE enrich_remote (
  id TEXT PRIMARY KEY CHECK (id = 'remote'),
  address TEXT NOT NULL,
  kind TEXT NOT NULL,
  model TEXT NOT NULL,
  secret TEXT NOT NULL,
  heads TEXT NOT NULL,
  labels TEXT NOT NULL,
  every BIGINT NOT NULL,
  private BIGINT NOT NULL,
  batch INTEGER NOT NULL,
  requests INTEGER NOT NULL,
  characters BIGINT NOT NULL,
  on_since BIGINT,
  day BIGINT NOT NULL DEFAULT 0,
  asked INTEGER NOT NULL DEFAULT 0,
  shown BIGINT NOT NULL DEFAULT 0,
  failures INTEGER NOT NULL DEFAULT 0,
  retry_at BIGINT,
  stopped TEXT NOT NULL DEFAULT '',
  holder TEXT NOT NULL DEFAULT '',
  held_until BIGINT
);
-- Derived: what a model elsewhere said of a post as it reads now; '' where it was not asked.
CREATE TABLE remote_reading (
  post TEXT PRIMARY KEY,
  model TEXT NOT NULL,
  sentiment TEXT NOT NULL,
  kinds TEXT NOT NULL,
  emotion TEXT NOT NULL,
  aggression TEXT NOT NULL,
  at BIGINT NOT NULL
);
