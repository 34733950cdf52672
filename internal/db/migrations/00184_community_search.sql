-- +goose Up
-- Kept: what was searched for and not found, by words; the least asked and oldest go first.
CREATE TABLE community_search_miss (
  community TEXT NOT NULL,
  words TEXT NOT NULL,
  n INTEGER NOT NULL,
  last_at BIGINT NOT NULL,
  PRIMARY KEY (community, words)
);
