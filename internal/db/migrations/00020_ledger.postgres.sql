-- +goose Up
-- Facts, only ever added. tx is the transaction that wrote the row: sequence numbers become visible out of order, so followers read
-- in the order of (tx, seq) and only up to the oldest transaction that can still commit.
CREATE TABLE activity (
  seq BIGINT GENERATED ALWAYS AS IDENTITY,
  tx BIGINT NOT NULL DEFAULT (pg_current_xact_id()::text::bigint),
  id TEXT NOT NULL UNIQUE,
  kind TEXT NOT NULL,
  actor TEXT NOT NULL DEFAULT '',
  object TEXT NOT NULL DEFAULT '',
  channel TEXT NOT NULL DEFAULT '',
  at BIGINT NOT NULL,
  learned_at BIGINT NOT NULL,
  amount BIGINT NOT NULL DEFAULT 0,
  currency TEXT NOT NULL DEFAULT '',
  key TEXT UNIQUE,
  data TEXT NOT NULL DEFAULT '{}',
  PRIMARY KEY (tx, seq)
);
-- What first states a post or a person has its id: that is found by the id.
CREATE INDEX activity_object ON activity (object, tx, seq) WHERE object <> id;

-- How far the followers have read, and which followers those were.
CREATE TABLE derivation (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  version TEXT NOT NULL,
  tx BIGINT NOT NULL DEFAULT 0,
  seq BIGINT NOT NULL DEFAULT 0
);

-- Activities that a follower could not digest, kept for a person to look at and to try again.
CREATE TABLE follower_failure (
  follower TEXT NOT NULL,
  activity TEXT NOT NULL,
  error TEXT NOT NULL,
  at BIGINT NOT NULL,
  PRIMARY KEY (follower, activity)
);
