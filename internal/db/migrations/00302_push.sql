-- +goose Up
-- Of this installation: browsers that are told of notices, where the key of this installation opens their addresses. They end with their session.
CREATE TABLE push_browser (
  id TEXT PRIMARY KEY,
  member TEXT NOT NULL,
  community TEXT NOT NULL,
  session TEXT NOT NULL,
  hash TEXT NOT NULL,
  address TEXT NOT NULL,
  service TEXT NOT NULL,
  agent TEXT NOT NULL DEFAULT '',
  created_at BIGINT NOT NULL,
  told_at BIGINT,
  UNIQUE (hash, community)
);
CREATE INDEX push_browser_member ON push_browser (member, community, created_at);
-- What goes to a browser; a row is there before anything goes out, and says how far it came.
CREATE TABLE push_sending (
  browser TEXT NOT NULL,
  notice TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('queued', 'sending', 'sent', 'failed', 'uncertain', 'dropped')),
  attempts INTEGER NOT NULL DEFAULT 0,
  due_at BIGINT NOT NULL,
  at BIGINT NOT NULL,
  PRIMARY KEY (browser, notice)
);
CREATE INDEX push_sending_due ON push_sending (due_at) WHERE state IN ('queued', 'sending');

-- +goose Down
DROP TABLE push_sending;
DROP TABLE push_browser;
