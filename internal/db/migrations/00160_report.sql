-- +goose Up
-- Kept: what people look at, whom it is shared with and to whom it is sent. What belongs to one of them alone stands in its row, as JSON.
CREATE TABLE dashboard (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  about TEXT NOT NULL DEFAULT '',
  owner TEXT NOT NULL,
  roles TEXT NOT NULL DEFAULT '[]',
  tiles TEXT NOT NULL DEFAULT '[]',
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL
);
CREATE TABLE report_plan (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  owner TEXT NOT NULL,
  content TEXT NOT NULL,
  lang TEXT NOT NULL,
  rhythm TEXT NOT NULL,
  recipients TEXT NOT NULL DEFAULT '[]',
  enabled INTEGER NOT NULL DEFAULT 1,
  due_at BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL
);
CREATE INDEX report_plan_due ON report_plan (enabled, due_at);
-- Kept: whom nothing may be sent to any more.
CREATE TABLE report_refusal (
  plan TEXT NOT NULL,
  address TEXT NOT NULL,
  at BIGINT NOT NULL,
  PRIMARY KEY (plan, address)
);
-- Kept: what was sent. A row is written before anything goes out, one for each due time and address.
CREATE TABLE report_sending (
  id TEXT PRIMARY KEY,
  plan TEXT NOT NULL,
  for_at BIGINT NOT NULL,
  asked INTEGER NOT NULL DEFAULT 0,
  member TEXT NOT NULL DEFAULT '',
  address TEXT NOT NULL,
  secret TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('queued', 'sending', 'sent', 'failed', 'uncertain', 'refused')),
  attempts INTEGER NOT NULL DEFAULT 0,
  due_at BIGINT NOT NULL,
  lease_until BIGINT,
  problem TEXT NOT NULL DEFAULT '',
  created_at BIGINT NOT NULL,
  sent_at BIGINT,
  UNIQUE (plan, for_at, address)
);
CREATE INDEX report_sending_due ON report_sending (state, due_at);
CREATE INDEX report_sending_secret ON report_sending (secret);
-- Kept: what a unit of a measure is worth, and for which objective.
CREATE TABLE value_line (
  id TEXT PRIMARY KEY,
  objective TEXT NOT NULL DEFAULT '',
  name TEXT NOT NULL,
  measure TEXT NOT NULL,
  filter TEXT NOT NULL DEFAULT '{}',
  price BIGINT NOT NULL DEFAULT 0,
  currency TEXT NOT NULL DEFAULT '',
  grade TEXT NOT NULL,
  reason TEXT NOT NULL DEFAULT '',
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL
);

-- +goose Down
DROP TABLE value_line;
DROP TABLE report_sending;
DROP TABLE report_refusal;
DROP TABLE report_plan;
DROP TABLE dashboard;
