-- +goose Up
-- Of this installation: exports of communities that were asked for. Their files stand in the data folder for a week.
CREATE TABLE community_export (
  id TEXT PRIMARY KEY,
  member TEXT NOT NULL,
  wanted TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('queued', 'running', 'done', 'failed')),
  done INTEGER NOT NULL DEFAULT 0,
  total INTEGER NOT NULL DEFAULT 0,
  size BIGINT NOT NULL DEFAULT 0,
  problem TEXT NOT NULL DEFAULT '',
  created_at BIGINT NOT NULL,
  ended_at BIGINT,
  lease_until BIGINT,
  lease_by TEXT NOT NULL DEFAULT ''
);
CREATE INDEX community_export_open ON community_export (state, created_at);

-- +goose Down
DROP TABLE community_export;
