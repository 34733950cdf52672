-- +goose Up
-- Answers to POSTs with an Idempotency-Key; status 0 while the work is under way.
CREATE TABLE api_answer (
  member TEXT NOT NULL,
  key TEXT NOT NULL,
  hash TEXT NOT NULL,
  status INTEGER NOT NULL,
  kind TEXT NOT NULL,
  body TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (member, key)
);
CREATE INDEX api_answer_created ON api_answer (created_at);
