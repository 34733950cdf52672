-- +goose Up
-- Derived: the business facts that count now, one row for each key that a source stated. Later statements replace earlier ones.
CREATE TABLE business_fact (
  id TEXT {{binary}} PRIMARY KEY,
  kind TEXT NOT NULL,
  at BIGINT NOT NULL,
  until BIGINT,
  quantity DOUBLE PRECISION NOT NULL DEFAULT 1,
  amount BIGINT,
  before BIGINT,
  currency TEXT NOT NULL DEFAULT '',
  person TEXT NOT NULL DEFAULT '',
  organisation TEXT NOT NULL DEFAULT '',
  channel TEXT NOT NULL DEFAULT '',
  team TEXT NOT NULL DEFAULT '',
  partner TEXT NOT NULL DEFAULT '',
  campaign TEXT NOT NULL DEFAULT '',
  community TEXT NOT NULL DEFAULT '',
  source TEXT NOT NULL DEFAULT '',
  status TEXT NOT NULL DEFAULT '',
  label TEXT NOT NULL DEFAULT '',
  ref TEXT NOT NULL DEFAULT '',
  activity TEXT NOT NULL,
  origin TEXT NOT NULL DEFAULT '',
  external TEXT NOT NULL DEFAULT '',
  version BIGINT NOT NULL DEFAULT 0,
  stated_at BIGINT NOT NULL
) {{clustered}};
CREATE INDEX business_fact_kind ON business_fact (kind, at);
CREATE INDEX business_fact_at ON business_fact (at);
-- What measures look for: the win of a lead, and when a customer came and left.
CREATE INDEX business_fact_lead ON business_fact (ref, status, at) WHERE kind = 'lead' AND ref <> '';
CREATE INDEX business_fact_start ON business_fact (person, organisation, at) WHERE kind = 'customer_start';
CREATE INDEX business_fact_end ON business_fact (person, organisation, at) WHERE kind = 'customer_end';
-- Derived: facts taken back, so that an older statement that arrives later does not bring them back.
CREATE TABLE business_withdrawn (
  id TEXT {{binary}} PRIMARY KEY,
  kind TEXT NOT NULL,
  at BIGINT NOT NULL,
  activity TEXT NOT NULL,
  origin TEXT NOT NULL DEFAULT '',
  external TEXT NOT NULL DEFAULT '',
  version BIGINT NOT NULL DEFAULT 0,
  stated_at BIGINT NOT NULL
) {{clustered}};
CREATE INDEX business_withdrawn_kind ON business_withdrawn (kind, at);
-- Kept: what the watched folder does with files, by their names; the first pattern that fits counts.
CREATE TABLE watch_rule (
  id TEXT PRIMARY KEY,
  pattern TEXT NOT NULL,
  kind TEXT NOT NULL,
  settings TEXT NOT NULL DEFAULT '{}',
  created_at BIGINT NOT NULL
);
-- Of this installation: files taken from the watched folder, and how that went.
CREATE TABLE watch_file (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  kind TEXT NOT NULL DEFAULT '',
  state TEXT NOT NULL CHECK (state IN ('taken', 'done', 'failed')),
  progress TEXT NOT NULL DEFAULT '{}',
  problem TEXT NOT NULL DEFAULT '{}',
  taken_at BIGINT NOT NULL,
  ended_at BIGINT,
  lease_until BIGINT NOT NULL DEFAULT 0,
  lease_by TEXT NOT NULL DEFAULT ''
);
