-- +goose Up
-- Kept: which replies kept to all rules of the charter that a program can look for, so that a row of them can be noticed.
CREATE TABLE reply_kept (
  sending TEXT PRIMARY KEY,
  member TEXT NOT NULL,
  kept INTEGER NOT NULL,
  at BIGINT NOT NULL
);
CREATE INDEX reply_kept_member ON reply_kept (member, at);
CREATE INDEX reply_kept_at ON reply_kept (at);
-- Whether somebody is told what went well.
ALTER TABLE team_profile ADD COLUMN cheer INTEGER NOT NULL DEFAULT 1;

-- +goose Down
ALTER TABLE team_profile DROP COLUMN cheer;
DROP TABLE reply_kept;
