-- +goose Up
-- Facts, only ever added. tx is 0: one connection writes, so seq alone is the order of commit.
CREATE TABLE activity (
  seq {{serial}},
  tx BIGINT NOT NULL DEFAULT 0,
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
  data TEXT NOT NULL DEFAULT '{}'
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
