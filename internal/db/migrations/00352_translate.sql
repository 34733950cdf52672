-- +goose Up
-- Kept: where machine translations are asked for, and what of today's budget is used up: that must hold over a restart. One row.
-- secret is sealed for "translate:remote"; on_since is NULL while it is off.
CREATE TABLE translate_remote (
  id TEXT PRIMARY KEY CHECK (id = 'remote'),
  address TEXT NOT NULL,
  kind TEXT NOT NULL,
  model TEXT NOT NULL,
  secret TEXT NOT NULL,
  private BIGINT NOT NULL,
  characters BIGINT NOT NULL,
  on_since BIGINT,
  day BIGINT NOT NULL DEFAULT 0,
  used BIGINT NOT NULL DEFAULT 0
);
-- Of the moment: what was translated, by a digest of words and languages, for 30 days, so that nothing is paid for twice.
CREATE TABLE translation (
  id TEXT PRIMARY KEY,
  words TEXT NOT NULL,
  host TEXT NOT NULL,
  at BIGINT NOT NULL
);
CREATE INDEX translation_at ON translation (at);

-- +goose Down
DROP TABLE translation;
DROP TABLE translate_remote;
