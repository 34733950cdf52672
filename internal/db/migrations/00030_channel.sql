-- +goose Up
-- Kept: channels and what they were told to send.
CREATE TABLE channel (
  id TEXT PRIMARY KEY,
  kind TEXT NOT NULL,
  name TEXT NOT NULL,
  settings TEXT NOT NULL DEFAULT '{}',
  secrets TEXT NOT NULL DEFAULT '',
  inbox TEXT NOT NULL DEFAULT 'mentions' CHECK (inbox IN ('all', 'questions', 'mentions', 'none')),
  enabled INTEGER NOT NULL DEFAULT 1,
  created_at BIGINT NOT NULL,
  removed_at BIGINT
);
CREATE TABLE channel_state (
  channel TEXT PRIMARY KEY REFERENCES channel (id),
  cursor TEXT NOT NULL DEFAULT 'null',
  due_at BIGINT NOT NULL DEFAULT 0,
  polled_at BIGINT,
  changed_at BIGINT,
  failures INTEGER NOT NULL DEFAULT 0,
  fault TEXT NOT NULL DEFAULT '',
  error TEXT NOT NULL DEFAULT '',
  expires_at BIGINT,
  limits TEXT NOT NULL DEFAULT '{}',
  lease_until BIGINT,
  lease_by TEXT NOT NULL DEFAULT ''
);
CREATE INDEX channel_state_due ON channel_state (due_at);
CREATE TABLE outgoing (
  id TEXT PRIMARY KEY,
  channel TEXT NOT NULL REFERENCES channel (id),
  conversation TEXT NOT NULL DEFAULT '',
  member TEXT NOT NULL DEFAULT '',
  content TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('queued', 'sending', 'sent', 'failed', 'uncertain', 'withdrawn')),
  attempts INTEGER NOT NULL DEFAULT 0,
  due_at BIGINT NOT NULL,
  lease_until BIGINT,
  lease_by TEXT NOT NULL DEFAULT '',
  error TEXT NOT NULL DEFAULT '',
  external_id TEXT NOT NULL DEFAULT '',
  created_at BIGINT NOT NULL,
  sent_at BIGINT
);
CREATE INDEX outgoing_due ON outgoing (state, due_at);
CREATE INDEX outgoing_conversation ON outgoing (conversation, created_at);

-- Derived: posts and their threads.
CREATE TABLE post (
  seq {{place}},
  id TEXT NOT NULL UNIQUE,
  channel TEXT NOT NULL,
  external_id TEXT NOT NULL,
  kind TEXT NOT NULL DEFAULT '',
  author TEXT NOT NULL,
  author_name TEXT NOT NULL DEFAULT '',
  title TEXT NOT NULL DEFAULT '',
  text TEXT NOT NULL,
  url TEXT NOT NULL DEFAULT '',
  lang TEXT NOT NULL DEFAULT '',
  at BIGINT NOT NULL,
  learned_at BIGINT NOT NULL,
  parent TEXT NOT NULL DEFAULT '',
  waiting_for TEXT NOT NULL DEFAULT '',
  root TEXT NOT NULL,
  direct INTEGER NOT NULL DEFAULT 0,
  private INTEGER NOT NULL DEFAULT 0,
  ours INTEGER NOT NULL DEFAULT 0,
  member TEXT NOT NULL DEFAULT '',
  automatic TEXT NOT NULL DEFAULT '',
  score INTEGER NOT NULL DEFAULT 0,
  accepted TEXT NOT NULL DEFAULT '',
  conversation TEXT NOT NULL DEFAULT '',
  more TEXT NOT NULL DEFAULT '{}',
  edited_at BIGINT,
  deleted_at BIGINT
);
CREATE UNIQUE INDEX post_external ON post (channel, external_id);
CREATE INDEX post_root ON post (root, at, id);
CREATE INDEX post_author ON post (author, at, id);
CREATE INDEX post_at ON post (at, id);
CREATE INDEX post_channel ON post (channel, at, id);
CREATE INDEX post_waiting ON post (channel, waiting_for) WHERE waiting_for <> '';

-- Derived: an activity that joined one thread to another.
CREATE TABLE thread_move (
  activity TEXT NOT NULL,
  old_root TEXT NOT NULL,
  new_root TEXT NOT NULL,
  PRIMARY KEY (activity, old_root)
);
