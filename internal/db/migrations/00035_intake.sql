-- +goose Up
-- Kept: files that people brought to be imported, and how that went. The files lie in the data folder, under the id.
CREATE TABLE intake_job (
  id TEXT PRIMARY KEY,
  member TEXT NOT NULL DEFAULT '',
  lang TEXT NOT NULL DEFAULT '',
  zone TEXT NOT NULL DEFAULT '',
  name TEXT NOT NULL,
  size BIGINT NOT NULL,
  format TEXT NOT NULL DEFAULT '',
  settings TEXT NOT NULL DEFAULT '{}',
  dry INTEGER NOT NULL DEFAULT 0,
  state TEXT NOT NULL CHECK (state IN ('draft', 'queued', 'running', 'done', 'cancelled', 'failed')),
  progress TEXT NOT NULL DEFAULT '{}',
  problem TEXT NOT NULL DEFAULT '{}',
  stop INTEGER NOT NULL DEFAULT 0,
  kept INTEGER NOT NULL DEFAULT 1,
  created_at BIGINT NOT NULL,
  started_at BIGINT,
  ended_at BIGINT,
  lease_until BIGINT,
  lease_by TEXT NOT NULL DEFAULT ''
);
CREATE INDEX intake_job_state ON intake_job (state, created_at);
