-- +goose Up
-- Derived: conversations with one cause.
CREATE TABLE situation (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  about TEXT NOT NULL DEFAULT '',
  level TEXT NOT NULL CHECK (level IN ('watch', 'serious', 'crisis')),
  peak TEXT NOT NULL,
  owner TEXT NOT NULL DEFAULT '',
  drill INTEGER NOT NULL DEFAULT 0,
  topic TEXT NOT NULL DEFAULT '',
  playbook TEXT NOT NULL DEFAULT '',
  steps TEXT NOT NULL DEFAULT '[]',
  opened_by TEXT NOT NULL DEFAULT '',
  since_at BIGINT,
  detected_at BIGINT NOT NULL,
  acknowledged_at BIGINT,
  acknowledged_by TEXT NOT NULL DEFAULT '',
  stated_at BIGINT,
  cleared_at BIGINT,
  reviewed_at BIGINT,
  review TEXT NOT NULL DEFAULT '{}',
  last TEXT NOT NULL
);
CREATE INDEX situation_detected ON situation (detected_at, id);
CREATE TABLE situation_conversation (
  situation TEXT NOT NULL,
  conversation TEXT NOT NULL,
  at BIGINT NOT NULL,
  PRIMARY KEY (situation, conversation)
) {{clustered}};
CREATE INDEX situation_conversation_of ON situation_conversation (conversation);
CREATE TABLE situation_statement (
  id TEXT PRIMARY KEY,
  situation TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('holding', 'statement', 'elsewhere')),
  content TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('written', 'approved', 'underway', 'delivered', 'stopped')),
  written_by TEXT NOT NULL DEFAULT '',
  written_at BIGINT NOT NULL,
  approved_by TEXT NOT NULL DEFAULT '',
  approved_at BIGINT,
  begun_by TEXT NOT NULL DEFAULT '',
  begun_at BIGINT,
  ended_at BIGINT
);
CREATE INDEX situation_statement_of ON situation_statement (situation, written_at);
CREATE INDEX situation_statement_underway ON situation_statement (state) WHERE state = 'underway';
CREATE TABLE situation_diversion (
  id TEXT PRIMARY KEY,
  situation TEXT NOT NULL,
  words TEXT NOT NULL DEFAULT '',
  team TEXT NOT NULL DEFAULT '',
  member TEXT NOT NULL DEFAULT '',
  at BIGINT NOT NULL,
  ended_at BIGINT
);
CREATE INDEX situation_diversion_of ON situation_diversion (situation);
-- Kept: what is left to do of a statement, one row a conversation. sending is the copy on its way.
CREATE TABLE situation_copy (
  statement TEXT NOT NULL,
  conversation TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('waiting', 'queued', 'skipped', 'cancelled', 'rehearsed')),
  sending TEXT NOT NULL DEFAULT '',
  why TEXT NOT NULL DEFAULT '',
  tries INTEGER NOT NULL DEFAULT 0,
  at BIGINT NOT NULL,
  PRIMARY KEY (statement, conversation)
) {{clustered}};
CREATE INDEX situation_copy_state ON situation_copy (statement, state, tries, conversation);
-- Kept: what to do, and by when.
CREATE TABLE situation_playbook (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  level TEXT NOT NULL,
  about TEXT NOT NULL DEFAULT '',
  steps TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL
);
-- Kept: suggestions that are no situation, by the conversation they began with, and how large they were.
CREATE TABLE situation_dismissed (
  conversation TEXT PRIMARY KEY,
  size INTEGER NOT NULL,
  member TEXT NOT NULL DEFAULT '',
  at BIGINT NOT NULL
);

-- +goose Down
DROP TABLE situation_dismissed;
DROP TABLE situation_playbook;
DROP TABLE situation_copy;
DROP TABLE situation_diversion;
DROP TABLE situation_statement;
DROP TABLE situation_conversation;
DROP TABLE situation;
