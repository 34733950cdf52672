-- +goose Up
-- Kept: what is to be done by itself, in whose name (owner), and the log of what was.
CREATE TABLE rule (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  place INTEGER NOT NULL,
  occasion TEXT NOT NULL,
  wait_for BIGINT NOT NULL DEFAULT 0,
  conditions TEXT NOT NULL DEFAULT '{}',
  doings TEXT NOT NULL DEFAULT '{}',
  last INTEGER NOT NULL DEFAULT 0,
  per_hour INTEGER NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('off', 'on', 'paused')),
  why TEXT NOT NULL DEFAULT '',
  owner TEXT NOT NULL,
  since_at BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  removed_at BIGINT
);
-- One row for each time a rule met a fact: what it does is done once.
CREATE TABLE rule_firing (
  id TEXT PRIMARY KEY,
  rule TEXT NOT NULL,
  fact TEXT NOT NULL,
  occasion TEXT NOT NULL,
  conversation TEXT NOT NULL DEFAULT '',
  post TEXT NOT NULL DEFAULT '',
  why TEXT NOT NULL DEFAULT '{}',
  chain TEXT NOT NULL DEFAULT '[]',
  steps TEXT NOT NULL DEFAULT '[]',
  state TEXT NOT NULL CHECK (state IN ('due', 'done', 'failed', 'held')),
  at BIGINT NOT NULL,
  UNIQUE (rule, fact)
);
CREATE INDEX rule_firing_at ON rule_firing (rule, at, id);
CREATE INDEX rule_firing_conversation ON rule_firing (conversation, at);
CREATE INDEX rule_firing_due ON rule_firing (at) WHERE state = 'due';
-- Of this installation: the last activity the rules have looked at, and which process looks.
CREATE TABLE rule_cursor (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  activity TEXT NOT NULL DEFAULT '',
  lease_by TEXT NOT NULL DEFAULT '',
  lease_until BIGINT
);
