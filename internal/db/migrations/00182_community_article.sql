-- +goose Up
-- Derived: articles. version is the newest one, which state is of; approved is the one that everybody reads, 0 before any.
CREATE TABLE community_article (
  id TEXT PRIMARY KEY,
  channel TEXT NOT NULL,
  space TEXT NOT NULL,
  kind TEXT NOT NULL,
  lang TEXT NOT NULL DEFAULT '',
  original TEXT NOT NULL DEFAULT '',
  original_version INTEGER NOT NULL DEFAULT 0,
  thread TEXT NOT NULL DEFAULT '',
  credits TEXT NOT NULL DEFAULT '[]',
  months INTEGER NOT NULL DEFAULT 0,
  author TEXT NOT NULL,
  author_name TEXT NOT NULL DEFAULT '',
  state TEXT NOT NULL CHECK (state IN ('draft', 'review', 'approved', 'withdrawn')),
  version INTEGER NOT NULL,
  approved INTEGER NOT NULL DEFAULT 0,
  title TEXT NOT NULL,
  excerpt TEXT NOT NULL DEFAULT '',
  at BIGINT NOT NULL,
  changed_at BIGINT NOT NULL,
  approved_at BIGINT,
  approved_by TEXT NOT NULL DEFAULT '',
  checked_at BIGINT,
  yes INTEGER NOT NULL DEFAULT 0,
  nay INTEGER NOT NULL DEFAULT 0,
  last TEXT NOT NULL
);
CREATE INDEX community_article_space ON community_article (space, approved_at, id);
CREATE INDEX community_article_original ON community_article (original) WHERE original <> '';
CREATE INDEX community_article_thread ON community_article (thread) WHERE thread <> '';
CREATE TABLE community_revision (
  article TEXT NOT NULL,
  version INTEGER NOT NULL,
  at BIGINT NOT NULL,
  author_name TEXT NOT NULL DEFAULT '',
  title TEXT NOT NULL,
  markup TEXT NOT NULL,
  html TEXT NOT NULL,
  original_version INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (article, version)
);
CREATE TABLE community_article_step (
  activity TEXT PRIMARY KEY,
  article TEXT NOT NULL,
  at BIGINT NOT NULL,
  state TEXT NOT NULL,
  version INTEGER NOT NULL,
  words TEXT NOT NULL DEFAULT '',
  decider TEXT NOT NULL DEFAULT ''
);
CREATE INDEX community_article_step_article ON community_article_step (article, at, activity);
-- What each reader says of an article, the last word counts.
CREATE TABLE community_help (
  article TEXT NOT NULL,
  reader TEXT NOT NULL,
  helped INTEGER NOT NULL,
  reason TEXT NOT NULL DEFAULT '',
  at BIGINT NOT NULL,
  last TEXT NOT NULL,
  PRIMARY KEY (article, reader)
);
