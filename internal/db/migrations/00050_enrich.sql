-- +goose Up
-- Derived: what enrichers say of a post. A missing row of the current version is the to-do.
CREATE TABLE enrichment (
  post TEXT NOT NULL,
  enricher TEXT NOT NULL,
  version TEXT NOT NULL,
  value TEXT NOT NULL,
  score DOUBLE PRECISION NOT NULL DEFAULT 0,
  PRIMARY KEY (post, enricher)
) {{clustered}};
-- What people say of a post; it wins.
CREATE TABLE post_label (
  post TEXT NOT NULL,
  label TEXT NOT NULL,
  value TEXT NOT NULL,
  actor TEXT NOT NULL,
  at BIGINT NOT NULL,
  post_at BIGINT NOT NULL,
  PRIMARY KEY (post, label)
) {{clustered}};
CREATE INDEX post_label_at ON post_label (label, post_at);
-- The stems of each post, by its seq. Only whether a stem occurs is asked here; phrases and fields are checked on the post itself.
-- Nothing separates words but the spaces that we put between stems: a stem that fell apart would be a phrase, which detail=none does not know.
CREATE VIRTUAL TABLE post_text USING fts5 (stems, content='', contentless_delete=1, detail=none,
  tokenize="unicode61 remove_diacritics 0 categories 'L* N* M* P* S* C*'");
-- Fewer merges while much is added; a word is then looked up in a few more places.
INSERT INTO post_text (post_text, rank) VALUES ('automerge', 8);
