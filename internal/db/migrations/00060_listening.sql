-- +goose Up
-- Kept: saved queries over posts.
CREATE TABLE topic (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  query TEXT NOT NULL,
  exclude TEXT NOT NULL DEFAULT '',
  colour INTEGER NOT NULL DEFAULT 0,
  inbox_at BIGINT,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  removed_at BIGINT,
  filled_to BIGINT NOT NULL DEFAULT -1
);
-- Derived: which posts match which topics, and how many an hour. Topic '' counts all posts.
CREATE TABLE mention (
  topic TEXT NOT NULL,
  post TEXT NOT NULL,
  at BIGINT NOT NULL,
  channel TEXT NOT NULL,
  lang TEXT NOT NULL DEFAULT '',
  PRIMARY KEY (topic, post)
) {{clustered}};
CREATE INDEX mention_topic_at ON mention (topic, at, post);
CREATE INDEX mention_post ON mention (post);
CREATE TABLE mention_hour (
  topic TEXT NOT NULL,
  hour BIGINT NOT NULL,
  channel TEXT NOT NULL,
  n INTEGER NOT NULL,
  PRIMARY KEY (topic, hour, channel)
) {{clustered}};
-- Mentions that should become conversations and have not yet.
CREATE TABLE mention_due (
  post TEXT PRIMARY KEY,
  at BIGINT NOT NULL
) {{clustered}};
