-- +goose Up
-- Kept: measures that people put together; version is the definition that counts, for the past too. Earlier ones stay.
CREATE TABLE measure_own (
  id TEXT PRIMARY KEY,
  version INTEGER NOT NULL,
  created_at BIGINT NOT NULL,
  removed_at BIGINT
);
CREATE TABLE measure_own_version (
  own TEXT NOT NULL,
  version INTEGER NOT NULL,
  definition TEXT NOT NULL,
  at BIGINT NOT NULL,
  member TEXT NOT NULL DEFAULT '',
  PRIMARY KEY (own, version)
);
-- Kept: the hours in which somebody is there, for waits by the business clock.
CREATE TABLE measure_calendar (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  calendar TEXT NOT NULL,
  changed_at BIGINT NOT NULL
);
-- What durations between two business facts look up.
CREATE INDEX business_fact_ref ON business_fact (kind, ref, at) WHERE ref <> '';
CREATE INDEX business_fact_person ON business_fact (kind, person, at) WHERE person <> '';
