-- +goose Up
-- Derived: what is known of a post beyond what it says of itself, one row a post. version names the enrichers and thresholds that said it: a
-- row of another version is the to-do. p packs the probabilities; lang, sentiment, kinds (by commas), emotion and aggression are what counts:
-- a person's word, else the model's when it is sure enough, else ''. hand holds the heads a person spoke of, by commas; hour is where
-- the post is counted in label_hour, -1 for nowhere.
CREATE TABLE enrichment (
  post TEXT PRIMARY KEY,
  version TEXT NOT NULL,
  lang TEXT NOT NULL,
  sentiment TEXT NOT NULL,
  kinds TEXT NOT NULL,
  emotion TEXT NOT NULL,
  aggression TEXT NOT NULL,
  hand TEXT NOT NULL,
  p TEXT NOT NULL,
  hour BIGINT NOT NULL
);
-- How many posts of others, machines left out, an hour (since 1970) are taken for what.
CREATE TABLE label_hour (
  hour BIGINT NOT NULL,
  channel TEXT NOT NULL,
  lang TEXT NOT NULL,
  sentiment TEXT NOT NULL,
  kinds TEXT NOT NULL,
  n INTEGER NOT NULL,
  PRIMARY KEY (hour, channel, lang, sentiment, kinds)
);
-- What people say of a post, the newest word of each head; it wins.
CREATE TABLE post_label (
  post TEXT NOT NULL,
  label TEXT NOT NULL,
  value TEXT NOT NULL,
  actor TEXT NOT NULL,
  at BIGINT NOT NULL,
  post_at BIGINT NOT NULL,
  PRIMARY KEY (post, label)
);
CREATE INDEX post_label_at ON post_label (label, post_at);
-- What each person said of the posts of an audit sample, and what the model of that time, not shown to them, would have said.
CREATE TABLE judgement (
  sample TEXT NOT NULL,
  post TEXT NOT NULL,
  actor TEXT NOT NULL,
  label TEXT NOT NULL,
  value TEXT NOT NULL,
  model TEXT NOT NULL,
  version TEXT NOT NULL,
  at BIGINT NOT NULL,
  PRIMARY KEY (sample, post, actor, label)
);
-- The stems of each post, by its seq. Only whether a stem occurs is asked here; phrases and fields are checked on the post itself.
CREATE TABLE post_text (
  seq BIGINT PRIMARY KEY,
  stems TSVECTOR NOT NULL
);
CREATE INDEX post_text_stems ON post_text USING gin (stems);
-- Kept: how sure a model must be, and whether old posts wait. One row.
CREATE TABLE enrich_setting (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  thresholds TEXT NOT NULL DEFAULT '{}',
  paused_at BIGINT
);
-- Of the moment: how far old posts were looked at again by the present version. One row.
CREATE TABLE enrich_run (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  version TEXT NOT NULL,
  below BIGINT NOT NULL,
  looked BIGINT NOT NULL,
  changed BIGINT NOT NULL,
  total BIGINT NOT NULL,
  worked_for BIGINT NOT NULL,
  started_at BIGINT NOT NULL,
  ended_at BIGINT
);
-- Kept: posts drawn by rule, for people to label without seeing what the model says.
CREATE TABLE audit_sample (
  id TEXT PRIMARY KEY,
  seed BIGINT NOT NULL,
  size INTEGER NOT NULL,
  since BIGINT NOT NULL,
  until BIGINT NOT NULL,
  drawn_at BIGINT NOT NULL,
  drawn_by TEXT NOT NULL
);
CREATE TABLE audit_sample_post (
  sample TEXT NOT NULL,
  place INTEGER NOT NULL,
  post TEXT NOT NULL,
  lang TEXT NOT NULL,
  channel TEXT NOT NULL,
  PRIMARY KEY (sample, place)
);
CREATE INDEX audit_sample_post_post ON audit_sample_post (post);
