-- +goose Up
-- Kept: the charter in versions. title and preamble are JSON objects of language to text, rules a JSON array. A version without in_force_at
-- is a draft; there is one at most.
CREATE TABLE charter_version (
  id TEXT PRIMARY KEY,
  number INTEGER NOT NULL UNIQUE,
  title TEXT NOT NULL,
  preamble TEXT NOT NULL,
  rules TEXT NOT NULL,
  anew INTEGER NOT NULL DEFAULT 1,
  note TEXT NOT NULL DEFAULT '',
  in_force_at BIGINT,
  published_at BIGINT,
  published_by TEXT NOT NULL DEFAULT '',
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL
);
CREATE INDEX charter_version_in_force ON charter_version (in_force_at);
CREATE TABLE charter_acknowledgement (
  version TEXT NOT NULL REFERENCES charter_version (id),
  member TEXT NOT NULL,
  at BIGINT NOT NULL,
  lang TEXT NOT NULL,
  PRIMARY KEY (version, member)
);
CREATE INDEX charter_acknowledgement_member ON charter_acknowledgement (member);
